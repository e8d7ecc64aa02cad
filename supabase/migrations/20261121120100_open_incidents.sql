/*
  What the worker brings before a human: events that the database refuses, and what it reports
  itself, such as a damaged journal.

  A refused event of live trading may be true all the same, and the later events of its config wait
  until somebody has settled it: the owner is told.

  Called by    worker_write
  Depends on   create_emergency_stops (incidents), notify, notify_of_changes (title_of)
*/

create function private.note_refused_event(p_event jsonb, p_code text, p_error text) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_config  public.strategy_configs;
  v_is_live boolean := p_event #>> '{row,trade_mode}' is not distinct from 'LIVE';
  v_id      uuid;
begin
  -- A step each: inside one expression the planner may read the text as a uuid beforehand.
  if (pg_input_is_valid(p_event ->> 'id', 'uuid')
      and pg_input_is_valid(p_event ->> 'config_id', 'uuid')) is not true then
    return;
  end if;
  v_id := (p_event ->> 'id')::uuid;
  select * into v_config from public.strategy_configs where id = (p_event ->> 'config_id')::uuid;
  if not found then
    return;
  end if;

  perform private.open_incident(
    v_config.user_id, v_config.id,
    case when v_is_live then 'live_event_refused' else 'event_refused' end,
    p_error, jsonb_build_object('code', p_code, 'event', p_event), v_id
  );
  perform private.notify_once(
    'event_refused:' || v_id, v_config.user_id, 'strategy_error',
    left(format('%s: what it does is not stored', private.title_of(v_config)), 200),
    left(
      format(
        'an event of kind %s was refused: %s. Later ones wait until the operator settles this one.',
        p_event ->> 'kind', p_error
      ),
      2000
    ),
    'strategy_configs', v_config.id, jsonb_build_object('event_id', v_id, 'code', p_code)
  );
end
$$;

comment on function private.note_refused_event is
  'Keeps what the worker says and the database does not accept, and tells the owner.';


create function private.apply_incident(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row    jsonb := p_event -> 'row';
  v_config public.strategy_configs;
begin
  perform private.refuse_unknown_keys(v_row, 'public.incidents');
  if v_row ->> 'strategy_config_id' is not null then
    select * into v_config
    from public.strategy_configs where id = (v_row ->> 'strategy_config_id')::uuid;
    if not found then
      raise exception using errcode = 'TB404',
        message = format('strategy config %s does not exist', v_row ->> 'strategy_config_id');
    end if;
    perform private.notify_once(
      'incident:' || (p_event ->> 'id'), v_config.user_id, 'strategy_error',
      left(format('%s needs the operator', private.title_of(v_config)), 200),
      left(v_row ->> 'message', 2000),
      'strategy_configs', v_config.id, jsonb_build_object('incident', v_row ->> 'kind')
    );
  end if;
  perform private.open_incident(
    v_config.user_id, v_config.id, v_row ->> 'kind', v_row ->> 'message',
    coalesce(v_row -> 'detail', '{}'), (p_event ->> 'id')::uuid
  );
  return 'applied';
end
$$;

comment on function private.apply_incident is
  'Notes what the worker reports to a human: of a config, or of the whole system.';

revoke execute on function
  private.note_refused_event(jsonb, text, text),
  private.apply_incident(jsonb)
from public;
