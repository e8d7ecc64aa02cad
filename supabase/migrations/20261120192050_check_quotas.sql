/*
  Quotas per user: configs, and different symbols over all of them. What is archived does not count.

  Symbols are checked where a user asks for them (a new config, the command UPDATE_CONFIG), so that
  what the worker reports afterwards is never refused.

  Depends on   create_operator_policy, create_strategy_commands
*/

create function private.symbols_in_use(p_user_id uuid, p_but_config_id uuid) returns setof text
  language sql stable
  set search_path = ''
as $$
  select distinct symbol
  from public.strategy_configs as config
  inner join public.strategies as strategy on strategy.id = config.strategy_id
  cross join jsonb_array_elements_text(
    case jsonb_typeof(config.config_json -> 'symbols')
      when 'array' then config.config_json -> 'symbols'
      else '[]'
    end
  ) as symbol
  where config.user_id = p_user_id
    and strategy.archived_at is null
    and config.id is distinct from p_but_config_id;
$$;

comment on function private.symbols_in_use is
  'Symbols of a user''s configs, but for one of them.';


create function private.require_symbol_quota(
  p_user_id uuid, p_but_config_id uuid, p_symbols jsonb
) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_limit integer := (select max_symbols_per_user from public.operator_policy);
  v_count integer;
begin
  if jsonb_typeof(p_symbols) is distinct from 'array' then
    return;
  end if;
  select count(*) into v_count
  from (
    select private.symbols_in_use(p_user_id, p_but_config_id) as symbol
    union
    select jsonb_array_elements_text(p_symbols)
  ) as wanted;
  if v_count > v_limit then
    raise exception using errcode = 'TB422',
      message = format(
        'your strategies would name %s different symbols, at most %s are allowed', v_count, v_limit
      );
  end if;
end
$$;

comment on function private.require_symbol_quota is
  'Refuses symbols that would be too many together with those of the user''s other configs.';


create function private.check_config_quota() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_limit integer := (select max_configs_per_user from public.operator_policy);
  v_count integer;
begin
  -- Two configs made at once must not both be the last one allowed.
  perform private.lock_users(array[new.user_id]);
  select count(*) into v_count
  from public.strategy_configs as config
  inner join public.strategies as strategy on strategy.id = config.strategy_id
  where config.user_id = new.user_id and strategy.archived_at is null;
  if v_count >= v_limit then
    raise exception using errcode = 'TB422',
      message = format('you have %s strategy configs, at most %s are allowed', v_count, v_limit),
      hint = 'Archive a strategy that is not needed any more.';
  end if;
  perform private.require_symbol_quota(new.user_id, new.id, new.config_json -> 'symbols');
  return new;
end
$$;

comment on function private.check_config_quota is
  'Trigger: refuses a config beyond what its user may have.';

create trigger check_config_quota
  before insert on public.strategy_configs
  for each row execute function private.check_config_quota();


create function private.check_command_quota() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  perform private.require_symbol_quota(
    (select config.user_id from public.strategy_configs as config
    where config.id = new.strategy_config_id),
    new.strategy_config_id,
    new.parameters -> 'symbols'
  );
  return new;
end
$$;

comment on function private.check_command_quota is
  'Trigger: refuses an UPDATE_CONFIG with more symbols than its user may have.';

-- Named to fire after check_command, which tells whose config it is.
create trigger check_command_quota
  before insert on public.strategy_commands
  for each row when (new.command = 'UPDATE_CONFIG')
  execute function private.check_command_quota();

revoke execute on function
  private.symbols_in_use(uuid, uuid),
  private.require_symbol_quota(uuid, uuid, jsonb),
  private.check_config_quota(),
  private.check_command_quota()
from public;
