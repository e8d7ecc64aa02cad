/*
  PostgREST learns of changed tables and functions by itself: every DDL command notifies it.

  Two triggers because dropped objects are only seen by sql_drop.
*/

create function extensions.pgrst_ddl_watch() returns event_trigger
  language plpgsql
as $$
begin
  if exists (
    select
    from pg_event_trigger_ddl_commands() as command
    where command.schema_name is distinct from 'pg_temp'
  ) then
    notify pgrst, 'reload schema';
  end if;
end
$$;

create function extensions.pgrst_drop_watch() returns event_trigger
  language plpgsql
as $$
begin
  if exists (
    select
    from pg_event_trigger_dropped_objects() as dropped
    where not dropped.is_temporary
  ) then
    notify pgrst, 'reload schema';
  end if;
end
$$;

-- The linter does not know event triggers.
create event trigger pgrst_ddl_watch -- noqa: PRS
  on ddl_command_end execute function extensions.pgrst_ddl_watch();
create event trigger pgrst_drop_watch
  on sql_drop execute function extensions.pgrst_drop_watch();
