/*
  Schemas and extensions.

  Nothing is granted on tables: since 2026-05-30 hosted projects grant none by themselves, not
  even to service_role, so a migration that forgets its grants must fail here too.
*/

alter database postgres owner to postgres;
-- The linter does not know a list of values here.
alter database postgres set search_path = "$user", public, extensions; -- noqa: PRS

grant usage on schema public to anon, authenticated, service_role;
grant all   on schema public to postgres;

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role, dashboard_user;
create extension pgcrypto    with schema extensions;
create extension "uuid-ossp" with schema extensions;

create schema auth     authorization supabase_auth_admin;
create schema realtime authorization supabase_admin;
grant usage on schema auth     to postgres, anon, authenticated, service_role, dashboard_user;
grant usage on schema realtime to postgres, anon, authenticated, service_role;
grant all   on schema realtime to supabase_realtime_admin;
