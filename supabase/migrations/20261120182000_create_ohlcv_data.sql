/*
  Candles, partitioned by month because they grow without end. Only instruments that somebody
  needs are stored.

  Written by   worker_write (kind candle)
  Read by      web (authenticated), the minute cron, backtest; also as the view market_data
  Depends on   create_types
*/

create table public.ohlcv_data (
  instrument_key  text           not null check (instrument_key ~ '^[A-Z_]+:[0-9]+$'),
  timeframe       text           not null
                    check (timeframe in ('1m', '5m', '15m', '1h', '4h', '1d')),
  timestamp       timestamptz    not null,
  symbol          text           not null,
  open_price      numeric(18, 4) not null,
  high_price      numeric(18, 4) not null check (high_price < 1000000000),
  low_price       numeric(18, 4) not null check (low_price > 0),
  close_price     numeric(18, 4) not null,
  volume          bigint         not null check (volume >= 0),
  open_interest   bigint         check (open_interest >= 0),
  origin          public.candle_origin not null default 'live',
  updated_at      timestamptz    not null default now(),
  primary key (instrument_key, timeframe, timestamp),
  constraint ohlcv_data_in_order check (
    open_price between low_price and high_price and close_price between low_price and high_price
  )
) partition by range (timestamp);

comment on table  public.ohlcv_data is
  'Candles of the instruments that somebody needs.';
comment on column public.ohlcv_data.instrument_key is
  'Segment and security id. An exchange uses ids again, years later: symbol tells them apart.';
comment on column public.ohlcv_data.timeframe      is '1m, 5m, 15m, 1h, 4h or 1d.';
comment on column public.ohlcv_data.timestamp      is 'Start of the candle.';
comment on column public.ohlcv_data.symbol         is 'Trading symbol then.';
comment on column public.ohlcv_data.open_price     is 'First traded price, rupees.';
comment on column public.ohlcv_data.high_price     is 'Highest traded price, rupees.';
comment on column public.ohlcv_data.low_price      is 'Lowest traded price, rupees.';
comment on column public.ohlcv_data.close_price    is 'Last traded price, rupees.';
comment on column public.ohlcv_data.volume         is 'Units traded in the candle.';
comment on column public.ohlcv_data.open_interest is
  'Open contracts at its end, where there is such a thing.';
comment on column public.ohlcv_data.origin is
  'live, backfilled after a gap, or revised from the broker''s history.';
comment on column public.ohlcv_data.updated_at     is 'When the row was last written.';

-- Serves reading by symbol, newest first.
create index ohlcv_data_symbol_idx on public.ohlcv_data (symbol, timeframe, timestamp desc);

alter table public.ohlcv_data enable row level security;
revoke all on public.ohlcv_data from anon, authenticated, service_role;
grant select on public.ohlcv_data to authenticated, service_role;

create policy "A signed-in user reads candles"
  on public.ohlcv_data for select to authenticated
  using (true);


create view public.market_data
  with (security_invoker = true)
as
select
  instrument_key,
  symbol,
  timeframe,
  timestamp,
  open_price  as open,
  high_price  as high,
  low_price   as low,
  close_price as close,
  volume,
  open_interest,
  origin
from public.ohlcv_data;

comment on view   public.market_data                is 'Candles with short column names.';
comment on column public.market_data.instrument_key is 'Segment and security id.';
comment on column public.market_data.symbol         is 'Trading symbol then.';
comment on column public.market_data.timeframe      is '1m, 5m, 15m, 1h, 4h or 1d.';
comment on column public.market_data.timestamp      is 'Start of the candle.';
comment on column public.market_data.open           is 'First traded price, rupees.';
comment on column public.market_data.high           is 'Highest traded price, rupees.';
comment on column public.market_data.low            is 'Lowest traded price, rupees.';
comment on column public.market_data.close          is 'Last traded price, rupees.';
comment on column public.market_data.volume         is 'Units traded in the candle.';
comment on column public.market_data.open_interest is
  'Open contracts at its end, where there is such a thing.';
comment on column public.market_data.origin         is 'live, backfilled or revised.';

revoke all on public.market_data from anon, authenticated, service_role;
grant select on public.market_data to authenticated, service_role;
