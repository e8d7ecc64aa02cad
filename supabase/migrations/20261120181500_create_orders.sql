/*
  Orders: what was asked of the broker, paper or real, and how far it got.

  trade_id has no foreign key: an order exists before its trade does, and a check at commit would
  take the whole batch of the worker down with one poison event.

  Written by   worker_write (kind order), eod_exit_without_worker
  Read by      web (authenticated)
  Depends on   create_trading_signals
*/

create table public.orders (
  id                  uuid           primary key,
  user_id             uuid           not null references auth.users (id) on delete cascade,
  strategy_id         uuid           not null,
  strategy_config_id  uuid           not null,
  portfolio_id        uuid           not null,
  signal_id           uuid           references public.trading_signals (id),
  trade_id            uuid,
  trade_mode          public.trade_mode not null default 'VIRTUAL',
  instrument_key      text           not null check (instrument_key ~ '^[A-Z_]+:[0-9]+$'),
  symbol              text           not null,
  side                public.order_side not null,
  order_type          public.order_type not null,
  purpose             public.order_purpose not null,
  exit_reason         public.exit_reason,
  quantity            integer        not null check (quantity > 0),
  limit_price         numeric(18, 4) check (limit_price > 0),
  trigger_price       numeric(18, 4) check (trigger_price > 0),
  status              public.order_status not null,
  filled_quantity     integer        not null default 0
                        check (filled_quantity between 0 and quantity),
  average_price       numeric(18, 4) check (average_price >= 0),
  rejection_reason    text,
  correlation_id      text           unique,
  broker_order_id     text,
  code_digest         text,
  placed_at           timestamptz    not null,
  changed_at          timestamptz    not null,
  version             bigint         not null,
  created_at          timestamptz    not null default now(),
  updated_at          timestamptz    not null default now(),
  foreign key (strategy_config_id, strategy_id, user_id)
    references public.strategy_configs (id, strategy_id, user_id),
  foreign key (portfolio_id, user_id) references public.portfolios (id, user_id),
  check (order_type <> 'LIMIT' or limit_price is not null),
  check (status <> 'TRADED' or filled_quantity = quantity)
);

comment on table  public.orders is
  'What was asked of the broker, paper or real, and how far it got.';
comment on column public.orders.id                 is 'Key, chosen by the worker.';
comment on column public.orders.user_id            is 'Owner of the config.';
comment on column public.orders.strategy_id        is 'The config''s strategy.';
comment on column public.orders.strategy_config_id is 'The config that trades.';
comment on column public.orders.portfolio_id       is 'Portfolio it is booked to.';
comment on column public.orders.signal_id is
  'The signal it follows; null for a protective exit.';
comment on column public.orders.trade_id           is 'The trade it opens or closes.';
comment on column public.orders.trade_mode         is 'VIRTUAL or LIVE.';
comment on column public.orders.instrument_key     is 'Segment and security id.';
comment on column public.orders.symbol             is 'Trading symbol then.';
comment on column public.orders.side               is 'BUY or SELL.';
comment on column public.orders.order_type is
  'MARKET, LIMIT, STOP_LOSS or STOP_LOSS_MARKET.';
comment on column public.orders.purpose            is 'ENTRY opens or adds, EXIT closes.';
comment on column public.orders.exit_reason        is 'Why it closes, for an EXIT.';
comment on column public.orders.quantity           is 'Units (shares or contracts, not lots).';
comment on column public.orders.limit_price        is 'Worst price accepted, rupees.';
comment on column public.orders.trigger_price      is 'Price that wakes a stop order, rupees.';
comment on column public.orders.status             is 'How far it got, in the broker''s words.';
comment on column public.orders.filled_quantity    is 'Units filled so far.';
comment on column public.orders.average_price is
  'Average price of its fills, rupees, four decimals.';
comment on column public.orders.rejection_reason   is 'Why it was rejected or cancelled.';
comment on column public.orders.correlation_id     is 'Our tag at the broker.';
comment on column public.orders.broker_order_id    is 'The broker''s number.';
comment on column public.orders.code_digest is
  'Digest of the code and parameters that decided.';
comment on column public.orders.placed_at          is 'Market time it was placed.';
comment on column public.orders.changed_at         is 'Market time of its last change.';
comment on column public.orders.version is
  'Grows with each change; an older one is not applied.';
comment on column public.orders.created_at         is 'When the row was written.';
comment on column public.orders.updated_at         is 'When the row was last changed.';

-- Serves policies and the list: newest first, for one user.
create index orders_user_placed_at_idx on public.orders (user_id, placed_at desc, id desc);
-- Serves the orders of a config.
create index orders_config_idx on public.orders (strategy_config_id, placed_at desc);
-- Serves the orders of a trade.
create index orders_trade_idx on public.orders (trade_id);
-- Serve the foreign keys.
create index orders_signal_idx on public.orders (signal_id);
create index orders_portfolio_idx on public.orders (portfolio_id);

alter table public.orders enable row level security;
revoke all on public.orders from anon, authenticated, service_role;
grant select on public.orders to authenticated, service_role;

create policy "A user reads their own orders"
  on public.orders for select to authenticated
  using ((select auth.uid()) = user_id);

create trigger touch_updated_at
  before update on public.orders
  for each row execute function private.touch_updated_at();
