/*
  Idempotency keys: a request that is sent again, because its answer was lost, gets the first
  one's answer and changes nothing.

  A key is claimed before the request is served and holds the answer afterwards. A second request
  meanwhile is told to wait. A function that dies leaves a claim that ends by itself; the next
  request with the key is then served as if it were the first.

  Written by   begin_request, end_request (signed-in users, through the functions);
               what has expired is removed by delete_expired_rows
  Depends on   create_rate_limits, create_operator_policy
*/

create table public.idempotency_keys (
  user_id        uuid        not null references auth.users (id) on delete cascade,
  key            text        not null check (key ~ '^[!-~]{1,200}$'),
  route          text        not null check (char_length(route) between 1 and 200),
  request_digest text        not null check (request_digest ~ '^[0-9a-f]{64}$'),
  claim          uuid        not null default gen_random_uuid(),
  claimed_until  timestamptz not null,
  status         smallint    check (status between 200 and 299),
  answer         text        check (octet_length(answer) <= 1048576),
  expires_at     timestamptz not null,
  created_at     timestamptz not null default clock_timestamp(),
  primary key (user_id, key),
  check ((status is null) = (answer is null))
);

comment on table  public.idempotency_keys                is
  'Requests that are answered once, by the key their sender gave them.';
comment on column public.idempotency_keys.user_id        is 'Who sent the request.';
comment on column public.idempotency_keys.key            is 'Idempotency-Key, as it was sent.';
comment on column public.idempotency_keys.route          is 'Method and path of the route.';
comment on column public.idempotency_keys.request_digest is
  'SHA-256 of the request: a key is for one request only.';
comment on column public.idempotency_keys.claim          is
  'Proof of the claim: end_request must show it.';
comment on column public.idempotency_keys.claimed_until  is
  'When a request that has no answer counts as dead.';
comment on column public.idempotency_keys.status         is
  'HTTP status of the answer; null while the request is served.';
comment on column public.idempotency_keys.answer         is 'Body of the answer, as it was sent.';
comment on column public.idempotency_keys.expires_at     is 'When the key is free again.';
comment on column public.idempotency_keys.created_at     is 'When it was first claimed.';

create index idempotency_keys_expires_at_idx on public.idempotency_keys (expires_at);

alter table public.idempotency_keys enable row level security;
revoke all on public.idempotency_keys from anon, authenticated, service_role;
grant select on public.idempotency_keys to service_role;


create function private.claim_key(
  p_user_id uuid, p_key text, p_route text, p_digest text, p_now timestamptz
) returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_claim uuid;
  v_known public.idempotency_keys;
begin
  insert into public.idempotency_keys as known (
    user_id, key, route, request_digest, claimed_until, expires_at
  )
  values (
    p_user_id,
    p_key,
    p_route,
    p_digest,
    p_now + interval '2 minutes',
    p_now + make_interval(days => (select keep_idempotency_keys_days from public.operator_policy))
  )
  on conflict (user_id, key) do update
    set route          = excluded.route,
        request_digest = excluded.request_digest,
        claim          = excluded.claim,
        claimed_until  = excluded.claimed_until,
        status         = null,
        answer         = null,
        expires_at     = excluded.expires_at,
        created_at     = excluded.created_at
    where known.expires_at <= p_now
      or (
        known.status is null
        and known.claimed_until <= p_now
        and known.request_digest = excluded.request_digest
      )
  returning claim into v_claim;
  if v_claim is not null then
    return jsonb_build_object('outcome', 'claimed', 'claim', v_claim);
  end if;

  select * into v_known from public.idempotency_keys where user_id = p_user_id and key = p_key;
  if v_known.request_digest is distinct from p_digest then
    return jsonb_build_object('outcome', 'other_request');
  elsif v_known.status is null then
    return jsonb_build_object(
      'outcome', 'running',
      'seconds', ceil(extract(epoch from v_known.claimed_until - p_now))
    );
  end if;
  return jsonb_build_object(
    'outcome', 'answered', 'status', v_known.status, 'answer', v_known.answer
  );
end
$$;

comment on function private.claim_key is
  'Claims a key for a request: claimed, running, answered (with the answer), other_request.';


create function public.begin_request(
  p_key text default null, p_route text default null, p_digest text default null
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user  uuid        := (select auth.uid());
  v_now   timestamptz := clock_timestamp();
  v_limit integer     := (select requests_per_minute from public.operator_policy);
  v_count integer;
  v_said  jsonb;
begin
  begin
    v_count := private.count_request(v_user, v_now);
  exception
    when foreign_key_violation or not_null_violation then
      return jsonb_build_object('outcome', 'no_account');
  end;
  v_said := jsonb_build_object(
    'limit',     v_limit,
    'remaining', greatest(v_limit - v_count, 0),
    'reset',     60 - floor(extract(second from v_now))
  );
  if v_count > v_limit then
    return v_said || '{"outcome": "limited"}';
  elsif p_key is null then
    return v_said || '{"outcome": "admitted"}';
  end if;
  return v_said || private.claim_key(v_user, p_key, p_route, p_digest, v_now);
end
$$;

comment on function public.begin_request is
  'Counts a request of the signed-in user against the limit; with a key, claims it.';


create function public.end_request(
  p_key text, p_claim uuid, p_status integer default null, p_answer text default null
) returns boolean
  language plpgsql
  security definer set search_path = ''
as $$
begin
  if p_status is null then
    delete from public.idempotency_keys
    where user_id = (select auth.uid()) and key = p_key and claim = p_claim and status is null;
  else
    update public.idempotency_keys
    set status = p_status, answer = p_answer
    where user_id = (select auth.uid()) and key = p_key and claim = p_claim and status is null;
  end if;
  return found;
end
$$;

comment on function public.end_request is
  'Keeps the answer of a claimed key, or frees the key when none is given; false: claimed anew.';


revoke execute on function
  private.claim_key(uuid, text, text, text, timestamptz),
  public.begin_request(text, text, text),
  public.end_request(text, uuid, integer, text)
from public, anon, authenticated, service_role;
grant execute on function
  public.begin_request(text, text, text),
  public.end_request(text, uuid, integer, text)
to authenticated;
