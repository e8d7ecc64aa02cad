/*
  Trades: one row per round trip of one config in one instrument, from the entry to flat.

  trade_type is the direction of the view, side is what was traded: a bought put is SHORT and BUY.
  CLOSED is final: worker_write does not change such a row.

  Written by   worker_write (kind trade), eod_exit_without_worker
  Read by      web, functions (authenticated)
  Depends on   create_trading_signals
*/

create table public.trades (
  id                  uuid           primary key,
  user_id             uuid           not null references auth.users (id) on delete cascade,
  strategy_id         uuid           not null,
  strategy_config_id  uuid           not null,
  portfolio_id        uuid           not null,
  signal_id           uuid           references public.trading_signals (id),
  trade_mode          public.trade_mode not null default 'VIRTUAL',
  instrument_key      text           not null check (instrument_key ~ '^[A-Z_]+:[0-9]+$'),
  symbol              text           not null,
  trade_type          public.direction not null,
  side                public.order_side not null,
  quantity            integer        not null check (quantity > 0),
  open_quantity       integer        not null check (open_quantity between 0 and quantity),
  entry_time          timestamptz    not null,
  entry_price         numeric(18, 4) not null check (entry_price > 0 and entry_price < 1000000000),
  stop_loss           numeric(18, 4) check (stop_loss > 0),
  target_price        numeric(18, 4) check (target_price > 0),
  entry_delta         numeric        check (abs(entry_delta) <= 1),
  stop_premium        numeric(18, 4) check (stop_premium >= 0),
  target_premium      numeric(18, 4) check (target_premium >= 0),
  exit_time           timestamptz    check (exit_time >= entry_time),
  exit_price          numeric(18, 4) check (exit_price >= 0 and exit_price < 1000000000),
  exit_reason         public.exit_reason,
  gross_pnl           numeric        check (gross_pnl = round(gross_pnl, 2)),
  charges             numeric        not null default 0
                        check (charges >= 0 and charges < 1000000000)
                        check (charges = round(charges, 2)),
  pnl                 numeric,
  status              public.trade_status not null,
  closed_by           public.closer,
  code_digest         text,
  dhanhq_order_id     text,
  version             bigint         not null,
  created_at          timestamptz    not null default now(),
  updated_at          timestamptz    not null default now(),
  foreign key (strategy_id, user_id) references public.strategies (id, user_id),
  foreign key (strategy_config_id, strategy_id, user_id)
    references public.strategy_configs (id, strategy_id, user_id),
  foreign key (portfolio_id, user_id) references public.portfolios (id, user_id),
  constraint trades_closed_is_complete check (
    case status
      -- May hold nothing for a moment: sold out while an order of it is still on its way.
      when 'OPEN' then num_nonnulls(exit_time, exit_reason, gross_pnl, pnl, closed_by) = 0
      else
        open_quantity = 0
        and num_nulls(exit_time, exit_price, exit_reason, gross_pnl, pnl, closed_by) = 0
    end
  ),
  constraint trades_pnl_is_net check (pnl = gross_pnl - charges)
);

comment on table  public.trades is
  'One row per round trip of one config in one instrument.';
comment on column public.trades.id                 is 'Key, chosen by the worker.';
comment on column public.trades.user_id            is 'Owner of the config.';
comment on column public.trades.strategy_id        is 'The config''s strategy.';
comment on column public.trades.strategy_config_id is 'The config that trades.';
comment on column public.trades.portfolio_id       is 'Portfolio it is booked to.';
comment on column public.trades.signal_id          is 'The signal that opened it.';
comment on column public.trades.trade_mode         is 'VIRTUAL or LIVE.';
comment on column public.trades.instrument_key     is 'Segment and security id of what was traded.';
comment on column public.trades.symbol             is 'Trading symbol then.';
comment on column public.trades.trade_type         is 'Direction of the view: LONG or SHORT.';
comment on column public.trades.side is
  'What opened it: BUY or SELL; a bought put is SHORT and BUY.';
comment on column public.trades.quantity is
  'Units entered (shares or contracts, not lots).';
comment on column public.trades.open_quantity      is 'Units still held; 0 when CLOSED.';
comment on column public.trades.entry_time         is 'Market time of the first entry fill.';
comment on column public.trades.entry_price is
  'Average entry fill, rupees per unit, four decimals.';
comment on column public.trades.stop_loss is
  'Stop, rupees: a level of the instrument that gave the signal.';
comment on column public.trades.target_price is
  'Target, rupees: a level of the instrument that gave the signal.';
comment on column public.trades.entry_delta is
  'Of an option bought on a signal of its future or index: what it moved by per rupee of that.';
comment on column public.trades.stop_premium is
  'Of such an option: its estimated price at the stop, rupees, from entry price and delta.';
comment on column public.trades.target_premium is
  'Of such an option: its estimated price at the target, rupees.';
comment on column public.trades.exit_time          is 'Market time of the last exit fill.';
comment on column public.trades.exit_price is
  'Average exit fill, rupees per unit, four decimals; so far, while open.';
comment on column public.trades.exit_reason        is 'Why it was closed.';
comment on column public.trades.gross_pnl is
  'Profit before charges, rupees, from the fills.';
comment on column public.trades.charges            is 'Charges of its fills so far, rupees.';
comment on column public.trades.pnl is
  'Profit after charges, rupees; null while open.';
comment on column public.trades.status             is 'OPEN or CLOSED; CLOSED is final.';
comment on column public.trades.closed_by is
  'worker, or database when no worker was there to do it.';
comment on column public.trades.code_digest is
  'Digest of the code and parameters that decided.';
comment on column public.trades.dhanhq_order_id is
  'The broker''s number of the entry order, when LIVE.';
comment on column public.trades.version is
  'Grows with each change; an older one is not applied.';
comment on column public.trades.created_at         is 'When the row was written.';
comment on column public.trades.updated_at         is 'When the row was last changed.';

-- At most one open trade per config, instrument and direction.
create unique index trades_one_open_key
  on public.trades (strategy_config_id, instrument_key, trade_type) where status = 'OPEN';
-- Serves policies and the list: newest first, for one user.
create index trades_user_entry_time_idx on public.trades (user_id, entry_time desc, id desc);
-- Serves the trades of a strategy, and of a config.
create index trades_strategy_idx on public.trades (strategy_id, entry_time desc);
create index trades_config_idx on public.trades (strategy_config_id, entry_time desc);
-- Serves positions and the end-of-day exit.
create index trades_open_idx on public.trades (user_id) where status = 'OPEN';
-- Serve the foreign keys.
create index trades_signal_idx on public.trades (signal_id);
create index trades_portfolio_idx on public.trades (portfolio_id);

alter table public.trades enable row level security;
revoke all on public.trades from anon, authenticated, service_role;
grant select on public.trades to authenticated, service_role;

create policy "A user reads their own trades"
  on public.trades for select to authenticated
  using ((select auth.uid()) = user_id);

create trigger touch_updated_at
  before update on public.trades
  for each row execute function private.touch_updated_at();


create function private.count_closed_trade() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  update public.strategies
  set total_pnl      = total_pnl + new.pnl,
      total_trades   = total_trades + 1,
      winning_trades = winning_trades + (new.pnl > 0)::integer,
      losing_trades  = losing_trades + (new.pnl < 0)::integer
  where id = new.strategy_id;
  return null;
end
$$;

comment on function private.count_closed_trade is
  'Trigger: the strategy''s totals follow its closed trades.';

revoke execute on function private.count_closed_trade() from public;

-- A trade is closed once: worker_write and the end-of-day exit change open rows only.
create trigger count_trade_inserted_closed
  after insert on public.trades
  for each row when (new.status = 'CLOSED')
  execute function private.count_closed_trade();
create trigger count_trade_closed
  after update of status on public.trades
  for each row when (old.status = 'OPEN' and new.status = 'CLOSED')
  execute function private.count_closed_trade();
