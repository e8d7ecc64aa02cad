/*
  Profiles: one row per account, made by a trigger on auth.users.

  Proves that a sign-up and its metadata reach Postgres in one statement, as hosted Supabase does.
*/

create table public.profiles (
  id            uuid primary key references auth.users (id) on delete cascade,
  display_name  text not null
);

comment on table public.profiles is 'One row per account, made when the account is.';

alter table public.profiles enable row level security;
grant select on public.profiles to authenticated;
grant select on public.profiles to service_role;

create policy "A user reads their own profile"
  on public.profiles for select to authenticated
  using ((select auth.uid()) = id);

create function public.create_profile() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.profiles (id, display_name)
  values (new.id, coalesce(new.raw_user_meta_data ->> 'display_name', 'nameless'));
  return new;
end;
$$;

revoke execute on function public.create_profile() from public;

create trigger create_profile
  after insert on auth.users
  for each row execute function public.create_profile();
