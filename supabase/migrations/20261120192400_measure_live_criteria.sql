/*
  The criteria of the live gate, each with value, threshold, verdict and a sentence.

  Only trades of the code and parameters that would go live count (code_digest): what other
  parameters earned is no evidence for these.

  Called by    validate_live_mode
  Depends on   create_live_approvals, create_emergency_stops, create_broker_accounts, create_trades
*/

create type private.criterion as (
  criterion  text,
  value      text,
  threshold  text,
  passed     boolean,
  sentence   text
);

comment on type private.criterion is 'One criterion of the live gate, measured.';


create function private.number_in(p_object jsonb, p_name text) returns numeric
  language sql immutable
  set search_path = ''
as $$
  select case
    when jsonb_typeof(p_object -> p_name) in ('number', 'string')
      and pg_input_is_valid(p_object ->> p_name, 'numeric')
      then (p_object ->> p_name)::numeric
  end;
$$;

comment on function private.number_in is 'A number of a JSON object; null where there is none.';


create function private.simulated_results(p_config public.strategy_configs) returns table (
  net_profit        numeric,
  profitable        integer,
  days              integer,
  drawdown_percent  numeric
)
  language sql stable
  set search_path = ''
as $$
  with closed as (
    select
      trade.id,
      trade.pnl,
      trade.exit_time,
      sum(trade.pnl) over (order by trade.exit_time, trade.id) as profit
    from public.trades as trade
    where trade.strategy_config_id = p_config.id
      and trade.status = 'CLOSED'
      and trade.trade_mode = 'VIRTUAL'
      and trade.code_digest = p_config.code_digest
  ),

  equity as (
    select
      closed.*,
      greatest(max(profit) over (order by exit_time, id), 0) as peak,
      nullif(greatest(private.number_in(p_config.config_json, 'capital'), 0), 0) as capital
    from closed
  )

  select
    coalesce(sum(pnl), 0),
    count(*) filter (where pnl > 0),
    count(distinct (exit_time at time zone 'Asia/Kolkata')::date),
    round(max(100 * (peak - profit) / (capital + peak)), 2)
  from equity;
$$;

comment on function private.simulated_results is
  'What a config''s present code and parameters did in simulation, after charges.';


create function private.trading_criteria(
  p_config public.strategy_configs, p_policy public.operator_policy
) returns setof private.criterion
  language sql stable
  set search_path = ''
as $$
  select
    measured.criterion,
    measured.value::text,
    measured.threshold::text,
    coalesce(measured.passed, false),
    measured.sentence
  from private.simulated_results(p_config) as result
  cross join lateral (
    values
      (
        'net_profit', result.net_profit, 0::numeric, result.net_profit > 0,
        format('simulated profit after charges is %s rupees, must be above 0', result.net_profit)
      ),
      (
        'profitable_trades', result.profitable, p_policy.minimum_profitable_trades,
        result.profitable >= p_policy.minimum_profitable_trades,
        format(
          '%s simulated trades of this code and these parameters were profitable, must be at '
          'least %s', result.profitable, p_policy.minimum_profitable_trades
        )
      ),
      (
        'days', result.days, p_policy.minimum_days, result.days >= p_policy.minimum_days,
        format(
          'it closed simulated trades on %s days, must be at least %s',
          result.days, p_policy.minimum_days
        )
      ),
      (
        'drawdown', result.drawdown_percent, p_policy.maximum_drawdown_percent,
        result.drawdown_percent <= p_policy.maximum_drawdown_percent,
        format(
          'the deepest fall of simulated equity is %s %%, must be at most %s %%',
          coalesce(result.drawdown_percent::text, 'not known'), p_policy.maximum_drawdown_percent
        )
      )
  ) as measured (criterion, value, threshold, passed, sentence);
$$;

comment on function private.trading_criteria is 'Criteria that follow from simulated trades.';


create function private.risk_criteria(
  p_config public.strategy_configs, p_policy public.operator_policy
) returns setof private.criterion
  language sql stable
  set search_path = ''
as $$
  select
    limits.name,
    limits.value::text,
    limits.most::text,
    coalesce(limits.value > 0 and limits.value <= limits.most, false),
    format(
      '%s is %s, must be above 0 and at most %s',
      limits.meaning, coalesce(limits.value::text, 'not set'), limits.most
    )
  from (
    values
      (
        'risk_per_trade',
        private.number_in(p_config.config_json -> 'risk_parameters', 'risk_per_trade_pct'),
        p_policy.maximum_risk_per_trade_percent,
        'the risk parameter risk_per_trade_pct'
      ),
      (
        'daily_loss_limit',
        private.number_in(p_config.config_json -> 'risk_parameters', 'daily_loss_limit_pct'),
        p_policy.daily_loss_percent,
        'the risk parameter daily_loss_limit_pct'
      ),
      (
        'open_trades',
        coalesce(
          private.number_in(p_config.config_json -> 'risk_parameters', 'max_open_trades'),
          private.number_in(p_config.config_json, 'max_positions')
        ),
        p_policy.maximum_open_trades,
        'the number of trades it may hold at a time'
      )
  ) as limits (name, value, most, meaning);
$$;

comment on function private.risk_criteria is
  'Criteria on the limits a config sets itself: said by the user, and inside the policy.';


create function private.state_criteria(
  p_config public.strategy_configs, p_policy public.operator_policy
) returns setof private.criterion
  language plpgsql stable
  set search_path = ''
as $$
declare
  v_errors integer;
  v_stop   public.emergency_stops := private.stop_in_force(p_config.user_id);
begin
  select count(*) into v_errors
  from public.strategy_logs
  where strategy_config_id = p_config.id
    and level = 'error'
    and created_at > now() - make_interval(days => p_policy.error_free_days);

  return next (
    'error_free', v_errors::text, '0', v_errors = 0 and p_config.status <> 'ERROR',
    format(
      'it had %s errors in the last %s days and is %s, must have none',
      v_errors, p_policy.error_free_days, p_config.status
    )
  )::private.criterion;
  return next (
    'runner', p_config.runner::text, 'worker', p_config.runner = 'worker',
    format('it is run by %s, only the worker trades live', p_config.runner)
  )::private.criterion;
  return next (
    'code_registered', p_config.code_digest, 'any', p_config.code_digest is not null,
    case
      when p_config.code_digest is null then 'the worker has never loaded its code; start it first'
      else 'the worker has loaded its code'
    end
  )::private.criterion;
  return next (
    'no_emergency_stop', case when v_stop.id is null then 'none' else 'in force' end, 'none',
    v_stop.id is null,
    case
      when v_stop.id is null then 'no emergency stop is in force'
      else format('an emergency stop is in force since %s', v_stop.stopped_at)
    end
  )::private.criterion;
end
$$;

comment on function private.state_criteria is 'Criteria on how a config runs.';


create function private.broker_criteria(
  p_config public.strategy_configs, p_policy public.operator_policy
) returns setof private.criterion
  language plpgsql stable
  set search_path = ''
as $$
declare
  v_account public.broker_accounts;
  v_check   public.broker_checks;
  v_stale   text;
begin
  select * into v_account
  from public.broker_accounts
  where user_id = p_config.user_id and disconnected_at is null;
  select * into v_check
  from public.broker_checks
  where user_id = p_config.user_id
    and broker_account_id = v_account.id
    and checked_at >= v_account.connected_at
    and checked_at > now() - make_interval(mins => p_policy.broker_check_minutes)
  order by checked_at desc
  limit 1;
  if v_check.id is null then
    v_stale := format(
      'the broker was not asked in the last %s minutes', p_policy.broker_check_minutes
    );
  end if;

  return next (
    'broker_account', coalesce(v_account.broker::text, 'none'), 'connected',
    v_account.id is not null,
    case
      when v_account.id is null then 'no broker account is connected'
      else format('the %s account %s is connected', v_account.broker, v_account.client_id)
    end
  )::private.criterion;
  return next (
    'token', v_check.token_valid::text, 'true',
    coalesce(v_check.token_valid and v_account.token_expires_at > now(), false),
    coalesce(v_stale, case
      when v_account.token_expires_at <= now()
        then format('the access token expired at %s', v_account.token_expires_at)
      else v_check.detail
    end)
  )::private.criterion;
  return next (
    'static_ip', v_check.static_ip_allowed::text, 'true',
    coalesce(v_check.static_ip_allowed, false),
    coalesce(v_stale, v_check.detail)
  )::private.criterion;
end
$$;

comment on function private.broker_criteria is
  'Criteria that rest on what the broker said, through the secret key and not long ago.';

revoke execute on function
  private.number_in(jsonb, text),
  private.simulated_results(public.strategy_configs),
  private.trading_criteria(public.strategy_configs, public.operator_policy),
  private.risk_criteria(public.strategy_configs, public.operator_policy),
  private.state_criteria(public.strategy_configs, public.operator_policy),
  private.broker_criteria(public.strategy_configs, public.operator_policy)
from public;
