/*
  Users and their sessions, shaped as GoTrue's tables so that foreign keys, triggers and queries
  written for hosted work here. Columns of parts that are not embedded (mail, phone, single
  sign-on) exist and stay at their defaults.

  Written by   devstack/supabase/auth (supabase_auth_admin)
  Read by      policies through auth.uid(), triggers on auth.users
*/

set role supabase_auth_admin;

create type auth.aal_level as enum ('aal1', 'aal2', 'aal3');

create table auth.users (
  instance_id                 uuid,
  id                          uuid         not null primary key,
  aud                         varchar(255),
  role                        varchar(255),
  email                       varchar(255),
  encrypted_password          varchar(255),
  email_confirmed_at          timestamptz,
  invited_at                  timestamptz,
  confirmation_token          varchar(255) default '',
  confirmation_sent_at        timestamptz,
  recovery_token              varchar(255) default '',
  recovery_sent_at            timestamptz,
  email_change_token_new      varchar(255) default '',
  email_change                varchar(255) default '',
  email_change_sent_at        timestamptz,
  last_sign_in_at             timestamptz,
  raw_app_meta_data           jsonb,
  raw_user_meta_data          jsonb,
  is_super_admin              boolean,
  created_at                  timestamptz,
  updated_at                  timestamptz,
  phone                       text         default null unique,
  phone_confirmed_at          timestamptz,
  phone_change                text         default '',
  phone_change_token          varchar(255) default '',
  phone_change_sent_at        timestamptz,
  confirmed_at                timestamptz
    generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  email_change_token_current  varchar(255) default '',
  email_change_confirm_status smallint     default 0
    check (email_change_confirm_status between 0 and 2),
  banned_until                timestamptz,
  reauthentication_token      varchar(255) default '',
  reauthentication_sent_at    timestamptz,
  is_sso_user                 boolean      not null default false,
  deleted_at                  timestamptz,
  is_anonymous                boolean      not null default false
);
comment on table auth.users is 'Auth: Stores user login data within a secure schema.';
create unique index users_email_partial_key on auth.users (email) where is_sso_user = false;
create index users_instance_id_idx       on auth.users (instance_id);
create index users_instance_id_email_idx on auth.users (instance_id, lower(email));
create index users_is_anonymous_idx      on auth.users (is_anonymous);

create table auth.identities (
  provider_id     text        not null,
  user_id         uuid        not null references auth.users (id) on delete cascade,
  identity_data   jsonb       not null,
  provider        text        not null,
  last_sign_in_at timestamptz,
  created_at      timestamptz,
  updated_at      timestamptz,
  email           text        generated always as (lower(identity_data ->> 'email')) stored,
  id              uuid        not null default gen_random_uuid() primary key,
  unique (provider_id, provider)
);
create index identities_user_id_idx on auth.identities (user_id);
create index identities_email_idx   on auth.identities (email text_pattern_ops);

create table auth.sessions (
  id           uuid        not null primary key,
  user_id      uuid        not null references auth.users (id) on delete cascade,
  created_at   timestamptz,
  updated_at   timestamptz,
  factor_id    uuid,
  aal          auth.aal_level,
  not_after    timestamptz,
  refreshed_at timestamp,
  user_agent   text,
  ip           inet,
  tag          text
);
create index sessions_user_id_idx on auth.sessions (user_id);

create table auth.refresh_tokens (
  instance_id uuid,
  id          bigserial    primary key,
  token       varchar(255) unique,
  user_id     varchar(255),
  revoked     boolean,
  created_at  timestamptz,
  updated_at  timestamptz,
  parent      varchar(255),
  session_id  uuid         references auth.sessions (id) on delete cascade
);
create index refresh_tokens_parent_idx  on auth.refresh_tokens (parent);
create index refresh_tokens_session_idx on auth.refresh_tokens (session_id, revoked);

create table auth.flow_state (
  id                    uuid        not null default gen_random_uuid() primary key,
  user_id               uuid        references auth.users (id) on delete cascade,
  auth_code             text        not null,
  code_challenge_method text        not null check (code_challenge_method in ('s256', 'plain')),
  code_challenge        text        not null,
  provider_type         text        not null,
  authentication_method text        not null,
  auth_code_issued_at   timestamptz,
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now()
);
comment on table auth.flow_state is 'Auth: links that were asked for and not yet used.';
create index flow_state_auth_code_idx on auth.flow_state (auth_code);
create index flow_state_user_id_idx   on auth.flow_state (user_id);

-- Who is asking, from the claims that PostgREST and Realtime set for a transaction.

create function auth.jwt() returns jsonb
  language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

create function auth.uid() returns uuid
  language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid
$$;

create function auth.role() returns text
  language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )
$$;

create function auth.email() returns text
  language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )
$$;

-- As on hosted: postgres may read, reference and put triggers on these tables, not drop them.
grant all on all tables    in schema auth to postgres, dashboard_user;
grant all on all sequences in schema auth to postgres, dashboard_user;

reset role;
