/*
  What worker_write does with what runs: config_status, command, metric, log, heartbeat.

  Depends on   check_event_rows, create_strategy_commands, create_worker_heartbeats
*/

create function private.apply_config_status(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row    jsonb := p_event -> 'row';
  v_extra  jsonb;
  v_config public.strategy_configs;
begin
  -- The worker reports how a config is; whose it is and what it trades are not its to change.
  v_extra := v_row - '{version,status,pid,started_at,stopped_at,error_message,code_digest,config_json}'::text[];
  if v_extra <> '{}' then
    raise exception using errcode = 'TB422',
      message = format('a config_status does not set %s', (
        select string_agg(name, ', ') from jsonb_object_keys(v_extra) as name
      ));
  end if;

  select * into v_config
  from public.strategy_configs
  where id = (p_event ->> 'config_id')::uuid
  for no key update;
  if not found then
    raise exception using errcode = 'TB404',
      message = format('strategy config %s does not exist', coalesce(p_event ->> 'config_id', 'null'));
  end if;
  if v_config.status_version >= (v_row ->> 'version')::bigint then
    return 'stale';
  end if;

  -- Keys that are absent keep their value; keys that are null clear it.
  v_config := jsonb_populate_record(v_config, v_row);
  update public.strategy_configs
  set status         = v_config.status,
      status_version = (v_row ->> 'version')::bigint,
      pid            = v_config.pid,
      started_at     = v_config.started_at,
      stopped_at     = v_config.stopped_at,
      error_message  = v_config.error_message,
      code_digest    = v_config.code_digest,
      config_json    = v_config.config_json
  where id = v_config.id;
  return 'applied';
end
$$;

comment on function private.apply_config_status is 'Stores how a config is.';


create function private.apply_command(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.strategy_commands;
begin
  v_row := jsonb_populate_record(
    null::public.strategy_commands, private.owned_row(p_event, 'public.strategy_commands')
  );
  if v_row.status is null or v_row.status = 'PENDING' then
    raise exception using errcode = 'TB422',
      message = format(
        'a command ends EXECUTED or FAILED, not %s', coalesce(v_row.status::text, 'null')
      );
  end if;

  update public.strategy_commands
  set status        = v_row.status,
      error_message = v_row.error_message,
      result        = v_row.result,
      executed_at   = coalesce(v_row.executed_at, clock_timestamp())
  where id = v_row.id
    and strategy_config_id = v_row.strategy_config_id
    and status = 'PENDING';
  return case when found then 'applied' else 'stale' end;
end
$$;

comment on function private.apply_command is 'Stores how a pending command ended.';


create function private.apply_metric(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.strategy_metrics;
begin
  v_row := jsonb_populate_record(
    null::public.strategy_metrics, private.owned_row(p_event, 'public.strategy_metrics')
  );
  insert into public.strategy_metrics (
    id, user_id, strategy_config_id, timestamp, pnl, positions_count, orders_count,
    success_rate, metrics_json
  )
  values (
    (p_event ->> 'id')::uuid, v_row.user_id, v_row.strategy_config_id, v_row.timestamp,
    v_row.pnl, coalesce(v_row.positions_count, 0), coalesce(v_row.orders_count, 0),
    v_row.success_rate, coalesce(v_row.metrics_json, '{}')
  );
  return 'applied';
end
$$;

comment on function private.apply_metric is 'Stores a measurement of a config.';


create function private.apply_log(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.strategy_logs;
begin
  v_row := jsonb_populate_record(
    null::public.strategy_logs, private.owned_row(p_event, 'public.strategy_logs')
  );
  insert into public.strategy_logs (
    id, user_id, strategy_id, strategy_config_id, level, message, data, logged_at
  )
  values (
    (p_event ->> 'id')::uuid, v_row.user_id, v_row.strategy_id, v_row.strategy_config_id,
    v_row.level, left(v_row.message, 4000), coalesce(v_row.data, '{}'), v_row.logged_at
  );
  return 'applied';
end
$$;

comment on function private.apply_log is 'Stores a line of a config''s log.';


create function private.apply_heartbeat(p_event jsonb, p_shard text, p_holder text) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.worker_heartbeats;
begin
  perform private.refuse_unknown_keys(p_event -> 'row', 'public.worker_heartbeats');
  v_row := jsonb_populate_record(
    null::public.worker_heartbeats,
    case when p_event ->> 'config_id' is null then p_event -> 'row'
      else private.owned_row(p_event, 'public.worker_heartbeats')
    end
  );
  insert into public.worker_heartbeats (
    shard, process, user_id, strategy_config_id, holder, pid, status, started_at, beat_at,
    cpu_percent, memory_bytes, feed_age_seconds, market_time, figures
  )
  values (
    p_shard, v_row.process, v_row.user_id, v_row.strategy_config_id, p_holder, v_row.pid,
    v_row.status, v_row.started_at, clock_timestamp(), v_row.cpu_percent, v_row.memory_bytes,
    v_row.feed_age_seconds, v_row.market_time, coalesce(v_row.figures, '{}')
  )
  on conflict (shard, process) do update
    set user_id            = excluded.user_id,
        strategy_config_id = excluded.strategy_config_id,
        holder             = excluded.holder,
        pid                = excluded.pid,
        status             = excluded.status,
        started_at         = excluded.started_at,
        beat_at            = excluded.beat_at,
        cpu_percent        = excluded.cpu_percent,
        memory_bytes       = excluded.memory_bytes,
        feed_age_seconds   = excluded.feed_age_seconds,
        market_time        = excluded.market_time,
        figures            = excluded.figures;
  return 'applied';
end
$$;

comment on function private.apply_heartbeat is 'Stores a sign of life.';

revoke execute on function
  private.apply_config_status(jsonb),
  private.apply_command(jsonb),
  private.apply_metric(jsonb),
  private.apply_log(jsonb),
  private.apply_heartbeat(jsonb, text, text)
from public;
