/*
  Positions: what is held now, valued at the last price. A view of the open trades.

  Read by      web (authenticated, own rows: the view obeys the reader's policies)
  Depends on   create_trades, create_last_prices
*/

create view public.positions
  with (security_invoker = true)
as
select
  trade.id                                                as trade_id,
  trade.user_id,
  trade.portfolio_id,
  trade.strategy_id,
  trade.strategy_config_id,
  trade.trade_mode,
  trade.instrument_key,
  trade.symbol,
  trade.trade_type,
  trade.side,
  case trade.side
    when 'BUY' then trade.open_quantity else -trade.open_quantity
  end                                                     as quantity,
  trade.entry_time,
  trade.entry_price,
  trade.stop_loss,
  trade.target_price,
  trade.stop_premium,
  trade.target_premium,
  last.price                                              as last_price,
  last.traded_at                                          as last_price_at,
  round(
    (last.price - trade.entry_price)
    * case trade.side when 'BUY' then trade.open_quantity else -trade.open_quantity end,
    2
  )                                                       as unrealised_pnl
from public.trades as trade
left join public.last_prices as last on trade.instrument_key = last.instrument_key
where trade.status = 'OPEN';

comment on view   public.positions is
  'What is held now, valued at the last price.';
comment on column public.positions.trade_id           is 'The open trade.';
comment on column public.positions.user_id            is 'Owner.';
comment on column public.positions.portfolio_id       is 'Portfolio it is booked to.';
comment on column public.positions.strategy_id        is 'Strategy that holds it.';
comment on column public.positions.strategy_config_id is 'Config that holds it.';
comment on column public.positions.trade_mode         is 'VIRTUAL or LIVE.';
comment on column public.positions.instrument_key     is 'Segment and security id.';
comment on column public.positions.symbol             is 'Trading symbol.';
comment on column public.positions.trade_type         is 'Direction of the view: LONG or SHORT.';
comment on column public.positions.side               is 'What opened it: BUY or SELL.';
comment on column public.positions.quantity is
  'Units held: above zero bought, below zero sold.';
comment on column public.positions.entry_time         is 'Market time of the first entry fill.';
comment on column public.positions.entry_price        is 'Average entry fill, rupees per unit.';
comment on column public.positions.stop_loss is
  'Stop, a level of the signal''s instrument.';
comment on column public.positions.target_price       is 'Target, likewise.';
comment on column public.positions.stop_premium is
  'Of an option: its estimated price at the stop.';
comment on column public.positions.target_premium     is 'Of an option: likewise at the target.';
comment on column public.positions.last_price is
  'Last traded price, rupees; null when none is known.';
comment on column public.positions.last_price_at      is 'Market time of that price.';
comment on column public.positions.unrealised_pnl is
  'Profit at the last price, before charges, rupees.';

revoke all on public.positions from anon, authenticated, service_role;
grant select on public.positions to authenticated, service_role;
