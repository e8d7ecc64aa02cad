/*
  Last prices: the newest price of each instrument that somebody needs.

  Written by   worker_write (kind last_price), a few times a second at most
  Read by      web (authenticated), the view positions, the end-of-day exit
  Depends on   create_schemas
*/

create table public.last_prices (
  instrument_key  text           primary key check (instrument_key ~ '^[A-Z_]+:[0-9]+$'),
  symbol          text           not null,
  price           numeric(18, 4) not null check (price > 0 and price < 1000000000),
  traded_at       timestamptz    not null,
  volume          bigint         check (volume >= 0),
  open_interest   bigint         check (open_interest >= 0),
  previous_close  numeric(18, 4) check (previous_close > 0),
  updated_at      timestamptz    not null default now()
)
-- Room for the same row again on its page: each row changes all day long.
with (fillfactor = 50);

comment on table  public.last_prices is
  'Newest price of each instrument that is watched.';
comment on column public.last_prices.instrument_key is
  'Segment and security id; the instrument need not be in instruments yet.';
comment on column public.last_prices.symbol         is 'Trading symbol.';
comment on column public.last_prices.price          is 'Last traded price, rupees.';
comment on column public.last_prices.traded_at      is 'Market time of that trade.';
comment on column public.last_prices.volume         is 'Units traded today.';
comment on column public.last_prices.open_interest  is 'Open contracts.';
comment on column public.last_prices.previous_close is 'Close of the session before, rupees.';
comment on column public.last_prices.updated_at     is 'When the row was last changed.';

alter table public.last_prices enable row level security;
revoke all on public.last_prices from anon, authenticated, service_role;
grant select on public.last_prices to authenticated, service_role;

create policy "A signed-in user reads prices"
  on public.last_prices for select to authenticated
  using (true);
