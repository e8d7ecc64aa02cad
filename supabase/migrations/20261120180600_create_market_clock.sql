/*
  Market clock: the time that trading rules in SQL go by.

  In production it is the wall clock. When a simulator plays a day at another speed, the worker
  writes the feed's time here. Trading rules call market_now(), never now().

  Written by   worker_write (kind market_clock)
  Read by      web (authenticated), functions, every trading rule in SQL
  Depends on   create_types
*/

create table public.market_clock (
  id           boolean             primary key default true check (id),
  source       public.clock_source not null default 'WALL',
  market_time  timestamptz         not null default now(),
  speed        numeric             not null default 1 check (speed >= 0 and speed < 1000000000),
  simulated    boolean             not null default false,
  updated_at   timestamptz         not null default now()
);

comment on table  public.market_clock             is 'One row: the time that trading rules go by.';
comment on column public.market_clock.id          is 'Always true: there is one row.';
comment on column public.market_clock.source is
  'WALL: market time is the wall clock; FEED: it is market_time.';
comment on column public.market_clock.market_time is
  'Newest time of the feed; counts when source is FEED.';
comment on column public.market_clock.speed is
  'Market seconds per wall second; 0 while held.';
comment on column public.market_clock.simulated is
  'Market data are simulated; every screen must say so.';
comment on column public.market_clock.updated_at  is 'When the row was last changed.';

insert into public.market_clock default values;

alter table public.market_clock enable row level security;
revoke all on public.market_clock from anon, authenticated, service_role;
grant select on public.market_clock to authenticated, service_role;

create policy "A signed-in user reads the market clock"
  on public.market_clock for select to authenticated
  using (true);

create trigger touch_updated_at
  before update on public.market_clock
  for each row execute function private.touch_updated_at();


create function public.market_now() returns timestamptz
  language sql stable
  set search_path = ''
as $$
  select case clock.source when 'FEED' then clock.market_time else now() end
  from public.market_clock as clock;
$$;

comment on function public.market_now is
  'The market''s time: what trading rules use in place of now().';

revoke execute on function public.market_now() from public, anon;
grant execute on function public.market_now() to authenticated, service_role;
