/*
  The roles of a hosted Supabase project; supabase_admin, who runs these files, made the cluster.

  postgres is what migrations and developers connect as, and not a superuser, as on hosted:
  a migration that needs more must fail here first.
  Passwords are set by devstack/supabase/bootstrap.py; a role without one cannot connect.
*/

create role postgres with login createdb createrole replication bypassrls;

-- Those who speak to the API: the gateway's authenticator becomes one of the three for a request.
create role anon          with nologin noinherit;
create role authenticated with nologin noinherit;
create role service_role  with nologin noinherit bypassrls;
create role authenticator with login   noinherit;
grant anon          to authenticator;
grant authenticated to authenticator;
grant service_role  to authenticator;
grant anon          to postgres with admin option;
grant authenticated to postgres with admin option;
grant service_role  to postgres with admin option;
grant authenticator to postgres with admin option;

-- Those who own what belongs to a service.
create role supabase_auth_admin        with login   noinherit;
create role supabase_realtime_admin    with nologin noinherit;
create role supabase_replication_admin with login   replication;
create role supabase_read_only_user    with nologin bypassrls;
create role dashboard_user             with nologin createdb createrole replication;
grant supabase_realtime_admin to postgres;
grant pg_read_all_data  to supabase_read_only_user;
grant pg_read_all_data  to postgres;
grant pg_monitor        to postgres;
grant pg_signal_backend to postgres;

-- Time limits of hosted: a query that is too slow for production is too slow here.
alter role anon          set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout      = '8s';

alter role supabase_admin      set search_path = "$user", public, auth, extensions;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
