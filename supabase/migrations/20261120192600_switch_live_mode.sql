/*
  The live gate as its user sees it: validate, enable, disable.

  A refusal is a value, not an error: an error would take its line in the audit log back with it.

  Called by    web, functions (authenticated)
  Depends on   measure_live_criteria, guard_live_mode, toggle_strategy
*/

create function public.validate_live_mode(p_strategy_id uuid, p_config_id uuid default null)
  returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id    uuid := (select auth.uid());
  v_policy     public.operator_policy := (select policy from public.operator_policy as policy);
  v_config     public.strategy_configs;
  v_validation public.live_mode_validations;
begin
  perform private.lock_users(array[v_user_id]);
  v_config := private.own_config(v_user_id, p_strategy_id, p_config_id);

  insert into public.live_mode_validations (
    user_id, strategy_id, strategy_config_id, validation_status, validation_criteria,
    validation_results, approval_hash, expires_at
  )
  select
    v_user_id, v_config.strategy_id, v_config.id,
    (case when bool_and(measured.passed) then 'PASSED' else 'FAILED' end)::public.validation_status,
    jsonb_object_agg(measured.criterion, measured.threshold),
    jsonb_agg(to_jsonb(measured)),
    private.approval_hash(v_config.id),
    clock_timestamp() + make_interval(mins => v_policy.validation_minutes)
  from (
    select * from private.trading_criteria(v_config, v_policy)
    union all
    select * from private.risk_criteria(v_config, v_policy)
    union all
    select * from private.state_criteria(v_config, v_policy)
    union all
    select * from private.broker_criteria(v_config, v_policy)
  ) as measured
  returning * into v_validation;

  perform private.audit(
    v_user_id, 'live_mode_validated', 'strategy_configs', v_config.id,
    jsonb_build_object(
      'validation_id', v_validation.id, 'validation_status', v_validation.validation_status
    )
  );
  return jsonb_build_object(
    'validation_id', v_validation.id,
    'strategy_id', v_config.strategy_id,
    'config_id', v_config.id,
    'validation_status', v_validation.validation_status,
    'criteria', v_validation.validation_results,
    'validated_at', v_validation.validated_at,
    'expires_at', v_validation.expires_at
  );
end
$$;

comment on function public.validate_live_mode is
  'Holds a config of the caller against every criterion of the live gate and stores the figures.';


create function private.objections_to_live(
  p_config public.strategy_configs, p_confirm boolean
) returns table (code text, sentence text)
  language plpgsql stable
  set search_path = ''
as $$
declare
  v_validation public.live_mode_validations;
  v_stop       public.emergency_stops := private.stop_in_force(p_config.user_id);
begin
  select * into v_validation
  from public.live_mode_validations
  where strategy_config_id = p_config.id
  order by validated_at desc, id desc
  limit 1;

  return query
  select objection.code, objection.sentence
  from (
    values
      (
        'not_confirmed', p_confirm is not true,
        'live mode was not confirmed; real money is at stake, so p_confirm must be true'
      ),
      (
        'runner', p_config.runner <> 'worker',
        format('the config is run by %s, only the worker trades live', p_config.runner)
      ),
      (
        'emergency_stop', v_stop.id is not null,
        format('an emergency stop is in force since %s; lift it first', v_stop.stopped_at)
      ),
      (
        'not_validated', v_validation.id is null,
        'the config was never validated; validate it first'
      ),
      (
        'validation_failed', v_validation.validation_status = 'FAILED',
        'the last validation failed; its results say which criteria'
      ),
      (
        'validation_expired', v_validation.expires_at <= clock_timestamp(),
        format('the last validation could be used until %s; validate again', v_validation.expires_at)
      ),
      (
        'edited', v_validation.approval_hash <> private.approval_hash(p_config.id),
        'code or configuration is not what was validated; validate again'
      )
  ) as objection (code, applies, sentence)
  where objection.applies;
end
$$;

comment on function private.objections_to_live is
  'What speaks against a config going live now; no row when nothing does.';


create function public.enable_live_mode(
  p_strategy_id uuid, p_config_id uuid default null, p_confirm boolean default false
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id    uuid := (select auth.uid());
  v_config     public.strategy_configs;
  v_objections jsonb;
  v_approval   public.live_approvals;
begin
  -- Not while everybody is being stopped, see stop_live_trading.
  perform pg_advisory_xact_lock_shared(hashtextextended('live-mode', 0));
  perform private.lock_users(array[v_user_id]);
  v_config := private.own_config(v_user_id, p_strategy_id, p_config_id);
  -- Nobody edits between the look at the hash and the switch.
  perform from public.strategies where id = v_config.strategy_id for update;
  select * into v_config from public.strategy_configs where id = v_config.id for update;

  v_approval := private.approval_in_force(v_config.id);
  if v_config.trade_mode = 'LIVE' and v_approval.id is not null then
    return private.live_mode_answer(v_config, 'already_live', '[]', v_approval.expires_at);
  end if;

  select coalesce(jsonb_agg(to_jsonb(objection)), '[]') into v_objections
  from private.objections_to_live(v_config, p_confirm) as objection;
  if v_objections <> '[]' then
    perform private.audit(
      v_user_id, 'live_mode_refused', 'strategy_configs', v_config.id,
      jsonb_build_object('objections', v_objections)
    );
    return private.live_mode_answer(v_config, 'refused', v_objections, null);
  end if;

  perform private.end_live_mode(v_config.id, 'a newer approval takes its place');
  insert into public.live_approvals (
    user_id, strategy_id, strategy_config_id, validation_id, approval_hash, code_digest, expires_at
  )
  select
    v_user_id, v_config.strategy_id, v_config.id, validation.id, validation.approval_hash,
    v_config.code_digest,
    clock_timestamp() + make_interval(hours => policy.approval_hours)
  from public.live_mode_validations as validation
  cross join public.operator_policy as policy
  where validation.strategy_config_id = v_config.id
  order by validation.validated_at desc, validation.id desc
  limit 1
  returning * into v_approval;

  update public.strategy_configs set trade_mode = 'LIVE' where id = v_config.id
  returning * into v_config;
  perform private.notify(
    v_user_id, 'live_mode_changed', format('%s trades live', v_config.name),
    format('approved until %s', v_approval.expires_at),
    'strategy_configs', v_config.id, '{"trade_mode": "LIVE"}'
  );
  return private.live_mode_answer(v_config, 'enabled', '[]', v_approval.expires_at);
end
$$;

comment on function public.enable_live_mode is
  'Lets a config of the caller trade live, if a fresh validation passed and the caller confirms; '
  'else says what speaks against it.';


create function private.live_mode_answer(
  p_config public.strategy_configs, p_outcome text, p_objections jsonb, p_expires_at timestamptz
) returns jsonb
  language sql immutable
  set search_path = ''
as $$
  select jsonb_build_object(
    'strategy_id', p_config.strategy_id,
    'config_id', p_config.id,
    'outcome', p_outcome,
    'trade_mode', p_config.trade_mode,
    'objections', p_objections,
    'approved_until', p_expires_at
  );
$$;

comment on function private.live_mode_answer is 'What enabling or disabling live mode returns.';


create function public.disable_live_mode(
  p_strategy_id uuid, p_config_id uuid default null, p_keep_positions boolean default false
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id   uuid := (select auth.uid());
  v_config    public.strategy_configs;
  v_was_live  boolean;
  v_open      integer;
  v_positions text := 'none';
begin
  perform private.lock_users(array[v_user_id]);
  v_config := private.own_config(v_user_id, p_strategy_id, p_config_id);
  v_was_live := private.end_live_mode(v_config.id, 'switched off by its user');

  select count(*) into v_open
  from public.trades
  where strategy_config_id = v_config.id and status = 'OPEN' and trade_mode = 'LIVE';
  if v_open > 0 then
    v_positions := 'kept';
    -- A stopped config has nobody to stop; its protective exits go on.
    if p_keep_positions is not true and 'STOP' = any (public.allowed_commands(v_config.status)) then
      v_positions := 'closing';
      insert into public.strategy_commands (strategy_config_id, command, parameters)
      select v_config.id, 'STOP', '{"keep_positions": false}'
      where not exists (
        select from public.strategy_commands
        where strategy_config_id = v_config.id and status = 'PENDING' and command = 'STOP'
      );
    end if;
  end if;

  select * into v_config from public.strategy_configs where id = v_config.id;
  return private.live_mode_answer(
    v_config, case when v_was_live then 'disabled' else 'already_virtual' end, '[]', null
  ) || jsonb_build_object('open_live_trades', v_open, 'positions', v_positions);
end
$$;

comment on function public.disable_live_mode is
  'Sends a config of the caller back to simulation, always; open live trades are closed by a STOP '
  'unless they are to be kept under their protective exits.';


create function public.expire_live_approvals() returns integer
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_ended integer;
begin
  perform private.lock_users(array(
    select distinct user_id from public.live_approvals
    where revoked_at is null and expires_at <= clock_timestamp()
  ));
  select count(*) into v_ended
  from (
    select private.end_live_mode(strategy_config_id, 'the approval has expired')
    from public.live_approvals
    where revoked_at is null and expires_at <= clock_timestamp()
  ) as ended;
  return v_ended;
end
$$;

comment on function public.expire_live_approvals is
  'Ends live mode where the approval has expired, and says of how many; for housekeeping.';

revoke execute on function
  public.validate_live_mode(uuid, uuid),
  private.objections_to_live(public.strategy_configs, boolean),
  public.enable_live_mode(uuid, uuid, boolean),
  private.live_mode_answer(public.strategy_configs, text, jsonb, timestamptz),
  public.disable_live_mode(uuid, uuid, boolean),
  public.expire_live_approvals()
from public, anon, authenticated;
grant execute on function
  public.validate_live_mode(uuid, uuid),
  public.enable_live_mode(uuid, uuid, boolean),
  public.disable_live_mode(uuid, uuid, boolean)
to authenticated;
grant execute on function public.expire_live_approvals() to service_role;
