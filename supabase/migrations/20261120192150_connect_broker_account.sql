/*
  Connecting, checking and disconnecting a broker account.

  The functions ask the broker and seal the token, so the first two are for the secret key; a user
  can always cut an account off, which destroys its secrets at once.

  Called by    functions (service role), web (disconnect_broker_account)
  Depends on   create_broker_accounts
*/

create function public.connect_broker_account(
  p_user_id          uuid,
  p_broker           public.broker,
  p_client_id        text,
  p_sealed           jsonb,
  p_token_last_four  text,
  p_token_expires_at timestamptz
) returns uuid
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_account_id uuid;
begin
  if jsonb_typeof(p_sealed) is distinct from 'object' or not p_sealed ? 'access_token' then
    raise exception using errcode = 'TB422',
      message = 'p_sealed is an object with a sealed access_token';
  end if;
  perform private.lock_users(array[p_user_id]);

  insert into public.broker_accounts as account (
    user_id, broker, client_id, token_last_four, token_expires_at
  )
  values (p_user_id, p_broker, p_client_id, p_token_last_four, p_token_expires_at)
  on conflict (user_id, broker) do update
    set client_id        = excluded.client_id,
        token_last_four  = excluded.token_last_four,
        token_expires_at = excluded.token_expires_at,
        connected_at     = now(),
        disconnected_at  = null
  returning id into v_account_id;

  insert into public.broker_secrets (broker_account_id, field, sealed)
  select v_account_id, secret.key, secret.value
  from jsonb_each_text(p_sealed) as secret
  on conflict (broker_account_id, field) do update
    set sealed = excluded.sealed, updated_at = now();
  return v_account_id;
end
$$;

comment on function public.connect_broker_account is
  'Stores a user''s broker account with its sealed secrets, or replaces them; returns its id.';


create function public.record_broker_check(
  p_user_id           uuid,
  p_broker_account_id uuid,
  p_token_valid       boolean,
  p_static_ip_allowed boolean,
  p_detail            text
) returns uuid
  language sql
  security definer set search_path = ''
as $$
  insert into public.broker_checks (
    user_id, broker_account_id, token_valid, static_ip_allowed, detail
  )
  values (p_user_id, p_broker_account_id, p_token_valid, p_static_ip_allowed, left(p_detail, 1000))
  returning id;
$$;

comment on function public.record_broker_check is
  'Stores what the broker said of a user''s account.';


create function public.disconnect_broker_account(p_broker_account_id uuid) returns boolean
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id uuid := (select auth.uid());
begin
  perform private.lock_users(array[v_user_id]);
  perform from public.broker_accounts where id = p_broker_account_id and user_id = v_user_id;
  if not found then
    raise exception using errcode = 'TB404',
      message = format('broker account %s does not exist', p_broker_account_id);
  end if;

  delete from public.broker_secrets where broker_account_id = p_broker_account_id;
  update public.broker_accounts
  set disconnected_at = now(), token_last_four = ''
  where id = p_broker_account_id and disconnected_at is null;
  if not found then
    return false;
  end if;
  perform private.end_live_mode(config.id, 'the broker account was disconnected')
  from public.strategy_configs as config
  where config.user_id = v_user_id and config.trade_mode = 'LIVE';
  return true;
end
$$;

comment on function public.disconnect_broker_account is
  'Destroys the secrets of the caller''s account and ends live mode; false when it was so already.';

revoke execute on function
  public.connect_broker_account(uuid, public.broker, text, jsonb, text, timestamptz),
  public.record_broker_check(uuid, uuid, boolean, boolean, text),
  public.disconnect_broker_account(uuid)
from public, anon, authenticated;
grant execute on function
  public.connect_broker_account(uuid, public.broker, text, jsonb, text, timestamptz),
  public.record_broker_check(uuid, uuid, boolean, boolean, text)
to service_role;
grant execute on function public.disconnect_broker_account(uuid) to authenticated;
