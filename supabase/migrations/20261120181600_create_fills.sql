/*
  Fills: each execution of an order, with its charges. Positions and trades are made of these.

  Written by   worker_write (kind fill), eod_exit_without_worker
  Read by      web (authenticated)
  Depends on   create_orders
*/

create table public.fills (
  id                  uuid           primary key,
  user_id             uuid           not null references auth.users (id) on delete cascade,
  strategy_id         uuid           not null,
  strategy_config_id  uuid           not null,
  order_id            uuid           not null references public.orders (id),
  trade_id            uuid,
  instrument_key      text           not null check (instrument_key ~ '^[A-Z_]+:[0-9]+$'),
  side                public.order_side not null,
  quantity            integer        not null check (quantity > 0),
  -- Zero: an option that expired worthless is settled at nothing.
  price               numeric(18, 4) not null check (price >= 0 and price < 1000000000),
  charges             numeric        not null
                        check (charges >= 0 and charges < 1000000000)
                        check (charges = round(charges, 2)),
  filled_at           timestamptz    not null,
  broker_trade_id     text,
  created_at          timestamptz    not null default now(),
  foreign key (strategy_config_id, strategy_id, user_id)
    references public.strategy_configs (id, strategy_id, user_id)
);

comment on table  public.fills is
  'Each execution of an order, with its charges. Append only.';
comment on column public.fills.id                 is 'Key, chosen by the worker.';
comment on column public.fills.user_id            is 'Owner of the config.';
comment on column public.fills.strategy_id        is 'The config''s strategy.';
comment on column public.fills.strategy_config_id is 'The config that trades.';
comment on column public.fills.order_id           is 'The order that was filled.';
comment on column public.fills.trade_id           is 'The trade it belongs to.';
comment on column public.fills.instrument_key     is 'Segment and security id.';
comment on column public.fills.side               is 'BUY or SELL.';
comment on column public.fills.quantity           is 'Units (shares or contracts, not lots).';
comment on column public.fills.price              is 'Rupees per unit.';
comment on column public.fills.charges is
  'Brokerage, taxes and fees of this fill, rupees.';
comment on column public.fills.filled_at          is 'Market time.';
comment on column public.fills.broker_trade_id    is 'The exchange''s number of the execution.';
comment on column public.fills.created_at         is 'When the row was written.';

-- Serves policies and the newest fills of a user.
create index fills_user_idx on public.fills (user_id, filled_at desc);
-- Serves the sum over a trade.
create index fills_trade_idx on public.fills (trade_id);
-- Serve the foreign keys.
create index fills_order_idx on public.fills (order_id);
create index fills_config_idx on public.fills (strategy_config_id);

alter table public.fills enable row level security;
revoke all on public.fills from anon, authenticated, service_role;
grant select on public.fills to authenticated, service_role;

create policy "A user reads their own fills"
  on public.fills for select to authenticated
  using ((select auth.uid()) = user_id);
