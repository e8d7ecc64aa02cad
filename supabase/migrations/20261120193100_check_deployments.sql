/*
  What a config_json may hold: checked wherever a user gives one, before it is stored, so that a
  refusal is one sentence that names the value and the limit. Whether a strategy type knows a
  parameter is for the registry to say: the worker and the functions ask it.

  Depends on   create_strategy
*/

create function private.problem_of_setting(p_key text, p_value jsonb) returns text
  language plpgsql immutable
  set search_path = ''
as $$
declare
  v_kind constant text := jsonb_typeof(p_value);
  v_text constant text := p_value #>> '{}';
  v_what constant text := format('%s is %s, must be ', p_key, left(p_value::text, 80));
begin
  case p_key
    when 'parameters', 'risk_parameters' then
      return case when v_kind <> 'object' then v_what || 'an object' end;
    when 'symbols' then
      return case
        when v_kind <> 'array' or jsonb_array_length(p_value) not between 1 and 50
          then v_what || 'a list of 1 to 50 symbols'
        when exists (
          select from jsonb_array_elements(p_value) as symbol
          where jsonb_typeof(symbol) <> 'string'
            or symbol #>> '{}' !~ '^[A-Za-z0-9&]([A-Za-z0-9&. _-]{0,62}[A-Za-z0-9])?$'
        )
          then v_what || 'a list of symbols such as NIFTY-FUT, of 1 to 64 letters, digits or & . _ -'
      end;
    when 'asset_class' then
      return case
        when v_kind <> 'string' or v_text !~ '^[a-z][a-z_]{0,49}$'
          then v_what || 'a word such as index_future'
      end;
    when 'timeframes' then
      return case
        when v_kind <> 'array'
          or jsonb_array_length(p_value) not between 1 and 6
          or not p_value <@ '["1m", "5m", "15m", "1h", "4h", "1d"]'
          then v_what || 'a list of 1m, 5m, 15m, 1h, 4h, 1d'
      end;
    when 'max_positions' then
      return case
        when v_kind <> 'number' or v_text::numeric not between 1 and 100 or v_text::numeric % 1 <> 0
          then v_what || 'a whole number from 1 to 100'
      end;
    when 'capital' then
      return case
        when v_kind not in ('string', 'number')
          or v_text !~ '^[0-9]{1,11}(\.[0-9]{1,2})?$'
          or v_text::numeric not between 0.01 and 10000000000
          then v_what || 'rupees from 0.01 to 10000000000, with at most two decimals'
      end;
    else
      return format(
        'a config has no %s; it has parameters, risk_parameters, symbols, asset_class, timeframes, '
        'max_positions, capital', left(p_key, 80)
      );
  end case;
end
$$;

comment on function private.problem_of_setting is
  'What is wrong with one entry of a config_json, in a sentence; null when nothing is.';


create function private.check_deployment(p_values jsonb) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_problem text;
begin
  if jsonb_typeof(p_values) is distinct from 'object' then
    raise exception using errcode = 'TB422',
      message = format('a config is an object, not %s', coalesce(jsonb_typeof(p_values), 'null'));
  end if;
  select private.problem_of_setting(key, value) into v_problem
  from jsonb_each(p_values)
  where private.problem_of_setting(key, value) is not null
  order by key
  limit 1;
  if found then
    raise exception using errcode = 'TB422', message = v_problem;
  end if;
end
$$;

comment on function private.check_deployment is
  'Refuses a config_json, or a part of one, that holds something impossible.';


create function private.merged_deployment(p_values jsonb, p_changes jsonb) returns jsonb
  language sql immutable
  set search_path = ''
as $$
  select p_values || coalesce(
    jsonb_object_agg(
      change.key,
      case
        when jsonb_typeof(p_values -> change.key) = 'object'
          and jsonb_typeof(change.value) = 'object'
          then (p_values -> change.key) || change.value
        else change.value
      end
    ),
    '{}'
  )
  from jsonb_each(
    -- Money is stored as text, however it was given.
    p_changes || case
      when p_changes ? 'capital' then jsonb_build_object('capital', p_changes ->> 'capital')
      else '{}'
    end
  ) as change;
$$;

comment on function private.merged_deployment is
  'A config_json with changes laid over it: groups key by key, everything else whole.';

revoke execute on function
  private.problem_of_setting(text, jsonb),
  private.check_deployment(jsonb),
  private.merged_deployment(jsonb, jsonb)
from public;
