/*
  Notes: rows that belong to one user, with labels hanging off them.

  Proves row level security, embedding, enums, constraints, upsert and the postgres_changes filters.
*/

create type public.mood as enum ('calm', 'busy');

create table public.notes (
  id       bigint generated always as identity primary key,
  user_id  uuid not null default auth.uid() references auth.users (id) on delete cascade,
  title    text not null check (title <> ''),
  mood     public.mood not null default 'calm',
  rank     integer not null default 0,
  unique (user_id, title)
);

create table public.labels (
  id       bigint generated always as identity primary key,
  note_id  bigint not null references public.notes (id) on delete cascade,
  user_id  uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name     text not null
);

comment on table public.notes is 'Each row is seen and changed by its owner only.';
comment on table public.labels is 'Words on a note; what embedding follows.';

create index labels_note_id_idx on public.labels (note_id);
create index labels_user_id_idx on public.labels (user_id);

alter table public.notes enable row level security;
alter table public.labels enable row level security;
grant select, insert, update, delete on public.notes, public.labels to authenticated, service_role;

create policy "A user reads their own notes"
  on public.notes for select to authenticated
  using ((select auth.uid()) = user_id);

create policy "A user writes their own notes"
  on public.notes for insert to authenticated
  with check ((select auth.uid()) = user_id);

create policy "A user changes their own notes"
  on public.notes for update to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);

create policy "A user deletes their own notes"
  on public.notes for delete to authenticated
  using ((select auth.uid()) = user_id);

create policy "A user reads their own labels"
  on public.labels for select to authenticated
  using ((select auth.uid()) = user_id);

create policy "A user writes their own labels"
  on public.labels for insert to authenticated
  with check ((select auth.uid()) = user_id);

create view public.note_titles
  with (security_invoker = true)
  as select
    id,
    user_id,
    title
  from public.notes;

comment on view public.note_titles is 'Obeys the row level security of whoever reads it.';
grant select on public.note_titles to authenticated;

alter publication supabase_realtime add table public.notes;
