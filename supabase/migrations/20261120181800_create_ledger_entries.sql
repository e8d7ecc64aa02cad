/*
  Ledger: every movement of a portfolio's cash. Their sum is its balance.

  Written by   worker_write (kind ledger), eod_exit_without_worker, a trigger on portfolios
  Read by      web (authenticated)
  Depends on   create_portfolios, create_fills
*/

create table public.ledger_entries (
  id                  uuid        primary key default gen_random_uuid(),
  user_id             uuid        not null references auth.users (id) on delete cascade,
  portfolio_id        uuid        not null,
  strategy_id         uuid,
  strategy_config_id  uuid,
  kind                public.ledger_kind not null,
  -- May be zero: the second fill of an order can add no charges.
  amount              numeric     not null check (abs(amount) < 1000000000000)
                        check (amount = round(amount, 2)),
  order_id            uuid        references public.orders (id),
  fill_id             uuid        references public.fills (id),
  trade_id            uuid,
  occurred_at         timestamptz not null,
  note                text,
  created_at          timestamptz not null default now(),
  foreign key (portfolio_id, user_id) references public.portfolios (id, user_id),
  foreign key (strategy_config_id, strategy_id, user_id)
    references public.strategy_configs (id, strategy_id, user_id)
);

comment on table  public.ledger_entries is
  'Every movement of a portfolio''s cash. Append only.';
comment on column public.ledger_entries.id                 is 'Key, chosen by whoever writes it.';
comment on column public.ledger_entries.user_id            is 'Owner of the portfolio.';
comment on column public.ledger_entries.portfolio_id       is 'The portfolio whose balance moves.';
comment on column public.ledger_entries.strategy_id is
  'Strategy it is due to; null for a deposit.';
comment on column public.ledger_entries.strategy_config_id is
  'Config it is due to; null for a deposit.';
comment on column public.ledger_entries.kind               is 'What moved the cash.';
comment on column public.ledger_entries.amount is
  'Rupees; above zero comes in, below goes out.';
comment on column public.ledger_entries.order_id           is 'The order it is due to.';
comment on column public.ledger_entries.fill_id            is 'The fill it is due to.';
comment on column public.ledger_entries.trade_id           is 'The trade it is due to.';
comment on column public.ledger_entries.occurred_at        is 'Market time.';
comment on column public.ledger_entries.note               is 'A sentence for people.';
comment on column public.ledger_entries.created_at         is 'When the row was written.';

-- Serves policies.
create index ledger_entries_user_idx on public.ledger_entries (user_id, occurred_at desc);
-- Serves a portfolio's statement.
create index ledger_entries_portfolio_idx
  on public.ledger_entries (portfolio_id, occurred_at desc);
-- Serves the sum over a trade.
create index ledger_entries_trade_idx on public.ledger_entries (trade_id);
-- Serve the foreign keys.
create index ledger_entries_order_idx on public.ledger_entries (order_id);
create index ledger_entries_fill_idx on public.ledger_entries (fill_id);
create index ledger_entries_config_idx on public.ledger_entries (strategy_config_id);

alter table public.ledger_entries enable row level security;
revoke all on public.ledger_entries from anon, authenticated, service_role;
grant select on public.ledger_entries to authenticated, service_role;

create policy "A user reads their own ledger"
  on public.ledger_entries for select to authenticated
  using ((select auth.uid()) = user_id);


create function private.move_balance() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  update public.portfolios set balance = balance + new.amount where id = new.portfolio_id;
  return null;
end
$$;

comment on function private.move_balance is
  'Trigger: a portfolio''s balance is the sum of its ledger.';

revoke execute on function private.move_balance() from public;

create trigger move_balance
  after insert on public.ledger_entries
  for each row execute function private.move_balance();


create function private.deposit_initial_capital() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  insert into public.ledger_entries (user_id, portfolio_id, kind, amount, occurred_at, note)
  values (
    new.user_id, new.id, 'DEPOSIT', new.initial_capital, public.market_now(), 'Initial capital'
  );
  return null;
end
$$;

comment on function private.deposit_initial_capital is
  'Trigger: a new portfolio''s first ledger entry is its capital.';

revoke execute on function private.deposit_initial_capital() from public;

create trigger deposit_initial_capital
  after insert on public.portfolios
  for each row execute function private.deposit_initial_capital();
