/*
  Samples: one column per kind of value whose text differs between Postgres, REST and Realtime,
  and one value wide enough to be stored out of line.
*/

create table public.samples (
  id        bigint generated always as identity primary key,
  user_id   uuid not null default auth.uid() references auth.users (id) on delete cascade,
  touched   integer not null default 0,
  amount    numeric(20, 8),
  huge      numeric,
  ratio     double precision,
  document  jsonb,
  words     text[],
  grid      integer[],
  amounts   numeric[],
  moment    timestamptz,
  flag      boolean,
  nothing   text,
  wide      text
);

comment on table public.samples is 'Values as REST and Realtime must write them alike.';

-- Not compressed, so that a text of some kilobytes goes to the TOAST table whatever it holds.
alter table public.samples alter column wide set storage external;

create index samples_user_id_idx on public.samples (user_id);

alter table public.samples enable row level security;
grant select, insert, update on public.samples to authenticated, service_role;

create policy "A user reads their own samples"
  on public.samples for select to authenticated
  using ((select auth.uid()) = user_id);

create policy "A user writes their own samples"
  on public.samples for insert to authenticated
  with check ((select auth.uid()) = user_id);

create policy "A user changes their own samples"
  on public.samples for update to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);

alter publication supabase_realtime add table public.samples;
