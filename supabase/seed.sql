/*
  What a fresh local database needs to be shown: a demo user who can sign in, capital, and
  a strategy of each type with its default parameters, to be started by the worker at boot.

  Sign-in      demo@tradebase.local / tradebase-demo
  Never for    a hosted project: the password is public

  Symbols are rules that the worker resolves against the instrument master, not contracts.
*/

insert into auth.users (
  instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
  raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
  confirmation_token, recovery_token, email_change, email_change_token_new
)
values (
  '00000000-0000-0000-0000-000000000000',
  '00000000-0000-4000-8000-000000000001',
  'authenticated',
  'authenticated',
  'demo@tradebase.local',
  extensions.crypt('tradebase-demo', extensions.gen_salt('bf')),
  now(),
  '{"provider": "email", "providers": ["email"]}',
  '{"display_name": "Demo"}',
  now(),
  now(),
  '', '', '', ''
);

insert into auth.identities (
  provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at
)
values (
  '00000000-0000-4000-8000-000000000001',
  '00000000-0000-4000-8000-000000000001',
  '{
    "sub": "00000000-0000-4000-8000-000000000001",
    "email": "demo@tradebase.local",
    "email_verified": true
  }',
  'email',
  now(),
  now(),
  now()
);

insert into public.portfolios (id, user_id, name, initial_capital)
values (
  '00000000-0000-4000-8000-000000000002',
  '00000000-0000-4000-8000-000000000001',
  'Paper',
  5000000
);

insert into public.strategies (
  id, user_id, name, description, strategy_type, symbols, timeframes, capital_allocated,
  portfolio_id
)
values
(
  '00000000-0000-4000-8000-000000000011',
  '00000000-0000-4000-8000-000000000001',
  'Momentum NIFTY',
  'EMA 9/21 cross on the near-month NIFTY future.',
  'momentum',
  '{NIFTY-FUT}',
  '{1m}',
  1000000,
  '00000000-0000-4000-8000-000000000002'
),
(
  '00000000-0000-4000-8000-000000000012',
  '00000000-0000-4000-8000-000000000001',
  'Momentum BANKNIFTY',
  'EMA 9/21 cross on the near-month BANKNIFTY future.',
  'momentum',
  '{BANKNIFTY-FUT}',
  '{1m}',
  1000000,
  '00000000-0000-4000-8000-000000000002'
),
(
  '00000000-0000-4000-8000-000000000013',
  '00000000-0000-4000-8000-000000000001',
  'Mean reversion NIFTY',
  'Bollinger(20, 2) touch with RSI(2) on the near-month NIFTY future.',
  'mean_reversion',
  '{NIFTY-FUT}',
  '{1m}',
  1000000,
  '00000000-0000-4000-8000-000000000002'
),
(
  '00000000-0000-4000-8000-000000000014',
  '00000000-0000-4000-8000-000000000001',
  'PVA NIFTY',
  'Breakouts on volume of the near-month NIFTY future; buys the option at the money.',
  'pva',
  '{NIFTY-FUT}',
  '{1m,5m}',
  1000000,
  '00000000-0000-4000-8000-000000000002'
),
(
  '00000000-0000-4000-8000-000000000015',
  '00000000-0000-4000-8000-000000000001',
  'Arbitrage NIFTY',
  'The near-month NIFTY future out of its band around the index, against bought options.',
  'arbitrage',
  '{NIFTY,NIFTY-FUT}',
  '{1m}',
  1000000,
  '00000000-0000-4000-8000-000000000002'
);

-- The user's own code, on the minute cron. Its signals may be some minutes old: a demo plays sixty
-- minutes in one.
insert into public.strategies (
  id, user_id, name, description, strategy_type, config, risk_parameters, symbols, timeframes,
  capital_allocated, portfolio_id, python_code
)
values (
  '00000000-0000-4000-8000-000000000016',
  '00000000-0000-4000-8000-000000000001',
  'My average NIFTY',
  'Own code, once a minute: long above the average of the last closes, else flat.',
  'code',
  '{"period": 20}',
  '{"stop_pct": 1, "cooldown_minutes": 5, "max_signal_age_seconds": 600}',
  '{NIFTY-FUT}',
  '{1m}',
  1000000,
  '00000000-0000-4000-8000-000000000002',
  $code$def trading_strategy(context):
    closes = [candle["close"] for candle in context["candles"][-context["parameters"].get("period", 20):]]
    sma = sum(closes) / len(closes)
    if context["current_price"] > sma and context["position"] is None:
        return {"signal": "buy", "reason": "price above SMA", "indicators": {"sma": sma}}
    if context["current_price"] < sma and context["position"] is not None:
        return {"signal": "sell", "reason": "price below SMA", "indicators": {"sma": sma}}
    return {"signal": "hold", "indicators": {"sma": sma}}
$code$
);

insert into public.strategy_configs (
  id, user_id, strategy_id, name, is_default, module_path, class_name, config_json, auto_start,
  runner
)
select
  -- The config of ...0011 is ...0021.
  overlay(strategy.id::text placing '2' from 35 for 1)::uuid as id,
  strategy.user_id,
  strategy.id                           as strategy_id,
  'default'                             as name,
  true                                  as is_default,
  'strategies.' || strategy.strategy_type as module_path,
  replace(initcap(replace(strategy.strategy_type, '_', ' ')), ' ', '') as class_name,
  private.deployment_of(strategy)       as config_json,
  true                                  as auto_start,
  case strategy.strategy_type
    when 'code' then 'cron'::public.config_runner else 'worker'
  end                                   as runner
from public.strategies as strategy
where strategy.user_id = '00000000-0000-4000-8000-000000000001';
