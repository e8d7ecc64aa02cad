/*
  The emergency stop: one transaction, after which no live entry is possible for whom it halts.

  Approvals are revoked, configs go back to simulation, and per user one flattening is ordered; a
  repeated call finds the stop in force and orders what is not under way. Enabling live mode and
  stopping everybody exclude each other, so that nobody slips through between look and switch.

  Called by    web, functions
  Depends on   guard_live_mode, switch_live_mode
*/

-- Serve the question below: live rows are few among many.
create index orders_live_resting_idx on public.orders (user_id)
  where trade_mode = 'LIVE' and status in ('TRANSIT', 'PENDING', 'PART_TRADED', 'UNKNOWN');
create index trades_live_open_idx on public.trades (user_id)
  where trade_mode = 'LIVE' and status = 'OPEN';
create index strategy_configs_live_idx on public.strategy_configs (user_id)
  where trade_mode = 'LIVE';


create function private.users_with_live_business() returns setof uuid
  language sql stable
  set search_path = ''
as $$
  select user_id from public.strategy_configs where trade_mode = 'LIVE'
  union
  select user_id from public.trades where trade_mode = 'LIVE' and status = 'OPEN'
  union
  select user_id from public.orders
  where trade_mode = 'LIVE' and status in ('TRANSIT', 'PENDING', 'PART_TRADED', 'UNKNOWN')
  union
  select user_id from public.broker_accounts where disconnected_at is null;
$$;

comment on function private.users_with_live_business is
  'Who may have anything open at a broker: by a live config, trade or order, or an account.';


create function private.halt_user(p_user_id uuid, p_stop public.emergency_stops) returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_flattening_id uuid;
  v_has_business  boolean := p_user_id in (select private.users_with_live_business());
begin
  perform private.end_live_mode(approval.strategy_config_id, 'emergency stop')
  from public.live_approvals as approval
  where approval.user_id = p_user_id and approval.revoked_at is null;
  -- Live without an approval cannot be; where it is, it must not stay.
  perform private.end_live_mode(config.id, 'emergency stop')
  from public.strategy_configs as config
  where config.user_id = p_user_id and config.trade_mode = 'LIVE';

  if v_has_business then
    insert into public.flattenings (user_id, emergency_stop_id)
    values (p_user_id, p_stop.id)
    on conflict (user_id) where status in ('pending', 'running') do nothing;
    select id into v_flattening_id
    from public.flattenings
    where user_id = p_user_id and status in ('pending', 'running');
  end if;

  perform private.audit(
    p_user_id, 'emergency_stop', 'emergency_stops', p_stop.id,
    jsonb_build_object(
      'triggered_by', p_stop.triggered_by, 'flattening_id', v_flattening_id
    )
  );
  perform private.notify(
    p_user_id, 'emergency_stop', 'Live trading was stopped', p_stop.reason,
    'emergency_stops', p_stop.id, jsonb_build_object('triggered_by', p_stop.triggered_by)
  );
  return v_flattening_id;
end
$$;

comment on function private.halt_user is
  'Ends live mode of all of a user''s configs and orders the flattening; returns which.';


create function private.halt(p_user_id uuid, p_triggered_by text, p_reason text) returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_users       uuid[];
  v_user        uuid;
  v_stop        public.emergency_stops;
  v_is_new      boolean;
  v_affected    uuid[];
  v_flattenings uuid[] := '{}';
begin
  v_users := case
    when p_user_id is not null then array[p_user_id]
    else array(select private.users_with_live_business())
  end;
  perform private.lock_users(v_users);

  select array_agg(distinct strategy_id) into v_affected
  from public.strategy_configs
  where user_id = any (v_users) and trade_mode = 'LIVE';

  insert into public.emergency_stops (user_id, triggered_by, reason, affected_strategies)
  values (p_user_id, p_triggered_by, left(btrim(p_reason), 500), coalesce(v_affected, '{}'))
  on conflict do nothing;
  v_is_new := found;
  select * into v_stop
  from public.emergency_stops
  where user_id is not distinct from p_user_id and lifted_at is null;

  foreach v_user in array v_users loop
    v_flattenings := v_flattenings || private.halt_user(v_user, v_stop);
  end loop;
  if p_user_id is null then
    perform private.audit(
      null, 'emergency_stop', 'emergency_stops', v_stop.id,
      jsonb_build_object('triggered_by', p_triggered_by, 'users', cardinality(v_users))
    );
  end if;

  return jsonb_build_object(
    'stop_id', v_stop.id,
    'outcome', case when v_is_new then 'stopped' else 'already_stopped' end,
    'reason', v_stop.reason,
    'stopped_at', v_stop.stopped_at,
    'affected_strategies', coalesce(v_affected, '{}'),
    'flattenings', to_jsonb(array_remove(v_flattenings, null))
  );
end
$$;

comment on function private.halt is
  'Puts a stop in force for a user, or for everybody; safe to repeat.';


create function public.trigger_emergency_stop(p_reason text default '') returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
begin
  return private.halt((select auth.uid()), 'user', coalesce(p_reason, ''));
end
$$;

comment on function public.trigger_emergency_stop is
  'Stops all live trading of the caller at once.';


create function public.emergency_stop_everybody(p_reason text default '') returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('live-mode', 0));
  return private.halt(null, 'cron', coalesce(p_reason, ''));
end
$$;

comment on function public.emergency_stop_everybody is
  'Stops all live trading of everybody at once.';


create function public.lift_emergency_stop(p_stop_id uuid, p_reason text) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id uuid := (select auth.uid());
  v_stop    public.emergency_stops;
  v_outcome text := 'lifted';
begin
  if btrim(coalesce(p_reason, '')) = '' then
    raise exception using errcode = 'TB422', message = 'lifting a stop needs a reason';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('live-mode', 0));
  select * into v_stop from public.emergency_stops where id = p_stop_id;
  if v_stop.id is null
    or (v_stop.user_id is distinct from v_user_id and not private.is_operator()) then
    raise exception using errcode = 'TB404',
      message = format('emergency stop %s does not exist', p_stop_id);
  end if;
  if v_stop.user_id is not null then
    perform private.lock_users(array[v_stop.user_id]);
  end if;
  select * into v_stop from public.emergency_stops where id = p_stop_id for update;

  if v_stop.lifted_at is not null then
    v_outcome := 'already_lifted';
  elsif exists (
    select from public.flattenings
    where emergency_stop_id = v_stop.id and status in ('pending', 'running')
  ) then
    v_outcome := 'flattening_under_way';
  else
    update public.emergency_stops
    set lifted_at = clock_timestamp(), lift_reason = left(btrim(p_reason), 500)
    where id = v_stop.id
    returning * into v_stop;
  end if;

  perform private.audit(
    v_stop.user_id, 'emergency_stop_lift', 'emergency_stops', v_stop.id,
    jsonb_build_object('outcome', v_outcome)
  );
  return jsonb_build_object(
    'stop_id', v_stop.id, 'outcome', v_outcome, 'lifted_at', v_stop.lifted_at
  );
end
$$;

comment on function public.lift_emergency_stop is
  'Allows live trading again: its owner their own stop, an admin or the secret key any. Nothing '
  'goes live by it; every config is approved anew.';

revoke execute on function
  private.users_with_live_business(),
  private.halt_user(uuid, public.emergency_stops),
  private.halt(uuid, text, text),
  public.trigger_emergency_stop(text),
  public.emergency_stop_everybody(text),
  public.lift_emergency_stop(uuid, text)
from public, anon, authenticated;
grant execute on function public.trigger_emergency_stop(text) to authenticated;
grant execute on function public.emergency_stop_everybody(text) to service_role;
grant execute on function public.lift_emergency_stop(uuid, text) to authenticated, service_role;
