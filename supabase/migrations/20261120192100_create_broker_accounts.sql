/*
  Broker accounts: whose orders would go where. What is secret lies sealed in a table of its own,
  which no user reads: the application seals it with AES-256-GCM (adapters/secrets.py), bound to
  user, broker and field, with a key that the database never sees.

  Written by   connect_broker_account, record_broker_check (service role: the functions, after they
               asked the broker), disconnect_broker_account (the user)
  Read by      web (the owner: last four and expiry), functions and worker (service role)
  Depends on   create_schemas
*/

create type public.broker as enum ('dhan');

comment on type public.broker is 'Brokers that can be connected.';

create table public.broker_accounts (
  id                uuid        primary key default gen_random_uuid(),
  user_id           uuid        not null references auth.users (id) on delete cascade,
  broker            public.broker not null,
  client_id         text        not null check (client_id ~ '^[A-Za-z0-9]{1,32}$'),
  token_last_four   text        not null check (char_length(token_last_four) in (0, 4)),
  token_expires_at  timestamptz not null,
  connected_at      timestamptz not null default now(),
  disconnected_at   timestamptz,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  unique (user_id, broker),
  unique (id, user_id)
);

comment on table  public.broker_accounts is
  'Accounts at brokers that users have connected; secrets are in broker_secrets.';
comment on column public.broker_accounts.id               is 'Key.';
comment on column public.broker_accounts.user_id          is 'Owner.';
comment on column public.broker_accounts.broker           is 'Which broker.';
comment on column public.broker_accounts.client_id        is 'The broker''s number of the client.';
comment on column public.broker_accounts.token_last_four  is
  'End of the access token, to know it by; empty for a short one.';
comment on column public.broker_accounts.token_expires_at is
  'When the broker stops taking the token, as the broker said.';
comment on column public.broker_accounts.connected_at     is 'When it was last connected.';
comment on column public.broker_accounts.disconnected_at  is
  'When the user cut it off and its secrets were destroyed; null while connected.';
comment on column public.broker_accounts.created_at       is 'When it was first connected.';
comment on column public.broker_accounts.updated_at       is 'When the row was last changed.';

alter table public.broker_accounts enable row level security;
revoke all on public.broker_accounts from anon, authenticated, service_role;
grant select on public.broker_accounts to authenticated, service_role;

create policy "A user reads their own broker accounts"
  on public.broker_accounts for select to authenticated
  using ((select auth.uid()) = user_id);

create trigger touch_updated_at
  before update on public.broker_accounts
  for each row execute function private.touch_updated_at();
create trigger audit_broker_account
  after insert or update on public.broker_accounts
  for each row execute function private.audit_row('created_at', 'client_id', 'token_last_four');


create table public.broker_secrets (
  broker_account_id  uuid        not null references public.broker_accounts (id) on delete cascade,
  field              text        not null check (field ~ '^[a-z_]{1,50}$'),
  sealed             text        not null
                       check (sealed ~ '^v1\.[A-Za-z0-9_-]{1,16}\.[A-Za-z0-9_-]+$')
                       check (char_length(sealed) <= 16384),
  updated_at         timestamptz not null default now(),
  primary key (broker_account_id, field)
);

comment on table  public.broker_secrets is
  'Sealed secrets of broker accounts. No policy: only the secret key reads them, sealed.';
comment on column public.broker_secrets.broker_account_id is 'Account they open.';
comment on column public.broker_secrets.field             is 'What it is: access_token.';
comment on column public.broker_secrets.sealed            is
  'v1.<key id>.<base64url>, see adapters/secrets.py.';
comment on column public.broker_secrets.updated_at        is 'When it was last sealed.';

alter table public.broker_secrets enable row level security;
revoke all on public.broker_secrets from anon, authenticated, service_role;
grant select on public.broker_secrets to service_role;


-- What the broker said of an account: evidence for the gate that no user can make.
create table public.broker_checks (
  id                 uuid        primary key default gen_random_uuid(),
  user_id            uuid        not null references auth.users (id) on delete cascade,
  broker_account_id  uuid        not null,
  token_valid        boolean     not null,
  static_ip_allowed  boolean     not null,
  detail             text        not null check (char_length(detail) <= 1000),
  checked_at         timestamptz not null default now(),
  foreign key (broker_account_id, user_id)
    references public.broker_accounts (id, user_id) on delete cascade
);

comment on table  public.broker_checks is
  'What brokers said of accounts when they were asked. Append only.';
comment on column public.broker_checks.id                is 'Key.';
comment on column public.broker_checks.user_id           is 'Owner of the account.';
comment on column public.broker_checks.broker_account_id is 'The account.';
comment on column public.broker_checks.token_valid       is
  'The broker took the token, and trading is active for the account.';
comment on column public.broker_checks.static_ip_allowed is
  'The broker takes orders from the address that asked.';
comment on column public.broker_checks.detail            is 'In words, for its owner.';
comment on column public.broker_checks.checked_at        is 'When it was asked.';

-- Serves policies and the newest check of a user.
create index broker_checks_user_idx on public.broker_checks (user_id, checked_at desc);
-- Serves the foreign key.
create index broker_checks_account_idx on public.broker_checks (broker_account_id);

alter table public.broker_checks enable row level security;
revoke all on public.broker_checks from anon, authenticated, service_role;
grant select on public.broker_checks to authenticated, service_role;

create policy "A user reads what was said of their own accounts"
  on public.broker_checks for select to authenticated
  using ((select auth.uid()) = user_id);
