/*
  worker_write: the one road by which the worker writes, a batch of events at a time.

  The caller must hold the shard. Each event is applied at most once, by the function of its kind,
  inside a savepoint: a poison event is reported and takes down none but the later events of its
  own config, whose order must hold. What is nobody's fault (deadlock, timeout, full disk) fails the
  whole batch, to be sent again.

  p_journal {id, after, until}: the batch is what the sender's journal has between the two places. A
  database that has not got as far as `after` was restored to an older state, and says so.

  Depends on   apply_market_events, apply_trading_events, apply_control_events,
               create_worker_leases, create_worker_events; at run time on create_price_alerts,
               broadcast_quotes
*/

create function private.check_batch(p_events jsonb) returns void
  language plpgsql immutable
  set search_path = ''
as $$
begin
  if jsonb_typeof(p_events) is distinct from 'array' then
    raise exception using errcode = 'TB422', message = 'p_events is not an array';
  end if;
  if jsonb_array_length(p_events) > 500 then
    raise exception using errcode = 'TB422',
      message = format(
        'a batch has at most 500 events, not %s', jsonb_array_length(p_events)
      );
  end if;
end
$$;

comment on function private.check_batch is 'Refuses what is no batch of events.';


create function private.lock_owners(p_events jsonb, p_alerts jsonb default '[]') returns void
  language sql
  set search_path = ''
as $$
  select private.lock_users(array(
    select config.user_id
    from jsonb_array_elements(p_events) as event
    cross join lateral (
      -- An incident is about a config whose own events may have to wait.
      select coalesce(event ->> 'config_id', event #>> '{row,strategy_config_id}') as config_id
    ) as concern
    inner join public.strategy_configs as config
      on config.id = case
        when pg_input_is_valid(concern.config_id, 'uuid') then concern.config_id::uuid
      end
    union
    select (alert ->> 'user_id')::uuid from jsonb_array_elements(p_alerts) as alert
  ));
$$;

comment on function private.lock_owners is
  'Locks the users of a batch in sorted order, before anything else of theirs.';


create function private.dispatch_event(p_event jsonb, p_shard text, p_holder text) returns text
  language plpgsql
  set search_path = ''
as $$
begin
  return case p_event ->> 'kind'
    when 'candle'        then private.apply_candle(p_event)
    when 'last_price'    then private.apply_last_price(p_event)
    when 'market_clock'  then private.apply_market_clock(p_event)
    when 'instrument'    then private.apply_instrument(p_event)
    when 'signal'        then private.apply_signal(p_event)
    when 'order'         then private.apply_order(p_event)
    when 'fill'          then private.apply_fill(p_event)
    when 'trade'         then private.apply_trade(p_event)
    when 'ledger'        then private.apply_ledger(p_event)
    when 'config_status' then private.apply_config_status(p_event)
    when 'command'       then private.apply_command(p_event)
    when 'metric'        then private.apply_metric(p_event)
    when 'log'           then private.apply_log(p_event)
    when 'heartbeat'     then private.apply_heartbeat(p_event, p_shard, p_holder)
    when 'incident'      then private.apply_incident(p_event)
  end;
end
$$;

comment on function private.dispatch_event is
  'Hands an event to the function of its kind; null for a kind nobody knows.';


create function private.apply_event(p_event jsonb, p_shard text, p_holder text) returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_outcome text;
begin
  if p_event ->> 'id' is null or p_event ->> 'kind' is null then
    raise exception using errcode = 'TB422', message = 'an event needs an id and a kind';
  end if;
  insert into public.worker_events (id, shard, kind)
  values ((p_event ->> 'id')::uuid, p_shard, p_event ->> 'kind')
  on conflict (id) do nothing;
  if not found then
    return jsonb_build_object('id', p_event -> 'id', 'outcome', 'duplicate');
  end if;

  v_outcome := private.dispatch_event(p_event, p_shard, p_holder);
  if v_outcome is null then
    raise exception using errcode = 'TB422',
      message = format('there is no kind of event %s', p_event ->> 'kind');
  end if;
  return jsonb_build_object('id', p_event -> 'id', 'outcome', v_outcome);
exception
  when transaction_rollback or insufficient_resources or operator_intervention
    or system_error or internal_error or lock_not_available then
    raise;
  when others then
    -- Of live trading it may be true all the same: it is kept for a human.
    perform private.note_refused_event(p_event, sqlstate, sqlerrm);
    return jsonb_build_object(
      'id', p_event -> 'id', 'outcome', 'failed', 'code', sqlstate, 'error', sqlerrm
    );
end
$$;

comment on function private.apply_event is
  'Applies one event once: applied, duplicate, stale, or failed with the reason.';


create function public.worker_write(
  p_shard text, p_holder text, p_token bigint, p_events jsonb, p_journal jsonb default null
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_event   jsonb;
  v_result  jsonb;
  v_held    text[]  := '{}';
  v_alerts  jsonb;
  v_prices  jsonb;
  v_results jsonb[] := '{}';
begin
  perform private.check_batch(p_events);
  perform private.require_lease(p_shard, p_holder, p_token);
  perform private.follow_journal(p_shard, p_journal);
  v_alerts := private.touched_price_alerts(p_events);
  v_prices := private.prices_before(p_events);
  perform private.lock_owners(p_events, v_alerts);
  -- What the audit log names as the actor.
  perform set_config('tradebase.actor', 'worker', true);

  for v_event in select element from jsonb_array_elements(p_events) as element loop
    -- A sign of life stands outside the order, of which it is the newest.
    if v_event ->> 'config_id' = any(v_held) and v_event ->> 'kind' <> 'heartbeat' then
      v_result := jsonb_build_object('id', v_event -> 'id', 'outcome', 'held');
    else
      v_result := private.apply_event(v_event, p_shard, p_holder);
      if v_result ->> 'outcome' = 'failed' and v_event ->> 'kind' is distinct from 'heartbeat' then
        v_held := v_held || (v_event ->> 'config_id');
      end if;
    end if;
    v_results := v_results || v_result;
  end loop;
  perform private.fire_price_alerts(v_alerts);
  perform private.broadcast_quotes(v_prices);
  return to_jsonb(v_results);
end
$$;

comment on function public.worker_write is
  'Applies up to 500 events of the shard''s worker, each once; says how each went: applied, '
  'duplicate, stale, failed, or held behind a failed one of the same config.';

revoke execute on function
  private.check_batch(jsonb),
  private.lock_owners(jsonb, jsonb),
  private.dispatch_event(jsonb, text, text),
  private.apply_event(jsonb, text, text),
  public.worker_write(text, text, bigint, jsonb, jsonb)
from public, anon, authenticated;
grant execute on function public.worker_write(text, text, bigint, jsonb, jsonb) to service_role;
