/*
  Changes of trades, orders, configs and commands become user events: stored, numbered, broadcast.

  A row in an event carries money and prices as text, because JavaScript reads JSON numbers as
  floating point.

  Depends on   create_user_events, create_trades, create_orders, create_strategy_commands
*/

create function private.announce_trade() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  perform private.record_user_event(
    new.user_id,
    case
      when new.status = 'CLOSED' then 'trade_closed'
      when tg_op = 'INSERT'      then 'trade_opened'
      else 'trade_updated'
    end,
    'trades',
    new.id,
    to_jsonb(new) || jsonb_build_object(
      'entry_price', new.entry_price::text,
      'exit_price', new.exit_price::text,
      'stop_loss', new.stop_loss::text,
      'target_price', new.target_price::text,
      'entry_delta', new.entry_delta::text,
      'stop_premium', new.stop_premium::text,
      'target_premium', new.target_premium::text,
      'gross_pnl', new.gross_pnl::text,
      'charges', new.charges::text,
      'pnl', new.pnl::text
    )
  );
  return null;
end
$$;

comment on function private.announce_trade is 'Trigger: a trade was opened, updated or closed.';

create trigger announce_trade
  after insert or update on public.trades
  for each row execute function private.announce_trade();


create function private.announce_order() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  perform private.record_user_event(
    new.user_id,
    case tg_op when 'INSERT' then 'order_created' else 'order_updated' end,
    'orders',
    new.id,
    to_jsonb(new) || jsonb_build_object(
      'limit_price', new.limit_price::text,
      'trigger_price', new.trigger_price::text,
      'average_price', new.average_price::text
    )
  );
  return null;
end
$$;

comment on function private.announce_order is 'Trigger: an order was created or updated.';

create trigger announce_order
  after insert or update on public.orders
  for each row execute function private.announce_order();


create function private.announce_config() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  perform private.record_user_event(
    new.user_id,
    case tg_op when 'INSERT' then 'config_created' else 'config_changed' end,
    'strategy_configs',
    new.id,
    to_jsonb(new)
  );
  return null;
end
$$;

comment on function private.announce_config is
  'Trigger: a config was created, or its state changed.';

create trigger announce_config_created
  after insert on public.strategy_configs
  for each row execute function private.announce_config();
-- State only: an edit by the user must not lock the row first and the counter after it.
create trigger announce_config_changed
  after update of status, trade_mode on public.strategy_configs
  for each row when (
    (old.status, old.trade_mode, old.error_message, old.config_json)
    is distinct from (new.status, new.trade_mode, new.error_message, new.config_json)
  )
  execute function private.announce_config();


create function private.announce_command() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  perform private.record_user_event(
    new.user_id,
    case new.status
      when 'PENDING'  then 'command_created'
      when 'EXECUTED' then 'command_executed'
      else 'command_failed'
    end,
    'strategy_commands',
    new.id,
    to_jsonb(new)
  );
  return null;
end
$$;

comment on function private.announce_command is
  'Trigger: a command was given, executed, or failed.';

create trigger announce_command
  after insert or update on public.strategy_commands
  for each row execute function private.announce_command();

revoke execute on function
  private.announce_trade(),
  private.announce_order(),
  private.announce_config(),
  private.announce_command()
from public;
