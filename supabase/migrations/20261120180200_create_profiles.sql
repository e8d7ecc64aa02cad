/*
  Profiles: one row per account, made when the account is.

  Written by   a trigger on auth.users; the user changes the name
  Read by      web (authenticated)
  Depends on   create_schemas
*/

create table public.profiles (
  id            uuid        primary key references auth.users (id) on delete cascade,
  display_name  text        not null check (char_length(display_name) <= 100),
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now()
);

comment on table  public.profiles              is 'One row per account, made when the account is.';
comment on column public.profiles.id           is 'The account in auth.users.';
comment on column public.profiles.display_name is 'Name on the screen, at most 100 characters.';
comment on column public.profiles.created_at   is 'When the account was made.';
comment on column public.profiles.updated_at   is 'When the row was last changed.';

alter table public.profiles enable row level security;
revoke all on public.profiles from anon, authenticated, service_role;
grant select on public.profiles to authenticated, service_role;
grant update (display_name) on public.profiles to authenticated;

create policy "A user reads their own profile"
  on public.profiles for select to authenticated
  using ((select auth.uid()) = id);

create policy "A user changes their own profile"
  on public.profiles for update to authenticated
  using ((select auth.uid()) = id)
  with check ((select auth.uid()) = id);

create trigger touch_updated_at
  before update on public.profiles
  for each row execute function private.touch_updated_at();


create function private.create_profile() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  insert into public.profiles (id, display_name)
  values (
    new.id,
    left(coalesce(
      new.raw_user_meta_data ->> 'display_name', split_part(new.email, '@', 1), ''
    ), 100)
  );
  return null;
end
$$;

comment on function private.create_profile is 'Trigger: a new account gets its profile.';

revoke execute on function private.create_profile() from public;

create trigger create_profile
  after insert on auth.users
  for each row execute function private.create_profile();
