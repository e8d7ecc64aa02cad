/*
  What tells a user something by itself: rejected orders, strategies in error, breakers; and, for
  those who asked for it, signals and trades.

  Live mode and emergency stops notify where they are decided; worker_down and token_expiring are
  housekeeping's.

  Depends on   notify, create_orders, create_trades
*/

create function private.notify_rejected_order() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  perform private.notify_once(
    'order_rejected:' || new.id, new.user_id, 'order_rejected',
    format('Order rejected: %s %s %s', new.side, new.quantity, new.symbol),
    coalesce(new.rejection_reason, 'no reason was given'), 'orders', new.id,
    jsonb_build_object(
      'trade_mode', new.trade_mode, 'purpose', new.purpose,
      'strategy_config_id', new.strategy_config_id
    )
  );
  return null;
end
$$;

comment on function private.notify_rejected_order is 'Trigger: an order was rejected.';

create trigger notify_rejected_order
  after insert or update of status on public.orders
  for each row when (new.status = 'REJECTED')
  execute function private.notify_rejected_order();


create function private.title_of(p_config public.strategy_configs) returns text
  language sql stable
  set search_path = ''
as $$
  select case
    when p_config.name = 'default' then strategy.name
    else format('%s (%s)', strategy.name, p_config.name)
  end
  from public.strategies as strategy
  where strategy.id = p_config.strategy_id;
$$;

comment on function private.title_of is 'What a user knows a config by.';


create function private.notify_strategy_error() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  perform private.notify(
    new.user_id, 'strategy_error', format('%s is in state ERROR', private.title_of(new)),
    coalesce(new.error_message, 'no reason was given'), 'strategy_configs', new.id,
    jsonb_build_object('strategy_id', new.strategy_id, 'status_version', new.status_version)
  );
  return null;
end
$$;

comment on function private.notify_strategy_error is 'Trigger: a config came into state ERROR.';

create trigger notify_strategy_error
  after update of status on public.strategy_configs
  for each row when (new.status = 'ERROR' and old.status <> 'ERROR')
  execute function private.notify_strategy_error();


create function private.wants(p_user_id uuid, p_kind public.notification_kind) returns boolean
  language sql stable
  set search_path = ''
as $$
  select exists (
    select from public.notification_settings
    where user_id = p_user_id and kind = p_kind and preference <> 'off'
  );
$$;

comment on function private.wants is
  'Whether a user asked for a kind: what is an event anyway is not told twice to who did not.';


create function private.notify_trade() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_kind public.notification_kind := case new.status
    when 'OPEN' then 'trade_opened' else 'trade_closed'
  end;
begin
  if new.exit_reason = 'CIRCUIT_BREAKER' then
    -- One breaker closes several trades: it is told once per config and market day.
    perform private.notify_once(
      format('circuit_breaker:%s:%s', new.strategy_config_id, new.exit_time::date),
      new.user_id, 'circuit_breaker', 'Circuit breaker: positions are closed',
      format('%s was closed at %s; nothing more is entered today', new.symbol, new.exit_price),
      'strategy_configs', new.strategy_config_id, jsonb_build_object('trade_id', new.id)
    );
  end if;
  if private.wants(new.user_id, v_kind) then
    perform private.notify_once(
      v_kind || ':' || new.id, new.user_id, v_kind,
      format('%s %s %s %s', new.trade_type, new.quantity, new.symbol, lower(new.status::text)),
      case new.status
        when 'OPEN' then format('entered at %s', new.entry_price)
        else format('%s at %s, profit %s rupees', new.exit_reason, new.exit_price, new.pnl)
      end,
      'trades', new.id, jsonb_build_object('trade_mode', new.trade_mode)
    );
  end if;
  return null;
end
$$;

comment on function private.notify_trade is 'Trigger: a trade was opened or closed.';

create trigger notify_trade_opened
  after insert on public.trades
  for each row execute function private.notify_trade();
create trigger notify_trade_closed
  after update of status on public.trades
  for each row when (new.status = 'CLOSED' and old.status <> 'CLOSED')
  execute function private.notify_trade();


create function private.notify_signal() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  if private.wants(new.user_id, 'signal') then
    perform private.notify_once(
      'signal:' || new.id, new.user_id, 'signal',
      format('%s %s at %s', new.signal_type, new.symbol, new.price),
      coalesce(new.refusal_reason, new.reason), 'trading_signals', new.id,
      jsonb_build_object('executed', new.executed)
    );
  end if;
  return null;
end
$$;

comment on function private.notify_signal is 'Trigger: a strategy gave a signal.';

create trigger notify_signal
  after insert on public.trading_signals
  for each row execute function private.notify_signal();

revoke execute on function
  private.notify_rejected_order(),
  private.notify_strategy_error(),
  private.title_of(public.strategy_configs),
  private.wants(uuid, public.notification_kind),
  private.notify_trade(),
  private.notify_signal()
from public;
