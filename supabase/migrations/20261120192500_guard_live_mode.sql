/*
  What nobody goes around: LIVE needs an approval in force, whoever writes it; an edit ends it.

  These are triggers, not checks in some rpc, so they hold for the worker, for the secret key, and
  for SQL by the owner of the tables alike. Exits of live trades are always accepted: an approval
  that ends must not lock anybody in.

  Depends on   create_live_approvals, create_trades, apply_trading_events
*/

create function private.require_approval() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  if (private.approval_in_force(new.id)).id is null then
    raise exception using errcode = 'TB409',
      message = format('config %s cannot be LIVE: no approval is in force for it as it is', new.id);
  end if;
  return null;
end
$$;

comment on function private.require_approval is
  'Trigger: refuses LIVE to a config without an approval of exactly its code and configuration.';

create trigger require_approval_inserted
  after insert on public.strategy_configs
  for each row when (new.trade_mode = 'LIVE')
  execute function private.require_approval();
create trigger require_approval_updated
  after update of trade_mode on public.strategy_configs
  for each row when (new.trade_mode = 'LIVE' and old.trade_mode <> 'LIVE')
  execute function private.require_approval();


create function private.require_approved_order() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_approval public.live_approvals := private.approval_in_force(new.strategy_config_id);
  v_mode     public.trade_mode;
begin
  select trade_mode into v_mode from public.strategy_configs where id = new.strategy_config_id;
  if v_approval.id is null or v_mode <> 'LIVE' then
    raise exception using errcode = 'TB409',
      message = format('no live entry in %s: no approval is in force for its config', new.symbol);
  end if;
  if new.code_digest is distinct from v_approval.code_digest then
    raise exception using errcode = 'TB409',
      message = format(
        'no live entry in %s: it was decided by code %s, approved is %s',
        new.symbol, coalesce(new.code_digest, 'unknown'), v_approval.code_digest
      );
  end if;
  return new;
end
$$;

comment on function private.require_approved_order is
  'Trigger: refuses a live entry without an approval of the code that decided it.';

create trigger require_approved_order
  before insert on public.orders
  for each row when (new.trade_mode = 'LIVE' and new.purpose = 'ENTRY')
  execute function private.require_approved_order();


create function private.require_live_entry() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  if not exists (
    select from public.orders
    where trade_id = new.id
      and strategy_config_id = new.strategy_config_id
      and trade_mode = 'LIVE'
      and purpose = 'ENTRY'
  ) then
    raise exception using errcode = 'TB409',
      message = format('no live trade in %s: no live entry order of it was accepted', new.symbol);
  end if;
  return new;
end
$$;

comment on function private.require_live_entry is
  'Trigger: refuses a live trade that does not come from an accepted live entry order.';

create trigger require_live_entry
  before insert on public.trades
  for each row when (new.trade_mode = 'LIVE')
  execute function private.require_live_entry();


create function private.end_live_mode(p_config_id uuid, p_reason text) returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_config public.strategy_configs;
begin
  update public.live_approvals
  set revoked_at = clock_timestamp(), revoked_reason = left(p_reason, 500)
  where strategy_config_id = p_config_id and revoked_at is null;

  update public.strategy_configs
  set trade_mode = 'VIRTUAL'
  where id = p_config_id and trade_mode = 'LIVE'
  returning * into v_config;
  if not found then
    return false;
  end if;
  perform private.audit(
    v_config.user_id, 'live_mode_ended', 'strategy_configs', p_config_id,
    jsonb_build_object('reason', p_reason)
  );
  perform private.notify(
    v_config.user_id, 'live_mode_changed', format('%s is simulated again', v_config.name),
    p_reason, 'strategy_configs', p_config_id, '{"trade_mode": "VIRTUAL"}'
  );
  return true;
end
$$;

comment on function private.end_live_mode is
  'Revokes a config''s approval and sends it back to simulation; false when it was not live. Open '
  'live trades keep their protective exits.';


create function private.revoke_after_edit() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  perform private.end_live_mode(config.id, 'code or configuration was edited')
  from public.strategy_configs as config
  inner join public.strategies as strategy on strategy.id = config.strategy_id
  inner join public.live_approvals as approval
    on approval.strategy_config_id = config.id and approval.revoked_at is null
  where new.id in (config.id, strategy.id)
    and (
      strategy.archived_at is not null
      or approval.approval_hash is distinct from private.approval_hash(config.id)
    );
  return null;
end
$$;

comment on function private.revoke_after_edit is
  'Trigger: ends live mode of what is not any more what was approved.';

create trigger revoke_after_edit
  after update of strategy_type, config, risk_parameters, python_code, symbols, asset_class,
  timeframes, max_positions, capital_allocated, portfolio_id, archived_at on public.strategies
  for each row execute function private.revoke_after_edit();
create trigger revoke_after_edit
  after update of module_path, class_name, config_json, portfolio_id, runner, code_digest
  on public.strategy_configs
  for each row execute function private.revoke_after_edit();


create function private.revoke_before_edit() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  perform private.end_live_mode(new.strategy_config_id, 'another configuration was asked for');
  return null;
end
$$;

comment on function private.revoke_before_edit is
  'Trigger: live mode does not wait for the worker to carry an edit out.';

create trigger revoke_before_edit
  after insert on public.strategy_commands
  for each row when (new.command = 'UPDATE_CONFIG' and new.parameters <> '{}')
  execute function private.revoke_before_edit();


-- The worker learns of the mode as it learns of any change: by a command.
create function private.tell_trade_mode() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  if new.runner = 'worker'
    and new.status in ('ACTIVE', 'PAUSED')
    and exists (
      select from public.strategies where id = new.strategy_id and archived_at is null
    ) then
    insert into public.strategy_commands (strategy_config_id, command)
    values (new.id, 'UPDATE_CONFIG');
  end if;
  return null;
end
$$;

comment on function private.tell_trade_mode is
  'Trigger: has the worker read a config anew when its trade mode changed.';

create trigger tell_trade_mode
  after update of trade_mode on public.strategy_configs
  for each row when (new.trade_mode <> old.trade_mode)
  execute function private.tell_trade_mode();

revoke execute on function
  private.require_approval(),
  private.require_approved_order(),
  private.require_live_entry(),
  private.end_live_mode(uuid, text),
  private.revoke_after_edit(),
  private.revoke_before_edit(),
  private.tell_trade_mode()
from public;
