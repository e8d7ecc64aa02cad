/*
  Portfolios: the capital a strategy trades with.

  Written by   the user (a paper portfolio, its name and limits), ledger_entries (the balance)
  Read by      web, functions (authenticated), worker (service role)
  Depends on   create_types
*/

create table public.portfolios (
  id               uuid        primary key default gen_random_uuid(),
  user_id          uuid        not null default auth.uid()
                     references auth.users (id) on delete cascade,
  name             text        not null
                     check (name = btrim(name) and char_length(name) between 1 and 100),
  mode             public.portfolio_mode not null default 'paper',
  initial_capital  numeric     not null
                     check (initial_capital > 0 and initial_capital <= 10000000000)
                     check (initial_capital = round(initial_capital, 2)),
  -- Not checked against zero: a short position may owe more than there is.
  balance          numeric     not null default 0 check (balance = round(balance, 2)),
  -- What all configs of the portfolio may do together; percentages are of initial_capital.
  max_open_trades  integer     not null default 10 check (max_open_trades between 1 and 1000),
  daily_loss_limit_pct numeric not null default 6
                     check (daily_loss_limit_pct > 0 and daily_loss_limit_pct <= 100),
  max_outlay_pct   numeric     not null default 100
                     check (max_outlay_pct > 0 and max_outlay_pct <= 1000),
  currency         text        not null default 'INR' check (currency = 'INR'),
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  unique (user_id, name),
  -- What other tables refer to, so that nobody's row can name somebody else's portfolio.
  unique (id, user_id)
);

comment on table  public.portfolios                 is 'The capital a strategy trades with.';
comment on column public.portfolios.id              is 'Key.';
comment on column public.portfolios.user_id         is 'Owner.';
comment on column public.portfolios.name            is 'Name, unique per user.';
comment on column public.portfolios.mode is
  'paper: simulated; live: a broker''s account.';
comment on column public.portfolios.initial_capital is
  'Rupees at the beginning, deposited by the first ledger entry.';
comment on column public.portfolios.balance is
  'Rupees: the sum of the portfolio''s ledger entries, kept by a trigger.';
comment on column public.portfolios.max_open_trades is
  'Open trades of all its configs together; legs of one signal count once.';
comment on column public.portfolios.daily_loss_limit_pct is
  'Loss of a day, realised and open, at which all its configs are closed, percent of capital.';
comment on column public.portfolios.max_outlay_pct is
  'Capital that all its configs may tie up at a time, percent of initial_capital.';
comment on column public.portfolios.currency        is 'Always INR.';
comment on column public.portfolios.created_at      is 'When the portfolio was made.';
comment on column public.portfolios.updated_at      is 'When the row was last changed.';

alter table public.portfolios enable row level security;
revoke all on public.portfolios from anon, authenticated, service_role;
grant select on public.portfolios to authenticated, service_role;
grant
  insert (name, initial_capital, max_open_trades, daily_loss_limit_pct, max_outlay_pct),
  update (name, max_open_trades, daily_loss_limit_pct, max_outlay_pct)
on public.portfolios to authenticated;

create policy "A user reads their own portfolios"
  on public.portfolios for select to authenticated
  using ((select auth.uid()) = user_id);

create policy "A user makes their own portfolios"
  on public.portfolios for insert to authenticated
  with check ((select auth.uid()) = user_id);

create policy "A user changes their own portfolios"
  on public.portfolios for update to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);

create trigger touch_updated_at
  before update on public.portfolios
  for each row execute function private.touch_updated_at();
