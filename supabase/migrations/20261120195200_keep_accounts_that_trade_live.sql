/*
  An account goes with everything of its own, by cascade; the audit rows stay under a pseudonym.
  It does not go while it holds open live trades: they are positions at a broker, and nobody would
  look after them any more.

  Written by   nobody: a check before Supabase Auth deletes a user
  Depends on   create_trades
*/

create function private.refuse_to_forget_live_trades() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_open bigint := (
    select count(*) from public.trades
    where user_id = old.id and trade_mode = 'LIVE' and status = 'OPEN'
  );
begin
  if v_open > 0 then
    raise exception using errcode = 'TB409',
      message = format('the account holds %s open live trades; close them first', v_open);
  end if;
  return old;
end
$$;

comment on function private.refuse_to_forget_live_trades is
  'Trigger: an account with open live trades is not deleted.';

revoke execute on function private.refuse_to_forget_live_trades() from public;

create trigger keep_those_that_trade_live
  before delete on auth.users
  for each row execute function private.refuse_to_forget_live_trades();
