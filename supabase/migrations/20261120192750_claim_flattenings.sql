/*
  Who flattens, and how it ended: one claim per flattening, so that worker and function do not both
  send exits; an answer that is not "flat, as read back" opens an incident.

  Called by    functions and worker (service role), web (resolve_incident)
  Depends on   stop_live_trading, create_worker_leases
*/

create function public.claim_flattening(
  p_flattening_id uuid, p_holder text, p_lease_seconds integer default 30
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_flattening public.flattenings;
begin
  if p_lease_seconds is null or p_lease_seconds not between 1 and 300 then
    raise exception using errcode = 'TB422',
      message = format(
        'a claim lasts 1 to 300 seconds, not %s', coalesce(p_lease_seconds::text, 'null')
      );
  end if;
  select * into v_flattening from public.flattenings where id = p_flattening_id for update;
  if not found then
    raise exception using errcode = 'TB404',
      message = format('flattening %s does not exist', p_flattening_id);
  end if;
  if v_flattening.finished_at is not null then
    return '{"outcome": "done", "token": null}';
  elsif v_flattening.status = 'running' and v_flattening.lease_until > clock_timestamp() then
    return '{"outcome": "busy", "token": null}';
  end if;

  update public.flattenings
  set status      = 'running',
      claimed_by  = p_holder,
      token       = gen_random_uuid(),
      lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where id = p_flattening_id
  returning * into v_flattening;
  return jsonb_build_object(
    'outcome', 'claimed', 'token', v_flattening.token, 'user_id', v_flattening.user_id
  );
end
$$;

comment on function public.claim_flattening is
  'Claims a flattening: claimed with a token, busy while somebody does it, done when it ended.';


create function public.finish_flattening(
  p_flattening_id uuid, p_token uuid, p_outcome text, p_message text, p_verification jsonb
) returns boolean
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_flattening public.flattenings;
begin
  select * into v_flattening from public.flattenings where id = p_flattening_id;
  if not found then
    raise exception using errcode = 'TB404',
      message = format('flattening %s does not exist', p_flattening_id);
  end if;
  perform private.lock_users(array[v_flattening.user_id]);
  update public.flattenings
  set status       = (case p_outcome when 'flat' then 'flat' else 'failed' end)
                       ::public.flattening_status,
      outcome      = p_outcome,
      finished_at  = clock_timestamp(),
      verification = p_verification || jsonb_build_object('open_live_trades', (
        select count(*) from public.trades
        where user_id = v_flattening.user_id and trade_mode = 'LIVE' and status = 'OPEN'
      ))
  where id = p_flattening_id and token = p_token and status = 'running'
  returning * into v_flattening;
  if not found then
    return false;
  end if;

  perform private.audit(
    v_flattening.user_id, 'flattening_ended', 'flattenings', p_flattening_id,
    jsonb_build_object('outcome', p_outcome, 'claimed_by', v_flattening.claimed_by)
  );
  if v_flattening.status = 'failed' then
    perform private.open_incident(
      v_flattening.user_id, null, 'flattening_failed', p_message,
      jsonb_build_object(
        'flattening_id', p_flattening_id,
        'outcome', p_outcome,
        'verification', v_flattening.verification
      )
    );
    perform private.notify(
      v_flattening.user_id, 'emergency_stop', 'Not known to be flat: look at your broker',
      p_message, 'flattenings', p_flattening_id, jsonb_build_object('outcome', p_outcome)
    );
  end if;
  return true;
end
$$;

comment on function public.finish_flattening is
  'Says how a claimed flattening ended; everything but flat opens an incident. False when the '
  'claim had ended before.';


create function public.flattening_states(p_flattening_ids uuid[]) returns table (
  id            uuid,
  user_id       uuid,
  status        public.flattening_status,
  outcome       text,
  claimed_by    text,
  requested_at  timestamptz,
  finished_at   timestamptz,
  worker_alive  boolean
)
  language sql stable
  security definer set search_path = ''
as $$
  select
    flattening.id,
    flattening.user_id,
    flattening.status,
    flattening.outcome,
    flattening.claimed_by,
    flattening.requested_at,
    flattening.finished_at,
    exists (
      select from public.strategy_configs as config
      where config.user_id = flattening.user_id and private.worker_is_alive(config.id)
    )
  from public.flattenings as flattening
  where flattening.id = any (p_flattening_ids)
  order by flattening.id;
$$;

comment on function public.flattening_states is
  'How flattenings stand, and whether a worker is there that would do them.';


create function public.emergency_orders(p_shard text) returns jsonb
  language sql stable
  security definer set search_path = ''
as $$
  select jsonb_build_object(
    'halted', coalesce(
      (
        select jsonb_agg(config.id order by config.id)
        from public.strategy_configs as config
        where config.shard = p_shard
          and (
            exists (
              select from public.emergency_stops where lifted_at is null and user_id is null
            )
            or config.user_id in (
              select user_id from public.emergency_stops
              where lifted_at is null and user_id is not null
            )
          )
      ),
      '[]'
    ),
    'flattenings', coalesce(
      (
        select jsonb_agg(flattening.id order by flattening.requested_at)
        from public.flattenings as flattening
        where (
          flattening.status = 'pending'
          or flattening.status = 'running' and flattening.lease_until < clock_timestamp()
        )
        and exists (
          select from public.strategy_configs as config
          where config.user_id = flattening.user_id and config.shard = p_shard
        )
      ),
      '[]'
    )
  );
$$;

comment on function public.emergency_orders is
  'What the worker of a shard has to obey: configs that enter nothing live, flattenings to claim.';


create function public.resolve_incident(p_incident_id uuid) returns boolean
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id uuid := (select auth.uid());
begin
  perform private.lock_users(array[v_user_id]);
  perform from public.incidents where id = p_incident_id and user_id = v_user_id;
  if not found then
    raise exception using errcode = 'TB404',
      message = format('incident %s does not exist', p_incident_id);
  end if;
  update public.incidents
  set resolved_at = clock_timestamp()
  where id = p_incident_id and resolved_at is null;
  if not found then
    return false;
  end if;
  perform private.audit(v_user_id, 'incident_resolved', 'incidents', p_incident_id, '{}');
  return true;
end
$$;

comment on function public.resolve_incident is
  'Says that an incident of the caller is settled; false when it was so already.';

revoke execute on function
  public.claim_flattening(uuid, text, integer),
  public.finish_flattening(uuid, uuid, text, text, jsonb),
  public.flattening_states(uuid[]),
  public.emergency_orders(text),
  public.resolve_incident(uuid)
from public, anon, authenticated;
grant execute on function
  public.claim_flattening(uuid, text, integer),
  public.finish_flattening(uuid, uuid, text, text, jsonb),
  public.flattening_states(uuid[]),
  public.emergency_orders(text)
to service_role;
grant execute on function public.resolve_incident(uuid) to authenticated;
