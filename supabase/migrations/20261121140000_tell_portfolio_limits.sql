/*
  What a portfolio allows counts from the next decision on: the worker learns of a change as it
  learns of any, by a command for each of the portfolio's configs that runs.

  Written by   the trigger, when the user changes a limit
  Read by      worker
  Depends on   create_portfolios, create_strategy_commands
*/

create function private.tell_portfolio_limits() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  insert into public.strategy_commands (strategy_config_id, command)
  select config.id, 'UPDATE_CONFIG'
  from public.strategy_configs as config
  join public.strategies as strategy on strategy.id = config.strategy_id
  where config.user_id = new.user_id
    and coalesce(config.portfolio_id, strategy.portfolio_id) = new.id
    and config.runner = 'worker'
    and config.status in ('ACTIVE', 'PAUSED')
    and strategy.archived_at is null;
  return null;
end
$$;

comment on function private.tell_portfolio_limits is
  'Trigger: has the worker read the configs of a portfolio anew when its limits changed.';

revoke execute on function private.tell_portfolio_limits() from public;

create trigger tell_portfolio_limits
  after update of max_open_trades, daily_loss_limit_pct, max_outlay_pct on public.portfolios
  for each row when (
    (new.max_open_trades, new.daily_loss_limit_pct, new.max_outlay_pct)
    is distinct from (old.max_open_trades, old.daily_loss_limit_pct, old.max_outlay_pct)
  )
  execute function private.tell_portfolio_limits();
