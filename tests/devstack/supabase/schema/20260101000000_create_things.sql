/*
  What the tests of gateway and auth need: a table under row level security, one function that
  takes its time, and a trigger on auth.users that sees a new user's metadata and may refuse.
*/

create table public.things (
  id      bigint generated always as identity primary key,
  user_id uuid not null default auth.uid(),
  name    text not null
);
alter table public.things enable row level security;
grant select, insert on public.things to authenticated;
grant select, insert on public.things to service_role;
create policy "Users read their own things"
  on public.things for select to authenticated
  using ((select auth.uid()) = user_id);
create policy "Users add their own things"
  on public.things for insert to authenticated
  with check ((select auth.uid()) = user_id);

create function public.wait_for(seconds double precision) returns void
  language sql
as $$ select pg_sleep(seconds) $$;

create table public.seen_names (name text);

create function public.see_new_user() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if new.raw_user_meta_data ->> 'name' = 'Nobody' then
    raise exception 'nobody may be called Nobody';
  end if;
  insert into public.seen_names values (new.raw_user_meta_data ->> 'name');
  return new;
end
$$;
create trigger see_new_user
  after insert on auth.users
  for each row execute function public.see_new_user();
