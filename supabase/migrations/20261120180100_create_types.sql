/*
  Closed choices, spelled as the product and the exchange spell them.

  Strategy types and instrument kinds are text, not enums: the first belong to the registry in
  strategies/, the second to the broker's instrument master.
*/

create type public.strategy_status as enum (
  'draft', 'running', 'paused', 'error', 'stopped', 'archived'
);
create type public.config_status as enum ('ACTIVE', 'STOPPED', 'ERROR', 'PAUSED');
create type public.strategy_command as enum (
  'START', 'STOP', 'RESTART', 'PAUSE', 'RESUME', 'UPDATE_CONFIG'
);
create type public.command_status as enum ('PENDING', 'EXECUTED', 'FAILED');
create type public.config_runner as enum ('worker', 'cron');
create type public.trade_mode as enum ('VIRTUAL', 'LIVE');
create type public.portfolio_mode as enum ('paper', 'live');
create type public.log_level as enum ('debug', 'info', 'signal', 'trade', 'warning', 'error');

create type public.signal_type as enum ('LONG', 'SHORT', 'EXIT');
create type public.direction as enum ('LONG', 'SHORT');
create type public.order_side as enum ('BUY', 'SELL');
create type public.order_type as enum ('MARKET', 'LIMIT', 'STOP_LOSS', 'STOP_LOSS_MARKET');
create type public.order_purpose as enum ('ENTRY', 'EXIT');
create type public.order_status as enum (
  'TRANSIT', 'PENDING', 'PART_TRADED', 'TRADED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'UNKNOWN'
);
create type public.trade_status as enum ('OPEN', 'CLOSED');
create type public.exit_reason as enum (
  'TARGET', 'STOP_LOSS', 'TRAILING_STOP', 'EOD', 'EXPIRY', 'VOLUME_CLIMAX', 'OBV_DIVERGENCE',
  'VOLUME_FADE', 'VOLUME_DRY_UP', 'SIGNAL', 'MANUAL', 'STRATEGY_STOPPED', 'CIRCUIT_BREAKER',
  'EMERGENCY_STOP', 'SETTLEMENT'
);
create type public.ledger_kind as enum ('DEPOSIT', 'WITHDRAWAL', 'FILL', 'CHARGES', 'ADJUSTMENT');

create type public.candle_origin as enum ('live', 'backfilled', 'revised');
create type public.clock_source as enum ('WALL', 'FEED');
create type public.closer as enum ('worker', 'database');

comment on type public.strategy_status is 'State of a design: the sum of its configs'' states.';
comment on type public.config_status   is 'State of one deployment of a strategy.';
comment on type public.order_status is
  'The broker''s words; UNKNOWN: sent, outcome not known yet.';
comment on type public.candle_origin   is 'How a candle came to be; a later value is better.';
comment on type public.clock_source    is 'What market time follows: the wall clock or the feed.';
comment on type public.closer          is 'Who closed a trade.';
