/*
  Closing an open paper trade in the worker's place: order, fill, ledger and trade, with figures
  that follow from the fills.

  Decided here is what must hold whoever asks: paper only, open only, each once, no living worker
  on the shard, and books that agree with the fills.

  Called by    eod_exit_without_worker
  Depends on   create_ledger_entries, create_worker_leases, create_market_clock
*/

create function private.worker_is_alive(p_config_id uuid) returns boolean
  language sql stable
  set search_path = ''
as $$
  select exists (
    select from public.strategy_configs as config
    inner join public.worker_leases as lease on lease.shard = config.shard
    where config.id = p_config_id
      and config.runner = 'worker'
      and lease.holder is not null
      and lease.expires_at > clock_timestamp()
  );
$$;

comment on function private.worker_is_alive is 'Whether a worker holds the shard of a config.';


-- The fills are the truth: a worker may have died between writing a fill and writing its trade.
create function private.held_quantity(p_trade public.trades) returns integer
  language sql stable
  set search_path = ''
as $$
  select sum(case side when p_trade.side then quantity else -quantity end)::integer
  from public.fills
  where trade_id = p_trade.id;
$$;

comment on function private.held_quantity is
  'Units a trade holds by its fills; null when none was written.';


create function private.fill_exit(
  p_trade public.trades,
  p_price numeric,
  p_charges numeric,
  p_reason public.exit_reason,
  p_at timestamptz
) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_side     public.order_side := case p_trade.side when 'BUY' then 'SELL' else 'BUY' end;
  v_order_id uuid := gen_random_uuid();
  v_fill_id  uuid := gen_random_uuid();
  v_cash     numeric;
begin
  insert into public.orders (
    id, user_id, strategy_id, strategy_config_id, portfolio_id, trade_id, trade_mode,
    instrument_key, symbol, side, order_type, purpose, exit_reason, quantity, status,
    filled_quantity, average_price, code_digest, placed_at, changed_at, version
  )
  values (
    v_order_id, p_trade.user_id, p_trade.strategy_id, p_trade.strategy_config_id,
    p_trade.portfolio_id, p_trade.id, p_trade.trade_mode, p_trade.instrument_key, p_trade.symbol,
    v_side, 'MARKET', 'EXIT', p_reason, p_trade.open_quantity, 'TRADED', p_trade.open_quantity,
    p_price, p_trade.code_digest, p_at, p_at, 1
  );
  insert into public.fills (
    id, user_id, strategy_id, strategy_config_id, order_id, trade_id, instrument_key, side,
    quantity, price, charges, filled_at
  )
  values (
    v_fill_id, p_trade.user_id, p_trade.strategy_id, p_trade.strategy_config_id, v_order_id,
    p_trade.id, p_trade.instrument_key, v_side, p_trade.open_quantity, p_price, p_charges, p_at
  );

  -- What all fills have moved, less what was booked of it: of a share or an option that is this
  -- exit, of a future, whose entry moves no cash (core/ledger.py), what it has realised.
  select round(sum(case side when 'SELL' then 1 else -1 end * quantity * price), 2) into v_cash
  from public.fills
  where trade_id = p_trade.id;
  select v_cash - coalesce(sum(amount), 0) into v_cash
  from public.ledger_entries
  where trade_id = p_trade.id and kind = 'FILL';

  insert into public.ledger_entries (
    user_id, portfolio_id, strategy_id, strategy_config_id, kind, amount, order_id, fill_id,
    trade_id, occurred_at
  )
  select
    p_trade.user_id, p_trade.portfolio_id, p_trade.strategy_id, p_trade.strategy_config_id,
    entry.kind, entry.amount, v_order_id, v_fill_id, p_trade.id, p_at
  from (
    values
      ('FILL'::public.ledger_kind, v_cash),
      ('CHARGES'::public.ledger_kind, -p_charges)
  ) as entry (kind, amount);
end
$$;

comment on function private.fill_exit is 'Writes order, fill and ledger entries of an exit.';


create function private.close_trade(
  p_trade public.trades, p_reason public.exit_reason, p_at timestamptz
) returns void
  language sql
  set search_path = ''
as $$
  -- Profit is what the fills say; the average prices are rounded and only for the eye.
  with filled as (
    select
      round(sum(case side when 'SELL' then 1 else -1 end * quantity * price), 2) as gross_pnl,
      round(
        sum(quantity * price) filter (where side <> p_trade.side)
        / sum(quantity) filter (where side <> p_trade.side), 4
      )                                                                         as exit_price,
      sum(charges)                                                              as charges
    from public.fills
    where trade_id = p_trade.id
  )

  update public.trades as trade
  set status        = 'CLOSED',
      open_quantity = 0,
      exit_time     = p_at,
      exit_price    = filled.exit_price,
      exit_reason   = p_reason,
      gross_pnl     = filled.gross_pnl,
      charges       = filled.charges,
      pnl           = filled.gross_pnl - filled.charges,
      closed_by     = 'database',
      version       = trade.version + 1
  from filled
  where trade.id = p_trade.id;
$$;

comment on function private.close_trade is 'Closes a trade whose fills add up to nothing held.';


create function private.exit_trade(p_exit jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_reason public.exit_reason := coalesce(p_exit ->> 'reason', 'EOD');
  v_trade  public.trades;
  v_now    timestamptz;
begin
  select * into v_trade
  from public.trades
  where id = (p_exit ->> 'trade_id')::uuid
  for update;
  if not found then
    return 'not_found';
  elsif v_trade.trade_mode <> 'VIRTUAL' then
    return 'not_paper';
  elsif v_trade.status = 'CLOSED' then
    return 'already_closed';
  elsif private.worker_is_alive(v_trade.strategy_config_id) then
    return 'worker_alive';
  end if;

  v_trade.open_quantity := private.held_quantity(v_trade);
  if v_trade.open_quantity is null or v_trade.open_quantity < 0 then
    return 'books_incomplete';
  end if;

  v_now := greatest(public.market_now(), v_trade.entry_time);
  if v_trade.open_quantity > 0 then
    perform private.fill_exit(
      v_trade, (p_exit ->> 'price')::numeric, (p_exit ->> 'charges')::numeric, v_reason, v_now
    );
  end if;
  perform private.close_trade(v_trade, v_reason, v_now);
  return 'closed';
end
$$;

comment on function private.exit_trade is
  'Closes one trade unless it is closed, not paper, or its worker lives; says which.';


create function private.exit_one(p_exit jsonb) returns jsonb
  language plpgsql
  set search_path = ''
as $$
begin
  return jsonb_build_object(
    'trade_id', p_exit -> 'trade_id', 'outcome', private.exit_trade(p_exit)
  );
exception
  when transaction_rollback or insufficient_resources or operator_intervention
    or system_error or internal_error or lock_not_available then
    raise;
  when others then
    return jsonb_build_object(
      'trade_id', p_exit -> 'trade_id', 'outcome', 'failed', 'code', sqlstate, 'error', sqlerrm
    );
end
$$;

comment on function private.exit_one is
  'Closes one trade in a savepoint, so that one that cannot be closed holds up no other.';

revoke execute on function
  private.worker_is_alive(uuid),
  private.held_quantity(public.trades),
  private.fill_exit(public.trades, numeric, numeric, public.exit_reason, timestamptz),
  private.close_trade(public.trades, public.exit_reason, timestamptz),
  private.exit_trade(jsonb),
  private.exit_one(jsonb)
from public;
