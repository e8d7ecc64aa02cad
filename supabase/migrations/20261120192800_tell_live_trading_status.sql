/*
  live_trading_status: all that a user must see about live trading, in one call.

  Called by    web, functions (authenticated)
  Depends on   stop_live_trading, claim_flattenings
*/

create function private.live_configs(p_user_id uuid) returns jsonb
  language sql stable
  set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'strategy_id', config.strategy_id,
    'config_id', config.id,
    'name', strategy.name,
    'config_name', config.name,
    'status', config.status,
    'trade_mode', config.trade_mode,
    'approved_until', approval.expires_at,
    'open_live_trades', (
      select count(*) from public.trades as trade
      where trade.strategy_config_id = config.id
        and trade.trade_mode = 'LIVE' and trade.status = 'OPEN'
    ),
    'validation_status', validation.validation_status,
    'validated_at', validation.validated_at
  ) order by strategy.name, config.name), '[]')
  from public.strategy_configs as config
  inner join public.strategies as strategy on strategy.id = config.strategy_id
  left join public.live_approvals as approval
    on approval.strategy_config_id = config.id and approval.revoked_at is null
  left join lateral (
    select * from public.live_mode_validations
    where strategy_config_id = config.id
    order by validated_at desc, id desc
    limit 1
  ) as validation on true
  where config.user_id = p_user_id
    and strategy.archived_at is null
    and (config.trade_mode = 'LIVE' or validation.id is not null);
$$;

comment on function private.live_configs is
  'Configs that trade live or were held against the gate, with their approvals.';


create function private.broker_state(p_user_id uuid) returns jsonb
  language sql stable
  set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', account.id,
    'broker', account.broker,
    'client_id', account.client_id,
    'token_last_four', account.token_last_four,
    'token_expires_at', account.token_expires_at,
    'token_valid', last_check.token_valid,
    'static_ip_allowed', last_check.static_ip_allowed,
    'detail', last_check.detail,
    'checked_at', last_check.checked_at
  ) order by account.broker), '[]')
  from public.broker_accounts as account
  left join lateral (
    select * from public.broker_checks
    where broker_account_id = account.id and user_id = account.user_id
    order by checked_at desc
    limit 1
  ) as last_check on true
  where account.user_id = p_user_id and account.disconnected_at is null;
$$;

comment on function private.broker_state is
  'A user''s connected broker accounts with what the broker last said.';


create function public.live_trading_status() returns jsonb
  language plpgsql stable
  security definer set search_path = ''
as $$
declare
  v_user_id uuid := (select auth.uid());
  v_stop    public.emergency_stops := private.stop_in_force(v_user_id);
begin
  return jsonb_build_object(
    'emergency_stop', case when v_stop.id is not null then jsonb_build_object(
      'stop_id', v_stop.id,
      'everybody', v_stop.user_id is null,
      'triggered_by', v_stop.triggered_by,
      'reason', v_stop.reason,
      'stopped_at', v_stop.stopped_at
    ) end,
    'configs', private.live_configs(v_user_id),
    'broker_accounts', private.broker_state(v_user_id),
    'flattenings', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', last_ones.id,
        'stop_id', last_ones.emergency_stop_id,
        'status', last_ones.status,
        'outcome', last_ones.outcome,
        'claimed_by', last_ones.claimed_by,
        'requested_at', last_ones.requested_at,
        'finished_at', last_ones.finished_at
      ) order by last_ones.requested_at desc)
      from (
        select * from public.flattenings
        where user_id = v_user_id
        order by requested_at desc
        limit 5
      ) as last_ones
    ), '[]'),
    'incidents', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', unresolved.id,
        'kind', unresolved.kind,
        'message', unresolved.message,
        'config_id', unresolved.strategy_config_id,
        'occurred_at', unresolved.occurred_at
      ) order by unresolved.occurred_at desc)
      from (
        select * from public.incidents
        where user_id = v_user_id and resolved_at is null
        order by occurred_at desc
        limit 50
      ) as unresolved
    ), '[]')
  );
end
$$;

comment on function public.live_trading_status is
  'The caller''s stop in force, live configs, broker accounts, flattenings and open incidents.';

revoke execute on function
  private.live_configs(uuid),
  private.broker_state(uuid),
  public.live_trading_status()
from public, anon, authenticated;
grant execute on function public.live_trading_status() to authenticated;
