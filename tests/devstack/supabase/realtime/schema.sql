/*
  Tables of the Realtime tests: one per rule of who sees what.
*/

-- Everybody's: no policies.
create table public.prices (
  id     bigint generated always as identity primary key,
  symbol text not null,
  price  numeric,
  at     timestamptz
);
grant select on public.prices to anon, authenticated, service_role;

-- Each row is its owner's.
create table public.orders (
  id       bigint generated always as identity primary key,
  user_id  uuid not null,
  symbol   text not null default 'NIFTY',
  quantity integer not null default 1
);
alter table public.orders enable row level security;
grant select on public.orders to authenticated, service_role;
create policy "A user reads their own orders"
  on public.orders for select to authenticated
  using ((select auth.uid()) = user_id);

-- Two columns make the key; quotes in names and values.
create table public."odd names" (
  "the key" text,
  part      boolean,
  "say ""x""" text,
  primary key ("the key", part)
);
alter table public."odd names" enable row level security;
grant select on public."odd names" to authenticated;
create policy "All rows" on public."odd names" for select to authenticated using (true);

-- Some columns are nobody's business.
create table public.accounts (
  id     integer primary key,
  name   text,
  secret text
);
grant select (id, name) on public.accounts to authenticated;

-- Nothing is granted.
create table public.hidden (id integer primary key);

create table public.keyless (word text);
grant select on public.keyless to authenticated;

-- The old row comes whole.
create table public.complete (
  id   integer primary key,
  note text,
  wide text
);
alter table public.complete alter column wide set storage external;
alter table public.complete replica identity full;
grant select on public.complete to authenticated;

create table public.guarded_complete (id integer primary key, note text);
alter table public.guarded_complete replica identity full;
alter table public.guarded_complete enable row level security;
grant select on public.guarded_complete to authenticated;

-- A policy that fails for some.
create table public.fragile (id integer primary key);
alter table public.fragile enable row level security;
grant select on public.fragile to authenticated, anon;
create policy "Divides by zero"
  on public.fragile for select to anon
  using (1 / (id - id) = 1);
create policy "Sees all" on public.fragile for select to authenticated using (true);

create type public.mood as enum ('calm', 'busy', 'wild');
create type public.pair as (first integer, second text);
create domain public.percent as numeric check (value between 0 and 100);

create table public.samples (
  id        integer primary key,
  flag      boolean,
  small     smallint,
  big       bigint,
  amount    numeric,
  share     public.percent,
  ratio     double precision,
  single    real,
  word      text,
  fixed     char(5),
  code      varchar(10),
  ident     uuid,
  document  jsonb,
  raw       json,
  day       date,
  clock     time,
  moment    timestamp,
  instant   timestamptz,
  span      interval,
  bytes     bytea,
  mood      public.mood,
  pair      public.pair,
  within    int4range,
  address   inet,
  words     text[],
  grid      integer[],
  amounts   numeric[],
  instants  timestamptz[],
  documents jsonb[],
  pairs     public.pair[],
  boxes     box[],
  vector    int2vector
);
grant select on public.samples to authenticated;

create table public.unpublished (id integer primary key);

alter publication supabase_realtime add table
  public.prices, public.orders, public."odd names", public.accounts, public.hidden,
  public.keyless, public.complete, public.guarded_complete, public.fragile, public.samples;

-- Who may do what on private channels, by the channel's name.
create policy "Everybody signed in listens to open rooms"
  on realtime.messages for select to authenticated
  using ((select realtime.topic()) like 'open:%');
create policy "Only talkers speak"
  on realtime.messages for insert to authenticated
  with check ((select realtime.topic()) like 'open:talk%');
create policy "A user listens to their own topic"
  on realtime.messages for select to authenticated
  using ((select realtime.topic()) = 'user:' || (select auth.uid())::text);
