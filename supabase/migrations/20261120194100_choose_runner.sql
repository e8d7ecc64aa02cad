/*
  Who runs a config: the worker, or the minute cron. The cron takes code strategies only, in
  simulation only, and a config changes hands only while it is stopped and holds nothing.

  Depends on   create_strategy_configs, create_trades
*/

alter table public.strategies add constraint code_strategies_have_code
  check (strategy_type <> 'code' or coalesce(btrim(python_code), '') <> '');
comment on constraint code_strategies_have_code on public.strategies is
  'a strategy of type code has python_code; this one has none';


create function private.check_runner() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  if new.runner = 'cron' and not exists (
    select from public.strategies
    where id = new.strategy_id and strategy_type = 'code'
  ) then
    raise exception using errcode = 'TB422',
      message = 'runner is cron, which runs strategies of type code only';
  end if;
  return new;
end
$$;

comment on function private.check_runner is
  'Trigger: refuses the minute cron for what is not a code strategy.';

revoke execute on function private.check_runner() from public;

create trigger check_runner
  before insert or update of runner on public.strategy_configs
  for each row execute function private.check_runner();


create function public.choose_runner(p_config_id uuid, p_runner public.config_runner)
  returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id uuid := (select auth.uid());
  v_config  public.strategy_configs;
begin
  perform private.lock_users(array[v_user_id]);
  select * into v_config
  from public.strategy_configs
  where id = p_config_id and user_id = v_user_id
  for no key update;
  if not found then
    raise exception using errcode = 'TB404',
      message = format('strategy config %s does not exist', coalesce(p_config_id::text, 'null'));
  end if;
  if p_runner is null then
    raise exception using errcode = 'TB422', message = 'p_runner is worker or cron, not null';
  end if;
  if v_config.runner = p_runner then
    return jsonb_build_object('config_id', p_config_id, 'runner', p_runner);
  end if;

  if v_config.status <> 'STOPPED' then
    raise exception using errcode = 'TB409',
      message = format('the runner can be changed while the config is STOPPED, not %s', v_config.status);
  end if;
  if v_config.trade_mode = 'LIVE' and p_runner = 'cron' then
    raise exception using errcode = 'TB409',
      message = 'a LIVE config needs the worker; the minute cron is simulation only';
  end if;
  if exists (
    select from public.trades where strategy_config_id = p_config_id and status = 'OPEN'
  ) then
    raise exception using errcode = 'TB409',
      message = 'the runner can be changed when the config holds nothing; it has open trades';
  end if;

  update public.strategy_configs set runner = p_runner where id = p_config_id;
  return jsonb_build_object('config_id', p_config_id, 'runner', p_runner);
end
$$;

comment on function public.choose_runner is
  'Hands a stopped config of the caller''s to the worker or to the minute cron.';

revoke execute on function public.choose_runner(uuid, public.config_runner)
from public, anon, authenticated;
grant execute on function public.choose_runner(uuid, public.config_runner) to authenticated;
