/*
  What every kind of event has in common: no key that is not a column, and an owner who comes from
  the config, never from the sender's word.

  Depends on   create_strategy_configs
*/

create function private.refuse_unknown_keys(p_row jsonb, p_table regclass) returns void
  language plpgsql stable
  set search_path = ''
as $$
declare
  v_unknown text;
begin
  if jsonb_typeof(p_row) is distinct from 'object' then
    raise exception using errcode = 'TB422', message = 'the event has no row';
  end if;

  select string_agg(name, ', ') into v_unknown
  from jsonb_object_keys(p_row) as name
  where not exists (
    select from pg_catalog.pg_attribute as attribute
    where attribute.attrelid = p_table
      and attribute.attname = name
      and attribute.attnum > 0
      and not attribute.attisdropped
  );
  if v_unknown is not null then
    raise exception using errcode = 'TB422',
      message = format('%s has no column %s', p_table, v_unknown);
  end if;
end
$$;

comment on function private.refuse_unknown_keys is
  'Refuses a row with a key that is no column: a misspelt one must not be lost.';


create function private.owned_row(p_event jsonb, p_table regclass) returns jsonb
  language plpgsql stable
  set search_path = ''
as $$
declare
  v_config uuid  := (p_event ->> 'config_id')::uuid;
  v_row    jsonb := p_event -> 'row';
  v_owner  jsonb;
  v_wrong  text;
begin
  perform private.refuse_unknown_keys(v_row, p_table);

  select jsonb_build_object(
    'user_id', config.user_id,
    'strategy_id', config.strategy_id,
    'strategy_config_id', config.id
  )
  into v_owner
  from public.strategy_configs as config
  where config.id = v_config;
  if not found then
    raise exception using errcode = 'TB404',
      message = format('strategy config %s does not exist', coalesce(v_config::text, 'null'));
  end if;

  select string_agg(claim.key, ', ') into v_wrong
  from (
    select key, value from jsonb_each(v_row)
    union all
    select 'user_id' as key, p_event -> 'user_id' as value
    where p_event ->> 'user_id' is not null
  ) as claim
  where v_owner ? claim.key and claim.value <> v_owner -> claim.key;
  if v_wrong is not null then
    raise exception using errcode = 'TB422',
      message = format('%s differs from that of strategy config %s', v_wrong, v_config);
  end if;
  return v_row || v_owner;
end
$$;

comment on function private.owned_row is
  'An event''s row, with its owner filled in from the config.';

revoke execute on function
  private.refuse_unknown_keys(jsonb, regclass),
  private.owned_row(jsonb, regclass)
from public;
