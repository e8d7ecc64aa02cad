/*
  What is written to the audit log by itself: orders, commands, refused signals, and every change of
  what an approval rests on.

  Left out: what people wrote (names, descriptions, what their code says when it fails; of code the
  digest is kept), and figures that follow from other rows.

  Depends on   create_audit_log, create_trading_signals, create_orders, create_strategy_commands
*/

create trigger audit_order
  after insert or update on public.orders
  for each row execute function private.audit_row('created_at', 'version', 'placed_at');

create trigger audit_command
  after insert or update on public.strategy_commands
  for each row execute function private.audit_row('created_at');

-- An accepted signal is followed by its order; a refused one is a decision of the risk checks.
create trigger audit_refused_signal
  after insert on public.trading_signals
  for each row when (new.refused_by is not null)
  execute function private.audit_row('created_at', 'indicators');

create trigger audit_strategy
  after insert or update on public.strategies
  for each row execute function private.audit_row(
    'created_at', 'name', 'description', 'digest:python_code', 'error_message',
    'performance_metrics', 'total_pnl', 'total_trades', 'winning_trades', 'losing_trades',
    'win_rate', 'last_run_at', 'last_signal_at'
  );

create trigger audit_config
  after insert or update on public.strategy_configs
  for each row execute function private.audit_row(
    'created_at', 'name', 'status_version', 'pid', 'error_message'
  );

create trigger audit_portfolio
  after insert or update on public.portfolios
  for each row execute function private.audit_row('created_at', 'name', 'balance');


/*
  A user's own statement locks the user before it locks a row, as every rpc and the worker do: else
  the edit would hold the row and wait for the counter, the worker the other way round.
*/
create function private.lock_caller() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  if auth.uid() is not null then
    perform private.lock_users(array[auth.uid()]);
  end if;
  return null;
end
$$;

comment on function private.lock_caller is
  'Trigger: takes the calling user''s counters before the statement takes rows.';

revoke execute on function private.lock_caller() from public;

create trigger lock_caller
  before insert or update on public.portfolios
  for each statement execute function private.lock_caller();
create trigger lock_caller
  before update on public.strategies
  for each statement execute function private.lock_caller();
create trigger lock_caller
  before update on public.strategy_configs
  for each statement execute function private.lock_caller();
create trigger lock_caller
  before insert on public.strategy_commands
  for each statement execute function private.lock_caller();


create function private.audit_account_deletion() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  perform private.audit(old.id, 'account_deleted', 'account', null, '{}');
  return old;
end
$$;

comment on function private.audit_account_deletion is
  'Trigger: the last row about an account, before its pseudonym is cut loose.';

revoke execute on function private.audit_account_deletion() from public;

create trigger audit_account_deletion
  before delete on auth.users
  for each row execute function private.audit_account_deletion();
