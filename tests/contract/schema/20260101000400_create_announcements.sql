/*
  Announcements: what the publishable key alone may read.
*/

create table public.announcements (
  id    bigint generated always as identity primary key,
  body  text not null
);

comment on table public.announcements is 'Read by anybody, written with the secret key.';

alter table public.announcements enable row level security;
grant select on public.announcements to anon, authenticated;
grant select, insert on public.announcements to service_role;

create policy "Anybody reads announcements"
  on public.announcements for select to anon, authenticated
  using (true);
