/*
  Instruments: what can be traded or watched, from the broker's instrument master.

  Written by   worker_write (kind instrument), differences only, once a day
  Read by      web, functions (authenticated), worker (service role)
  Depends on   create_schemas
*/

create table public.instruments (
  instrument_key   text        primary key check (instrument_key = segment || ':' || security_id),
  segment          text        not null check (segment ~ '^[A-Z_]{1,20}$'),
  security_id      bigint      not null check (security_id >= 0),
  symbol           text        not null check (symbol <> ''),
  display_name     text        not null default '',
  kind             text        not null check (kind ~ '^[A-Z]{1,20}$'),
  underlying       text,
  expiry           date,
  strike           numeric(18, 4) check (strike > 0),
  option_side      text        check (option_side in ('CE', 'PE')),
  lot_size         integer     not null check (lot_size >= 1),
  tick_size        numeric(18, 4) not null check (tick_size >= 0.01 and tick_size < 1000000),
  freeze_quantity  integer     check (freeze_quantity >= 1),
  has_derivatives  boolean     not null default false,
  is_active        boolean     not null default true,
  updated_at       timestamptz not null default now(),
  check (option_side is null or (strike is not null and expiry is not null))
);

comment on table  public.instruments is
  'What can be traded or watched, from the broker''s instrument master.';
comment on column public.instruments.instrument_key is
  'Segment and security id, as in NSE_FNO:49543. An exchange uses ids again, years later.';
comment on column public.instruments.segment is
  'Market of an exchange, as Dhan writes it: NSE_EQ, NSE_FNO, IDX_I ...';
comment on column public.instruments.security_id is
  'The exchange''s number, unique within the segment.';
comment on column public.instruments.symbol          is 'Trading symbol; not unique.';
comment on column public.instruments.display_name    is 'Name for people.';
comment on column public.instruments.kind is
  'INDEX, EQUITY, FUTIDX, OPTIDX, FUTSTK, OPTSTK ...';
comment on column public.instruments.underlying      is 'Symbol of what a derivative derives from.';
comment on column public.instruments.expiry          is 'Last day of a future or option.';
comment on column public.instruments.strike          is 'Strike of an option, rupees.';
comment on column public.instruments.option_side     is 'CE (call) or PE (put).';
comment on column public.instruments.lot_size        is 'Units (shares or contracts) in one lot.';
comment on column public.instruments.tick_size       is 'Smallest price step, rupees.';
comment on column public.instruments.freeze_quantity is
  'Most units the exchange takes in one order.';
comment on column public.instruments.has_derivatives is
  'Of a share: there are futures on it, so that its continuous trading ends earlier.';
comment on column public.instruments.is_active       is 'In the newest instrument master.';
comment on column public.instruments.updated_at      is 'When the row was last changed.';

-- Serves the resolution of a rule such as NIFTY-FUT: the nearest expiry of an underlying.
create index instruments_underlying_idx on public.instruments (underlying, kind, expiry);
-- Serves the search by symbol.
create index instruments_symbol_idx on public.instruments (symbol);

alter table public.instruments enable row level security;
revoke all on public.instruments from anon, authenticated, service_role;
grant select on public.instruments to authenticated, service_role;

create policy "A signed-in user reads instruments"
  on public.instruments for select to authenticated
  using (true);

create trigger touch_updated_at
  before update on public.instruments
  for each row execute function private.touch_updated_at();
