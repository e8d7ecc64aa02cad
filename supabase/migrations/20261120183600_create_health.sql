/*
  health: what anybody may know about the system: is it alive, how old are its data.

  schema_version grows when a change of the schema needs a new worker; the worker refuses to start
  on a version it does not know.

  Called by    functions (GET /api/health, with the publishable key), worker, web
  Depends on   create_worker_heartbeats, create_market_clock
*/

create function public.schema_version() returns integer
  language sql immutable
  set search_path = ''
as $$
  select 1;
$$;

comment on function public.schema_version is 'Version of the contract between database and worker.';


create function public.health() returns jsonb
  language sql stable
  security definer set search_path = ''
as $$
  select jsonb_build_object(
    'schema_version', public.schema_version(),
    'database_time', now(),
    'market_time', public.market_now(),
    'market_source', clock.source,
    'simulated', clock.simulated,
    'worker', (
      select jsonb_build_object(
        'heartbeat_age_seconds', extract(epoch from now() - max(beat.beat_at)),
        'feed_age_seconds', max(
          beat.feed_age_seconds + extract(epoch from now() - beat.beat_at)::double precision
        )
      )
      from public.worker_heartbeats as beat
      where beat.process = 'supervisor'
    )
  )
  from public.market_clock as clock;
$$;

comment on function public.health is
  'Ages of the worker''s last beat and of the market data, in seconds; null when there is none.';

revoke execute on function public.schema_version(), public.health() from public;
grant execute on function public.schema_version(), public.health()
  to anon, authenticated, service_role;
