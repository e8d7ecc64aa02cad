/*
  What worker_write does with trading facts: signal, order, fill, trade, ledger.

  When no worker was there at the end of a day, the database closed its open trades (closed_by
  database). What a returning worker then still sends about the exit of such a trade is stale.

  Depends on   check_event_rows, create_ledger_entries
*/

create function private.closed_by_database(p_trade_id uuid) returns boolean
  language sql stable
  set search_path = ''
as $$
  select exists (
    select from public.trades where id = p_trade_id and closed_by = 'database'
  );
$$;

comment on function private.closed_by_database is
  'Whether the database closed a trade in the worker''s place.';


create function private.portfolio_of(p_config_id uuid) returns uuid
  language sql stable
  set search_path = ''
as $$
  select coalesce(config.portfolio_id, strategy.portfolio_id)
  from public.strategy_configs as config
  inner join public.strategies as strategy on strategy.id = config.strategy_id
  where config.id = p_config_id;
$$;

comment on function private.portfolio_of is
  'The portfolio a config trades with: its own, else its strategy''s.';


create function private.apply_signal(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.trading_signals;
begin
  v_row := jsonb_populate_record(
    null::public.trading_signals, private.owned_row(p_event, 'public.trading_signals')
  );
  insert into public.trading_signals (
    id, user_id, strategy_id, strategy_config_id, instrument_key, symbol, signal_type,
    signal_strength, price, stop_loss, target_price, reason, indicators, candle_time,
    generated_at, executed, execution_mode, refused_by, refusal_reason, code_digest
  )
  values (
    v_row.id, v_row.user_id, v_row.strategy_id, v_row.strategy_config_id, v_row.instrument_key,
    v_row.symbol, v_row.signal_type, v_row.signal_strength, v_row.price, v_row.stop_loss,
    v_row.target_price, v_row.reason, coalesce(v_row.indicators, '{}'), v_row.candle_time,
    v_row.generated_at, v_row.executed, coalesce(v_row.execution_mode, 'VIRTUAL'),
    v_row.refused_by, v_row.refusal_reason, v_row.code_digest
  )
  on conflict (id) do nothing;
  return case when found then 'applied' else 'stale' end;
end
$$;

comment on function private.apply_signal is 'Stores a signal with its verdict.';


create function private.apply_order(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.orders;
begin
  v_row := jsonb_populate_record(
    null::public.orders, private.owned_row(p_event, 'public.orders')
  );
  if v_row.purpose = 'EXIT' and private.closed_by_database(v_row.trade_id) then
    return 'stale';
  end if;

  insert into public.orders as stored (
    id, user_id, strategy_id, strategy_config_id, portfolio_id, signal_id, trade_id, trade_mode,
    instrument_key, symbol, side, order_type, purpose, exit_reason, quantity, limit_price,
    trigger_price, status, filled_quantity, average_price, rejection_reason, correlation_id,
    broker_order_id, code_digest, placed_at, changed_at, version
  )
  values (
    v_row.id, v_row.user_id, v_row.strategy_id, v_row.strategy_config_id,
    coalesce(v_row.portfolio_id, private.portfolio_of(v_row.strategy_config_id)),
    v_row.signal_id, v_row.trade_id, coalesce(v_row.trade_mode, 'VIRTUAL'),
    v_row.instrument_key, v_row.symbol, v_row.side, v_row.order_type, v_row.purpose,
    v_row.exit_reason, v_row.quantity, v_row.limit_price, v_row.trigger_price, v_row.status,
    coalesce(v_row.filled_quantity, 0), v_row.average_price, v_row.rejection_reason,
    v_row.correlation_id, v_row.broker_order_id, v_row.code_digest, v_row.placed_at,
    v_row.changed_at, v_row.version
  )
  on conflict (id) do update
    set trade_id         = excluded.trade_id,
        exit_reason      = excluded.exit_reason,
        quantity         = excluded.quantity,
        limit_price      = excluded.limit_price,
        trigger_price    = excluded.trigger_price,
        status           = excluded.status,
        filled_quantity  = excluded.filled_quantity,
        average_price    = excluded.average_price,
        rejection_reason = excluded.rejection_reason,
        broker_order_id  = excluded.broker_order_id,
        changed_at       = excluded.changed_at,
        version          = excluded.version
    where stored.version < excluded.version
      and stored.strategy_config_id = excluded.strategy_config_id;
  return case when found then 'applied' else 'stale' end;
end
$$;

comment on function private.apply_order is 'Stores an order, or its next version.';


create function private.apply_fill(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.fills;
begin
  v_row := jsonb_populate_record(null::public.fills, private.owned_row(p_event, 'public.fills'));
  -- Its order was stale, so it is not here; a fill of a known order is an older fact and counts.
  if private.closed_by_database(v_row.trade_id)
    and not exists (select from public.orders where id = v_row.order_id) then
    return 'stale';
  end if;

  insert into public.fills (
    id, user_id, strategy_id, strategy_config_id, order_id, trade_id, instrument_key, side,
    quantity, price, charges, filled_at, broker_trade_id
  )
  values (
    v_row.id, v_row.user_id, v_row.strategy_id, v_row.strategy_config_id, v_row.order_id,
    v_row.trade_id, v_row.instrument_key, v_row.side, v_row.quantity, v_row.price, v_row.charges,
    v_row.filled_at, v_row.broker_trade_id
  )
  on conflict (id) do nothing;
  return case when found then 'applied' else 'stale' end;
end
$$;

comment on function private.apply_fill is 'Stores a fill.';


create function private.apply_trade(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.trades;
begin
  v_row := jsonb_populate_record(
    null::public.trades, private.owned_row(p_event, 'public.trades')
  );
  if v_row.status = 'CLOSED' then
    v_row.closed_by     := 'worker';
    v_row.open_quantity := 0;
  end if;

  insert into public.trades as stored (
    id, user_id, strategy_id, strategy_config_id, portfolio_id, signal_id, trade_mode,
    instrument_key, symbol, trade_type, side, quantity, open_quantity, entry_time, entry_price,
    stop_loss, target_price, entry_delta, stop_premium, target_premium, exit_time, exit_price,
    exit_reason, gross_pnl, charges, pnl, status, closed_by, code_digest, dhanhq_order_id, version
  )
  values (
    v_row.id, v_row.user_id, v_row.strategy_id, v_row.strategy_config_id,
    coalesce(v_row.portfolio_id, private.portfolio_of(v_row.strategy_config_id)),
    v_row.signal_id, coalesce(v_row.trade_mode, 'VIRTUAL'), v_row.instrument_key, v_row.symbol,
    v_row.trade_type, v_row.side, v_row.quantity, coalesce(v_row.open_quantity, v_row.quantity),
    v_row.entry_time, v_row.entry_price, v_row.stop_loss, v_row.target_price, v_row.entry_delta,
    v_row.stop_premium, v_row.target_premium, v_row.exit_time, v_row.exit_price, v_row.exit_reason, v_row.gross_pnl, coalesce(v_row.charges, 0), v_row.pnl,
    v_row.status, v_row.closed_by, v_row.code_digest, v_row.dhanhq_order_id, v_row.version
  )
  on conflict (id) do update
    set quantity        = excluded.quantity,
        open_quantity   = excluded.open_quantity,
        entry_price     = excluded.entry_price,
        stop_loss       = excluded.stop_loss,
        target_price    = excluded.target_price,
        entry_delta     = excluded.entry_delta,
        stop_premium    = excluded.stop_premium,
        target_premium  = excluded.target_premium,
        exit_time       = excluded.exit_time,
        exit_price      = excluded.exit_price,
        exit_reason     = excluded.exit_reason,
        gross_pnl       = excluded.gross_pnl,
        charges         = excluded.charges,
        pnl             = excluded.pnl,
        status          = excluded.status,
        closed_by       = excluded.closed_by,
        dhanhq_order_id = excluded.dhanhq_order_id,
        version         = excluded.version
    where stored.status = 'OPEN'
      and stored.version < excluded.version
      and stored.strategy_config_id = excluded.strategy_config_id;
  return case when found then 'applied' else 'stale' end;
end
$$;

comment on function private.apply_trade is
  'Stores a trade, or its next version; a closed one stays as it is.';


create function private.apply_ledger(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.ledger_entries;
begin
  v_row := jsonb_populate_record(
    null::public.ledger_entries, private.owned_row(p_event, 'public.ledger_entries')
  );
  -- Its fill was stale, so it is not here.
  if v_row.fill_id is not null and private.closed_by_database(v_row.trade_id)
    and not exists (select from public.fills where id = v_row.fill_id) then
    return 'stale';
  end if;

  insert into public.ledger_entries (
    id, user_id, portfolio_id, strategy_id, strategy_config_id, kind, amount, order_id, fill_id,
    trade_id, occurred_at, note
  )
  values (
    v_row.id, v_row.user_id,
    coalesce(v_row.portfolio_id, private.portfolio_of(v_row.strategy_config_id)),
    v_row.strategy_id, v_row.strategy_config_id, v_row.kind, v_row.amount, v_row.order_id,
    v_row.fill_id, v_row.trade_id, v_row.occurred_at, v_row.note
  )
  on conflict (id) do nothing;
  return case when found then 'applied' else 'stale' end;
end
$$;

comment on function private.apply_ledger is 'Stores a movement of cash.';

revoke execute on function
  private.closed_by_database(uuid),
  private.portfolio_of(uuid),
  private.apply_signal(jsonb),
  private.apply_order(jsonb),
  private.apply_fill(jsonb),
  private.apply_trade(jsonb),
  private.apply_ledger(jsonb)
from public;
