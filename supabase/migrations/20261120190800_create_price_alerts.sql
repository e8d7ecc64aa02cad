/*
  Price alerts: a user is told once when an instrument trades at or beyond a price.

  They are evaluated where prices arrive, in worker_write, so that a spike is not missed. Which
  alerts a batch touches is asked before users are locked, so that their owners are locked with
  them, in sorted order; they fire after the batch.

  Written by   the user; worker_write (triggered), housekeeping (expired)
  Read by      web (authenticated)
  Depends on   notify, create_last_prices
*/

create type public.price_side as enum ('ABOVE', 'BELOW');

comment on type public.price_side is 'ABOVE: at the price or higher; BELOW: at the price or lower.';

create table public.price_alerts (
  id               uuid           primary key default gen_random_uuid(),
  user_id          uuid           not null default auth.uid()
                     references auth.users (id) on delete cascade,
  instrument_key   text           not null check (instrument_key ~ '^[A-Z_]{1,20}:[0-9]{1,18}$'),
  symbol           text           not null check (char_length(symbol) between 1 and 100),
  side             public.price_side not null,
  price            numeric        not null
                     check (price > 0 and price < 1000000000 and price = round(price, 4)),
  note             text           not null default '' check (char_length(note) <= 500),
  is_active        boolean        not null default true,
  expires_at       timestamptz    not null default now() + interval '90 days',
  triggered_at     timestamptz,
  triggered_price  numeric(18, 4),
  created_at       timestamptz    not null default now(),
  updated_at       timestamptz    not null default now(),
  check (expires_at > created_at),
  check ((triggered_at is null) = (triggered_price is null)),
  check (triggered_at is null or not is_active)
);

comment on table  public.price_alerts                 is
  'Prices at which users want to be told, each once.';
comment on column public.price_alerts.id              is 'Key.';
comment on column public.price_alerts.user_id         is 'Who wants to know.';
comment on column public.price_alerts.instrument_key  is 'Segment and security id.';
comment on column public.price_alerts.symbol          is 'Trading symbol, for people.';
comment on column public.price_alerts.side            is 'ABOVE or BELOW the price.';
comment on column public.price_alerts.price           is 'Rupees.';
comment on column public.price_alerts.note            is 'What the user wants to be reminded of.';
comment on column public.price_alerts.is_active       is
  'Watched; false once triggered, expired or switched off.';
comment on column public.price_alerts.expires_at      is 'When it is not watched any more.';
comment on column public.price_alerts.triggered_at    is
  'Market time of the price that triggered it.';
comment on column public.price_alerts.triggered_price is 'That price, rupees.';
comment on column public.price_alerts.created_at      is 'When it was made.';
comment on column public.price_alerts.updated_at      is 'When the row was last changed.';

-- Serves policies and the list: newest first, for one user.
create index price_alerts_user_idx on public.price_alerts (user_id, created_at desc, id desc);
-- Serves the question of each batch of prices.
create index price_alerts_watched_idx
  on public.price_alerts (instrument_key) where is_active;
-- Serves the expiry.
create index price_alerts_expiry_idx on public.price_alerts (expires_at) where is_active;

alter table public.price_alerts enable row level security;
revoke all on public.price_alerts from anon, authenticated, service_role;
grant select on public.price_alerts to authenticated, service_role;
grant
  insert (instrument_key, symbol, side, price, note, expires_at),
  update (side, price, note, is_active, expires_at)
on public.price_alerts to authenticated;

create policy "A user reads their own price alerts"
  on public.price_alerts for select to authenticated
  using ((select auth.uid()) = user_id);

create policy "A user makes their own price alerts"
  on public.price_alerts for insert to authenticated
  with check ((select auth.uid()) = user_id);

create policy "A user edits their own price alerts"
  on public.price_alerts for update to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);

create trigger touch_updated_at
  before update on public.price_alerts
  for each row execute function private.touch_updated_at();
create trigger lock_caller
  before insert or update on public.price_alerts
  for each statement execute function private.lock_caller();


create function private.limit_price_alerts() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_most  constant integer := 100;
  v_count integer;
begin
  select count(*) into v_count
  from public.price_alerts
  where user_id = new.user_id and is_active and id <> new.id;
  if v_count >= v_most then
    raise exception using errcode = 'TB422',
      message = format('at most %s price alerts are watched at a time; switch one off first', v_most);
  end if;
  return new;
end
$$;

comment on function private.limit_price_alerts is
  'Trigger: a user watches a bounded number of prices.';

revoke execute on function private.limit_price_alerts() from public;

create trigger limit_price_alerts
  before insert or update of is_active on public.price_alerts
  for each row when (new.is_active)
  execute function private.limit_price_alerts();


create function private.rearm_price_alert() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  new.triggered_at    := null;
  new.triggered_price := null;
  return new;
end
$$;

comment on function private.rearm_price_alert is
  'Trigger: an alert that is switched on again has not been triggered.';

revoke execute on function private.rearm_price_alert() from public;

create trigger rearm_price_alert
  before update of is_active on public.price_alerts
  for each row when (new.is_active and not old.is_active)
  execute function private.rearm_price_alert();


create function private.touched_price_alerts(p_events jsonb) returns jsonb
  language plpgsql stable
  set search_path = ''
as $$
begin
  -- Mostly nobody waits for a price: then this costs one look at an index.
  if not exists (select from public.price_alerts where is_active) then
    return '[]';
  end if;
  return coalesce((
    select jsonb_agg(distinct jsonb_build_object('id', alert.id, 'user_id', alert.user_id))
    from jsonb_array_elements(p_events) as event
    cross join lateral (
      select
        event -> 'row' ->> 'instrument_key' as instrument_key,
        case
          when pg_input_is_valid(event -> 'row' ->> 'price', 'numeric')
            then (event -> 'row' ->> 'price')::numeric
        end as price
    ) as told
    inner join public.price_alerts as alert
      on alert.is_active
      and alert.instrument_key = told.instrument_key
      and case alert.side
        when 'ABOVE' then told.price >= alert.price
        else told.price <= alert.price
      end
    where event ->> 'kind' = 'last_price'
  ), '[]');
end
$$;

comment on function private.touched_price_alerts is
  'Alerts that a batch''s prices may trigger, each with its owner.';


create function private.fire_price_alerts(p_alerts jsonb) returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_alert public.price_alerts;
  v_count integer := 0;
begin
  if p_alerts = '[]' then
    return 0;
  end if;
  -- By the stored price: one that was stale, or poison, triggers nothing.
  for v_alert in
    update public.price_alerts as alert
    set is_active = false, triggered_at = last.traded_at, triggered_price = last.price
    from public.last_prices as last
    where alert.id in (select (entry ->> 'id')::uuid from jsonb_array_elements(p_alerts) as entry)
      and alert.is_active
      and alert.expires_at > now()
      and last.instrument_key = alert.instrument_key
      and case alert.side
        when 'ABOVE' then last.price >= alert.price
        else last.price <= alert.price
      end
    returning alert.*
  loop
    v_count := v_count + 1;
    perform private.notify_once(
      format('price_alert:%s:%s', v_alert.id, v_alert.triggered_at), v_alert.user_id, 'price_alert',
      format('%s is at %s', v_alert.symbol, trim_scale(v_alert.triggered_price)),
      coalesce(nullif(v_alert.note, ''), format(
        'you asked to be told when it is %s %s', lower(v_alert.side::text), trim_scale(v_alert.price)
      )),
      'price_alerts', v_alert.id, jsonb_build_object('price', v_alert.triggered_price::text)
    );
  end loop;
  return v_count;
end
$$;

comment on function private.fire_price_alerts is
  'Tells the owners of those alerts whose price is reached; their users must be locked.';

revoke execute on function
  private.touched_price_alerts(jsonb),
  private.fire_price_alerts(jsonb)
from public;
