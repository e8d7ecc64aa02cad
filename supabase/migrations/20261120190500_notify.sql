/*
  private.notify: tells a user something. Critical kinds are stored whatever the preferences, others
  when a channel wants them; the rest is broadcast and forgotten.

  A stored notification is a user event (notification_created), with its number in the user's
  sequence; one that is not stored is a broadcast of kind notification without a number.

  Who notifies several users calls private.lock_users(all of them) first.

  Depends on   create_notifications, create_notification_deliveries
*/

create function private.is_critical(p_kind public.notification_kind) returns boolean
  language sql immutable
  set search_path = ''
as $$
  select p_kind in (
    'order_rejected', 'strategy_error', 'circuit_breaker', 'live_mode_changed', 'emergency_stop',
    'token_expiring', 'worker_down'
  );
$$;

comment on function private.is_critical is 'Whether a kind is stored whatever the user prefers.';


create function private.default_preference(
  p_kind public.notification_kind, p_channel public.notification_channel
) returns public.notification_preference
  language sql immutable
  set search_path = ''
as $$
  select (case
    when p_channel = 'in_app'
      and (private.is_critical(p_kind) or p_kind in ('price_alert', 'system_info')) then 'on'
    else 'off'
  end)::public.notification_preference;
$$;

comment on function private.default_preference is
  'What holds until the user says otherwise: in the browser what matters, elsewhere nothing.';


create function private.preferences(p_user_id uuid, p_kind public.notification_kind)
  returns table (
    channel public.notification_channel, preference public.notification_preference
  )
  language sql stable
  set search_path = ''
as $$
  select
    known.channel,
    coalesce(settings.preference, private.default_preference(p_kind, known.channel))
  from unnest(enum_range(null::public.notification_channel)) as known (channel)
  left join public.notification_settings as settings
    on settings.user_id = p_user_id
    and settings.kind = p_kind
    and settings.channel = known.channel;
$$;

comment on function private.preferences is 'What a user prefers for a kind, on every channel.';


create function private.delivery_time(p_user_id uuid, p_is_critical boolean) returns timestamptz
  language sql stable
  set search_path = ''
as $$
  -- In IST, which has no summer time.
  select coalesce((
    select case
      when p_is_critical or not is_quiet then null
      when ist.clock < quiet.ends then ist.day + quiet.ends - interval '5 hours 30 minutes'
      else ist.day + quiet.ends + interval '18 hours 30 minutes'
    end at time zone 'UTC'
    from public.quiet_hours as quiet
    cross join lateral (
      select moment::date as day, moment::time as clock
      from (select now() at time zone 'UTC' + interval '5 hours 30 minutes' as moment) as india
    ) as ist
    cross join lateral (
      select case
        when quiet.starts < quiet.ends then ist.clock >= quiet.starts and ist.clock < quiet.ends
        else ist.clock >= quiet.starts or ist.clock < quiet.ends
      end as is_quiet
    ) as hours
    where quiet.user_id = p_user_id
  ), clock_timestamp());
$$;

comment on function private.delivery_time is
  'When a message may leave: now, or when the user''s quiet hours end.';


create function private.render(p_template text, p_notification public.notifications) returns text
  language sql immutable
  set search_path = ''
as $$
  -- Split at the placeholders first, so that what is put in is never looked at again.
  select string_agg(
    case part.text
      when '{title}' then p_notification.title
      when '{body}'  then p_notification.body
      when '{kind}'  then p_notification.kind::text
      else part.text
    end, '' order by part.number
  )
  from regexp_matches(p_template, '\{title\}|\{body\}|\{kind\}|[^{]+|\{', 'g')
    with ordinality as found (matched, number)
  cross join lateral (select found.matched[1] as text, found.number) as part;
$$;

comment on function private.render is 'A template with the notification''s words in it.';


create function private.queue_deliveries(p_notification public.notifications) returns void
  language sql
  set search_path = ''
as $$
  insert into public.notification_deliveries (
    user_id, notification_id, channel, is_silent, title, body, next_attempt_at
  )
  select
    p_notification.user_id,
    p_notification.id,
    wanted.channel,
    wanted.preference = 'silent',
    coalesce(private.render(template.title, p_notification), ''),
    coalesce(private.render(template.body, p_notification), ''),
    private.delivery_time(p_notification.user_id, p_notification.is_critical)
  from private.preferences(p_notification.user_id, p_notification.kind) as wanted
  cross join lateral (
    select title, body
    from public.alert_templates
    where channel = wanted.channel and (kind = p_notification.kind or kind is null)
    order by kind nulls last
    limit 1
  ) as template
  where wanted.channel <> 'in_app' and wanted.preference <> 'off';
$$;

comment on function private.queue_deliveries is
  'Orders a message on every channel where the user wants the kind.';


create function private.notify_once(
  p_dedup_key text, p_user_id uuid, p_kind public.notification_kind, p_title text, p_body text,
  p_entity text, p_entity_id uuid, p_data jsonb
) returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_critical     boolean := private.is_critical(p_kind);
  v_in_app       public.notification_preference;
  v_wanted       boolean;
  v_notification public.notifications;
begin
  perform private.lock_users(array[p_user_id]);
  select
    bool_or(wanted.preference <> 'off'),
    min(wanted.preference) filter (where wanted.channel = 'in_app')
  into v_wanted, v_in_app
  from private.preferences(p_user_id, p_kind) as wanted;

  if not (v_critical or v_wanted) then
    perform realtime.send(
      jsonb_build_object(
        'kind', 'notification', 'at', now(),
        'row', jsonb_build_object(
          'kind', p_kind, 'title', p_title, 'body', p_body, 'entity', p_entity,
          'entity_id', p_entity_id, 'data', coalesce(p_data, '{}')
        )
      ),
      'notification', 'user:' || p_user_id, true
    );
    return null;
  end if;

  insert into public.notifications (
    user_id, kind, is_critical, is_silent, title, body, entity, entity_id, data, dedup_key
  )
  values (
    p_user_id, p_kind, v_critical, v_in_app <> 'on', left(p_title, 200),
    left(coalesce(p_body, ''), 2000), p_entity, p_entity_id, coalesce(p_data, '{}'), p_dedup_key
  )
  on conflict (user_id, dedup_key) do nothing
  returning * into v_notification;
  if not found then
    return null;
  end if;

  perform private.queue_deliveries(v_notification);
  perform private.record_user_event(
    p_user_id, 'notification_created', 'notifications', v_notification.id, to_jsonb(v_notification)
  );
  return v_notification.id;
end
$$;

comment on function private.notify_once is
  'Tells a user something unless it was told under the same key; returns the stored '
  'notification, null when it was broadcast only or told before.';


create function private.notify(
  p_user_id uuid, p_kind public.notification_kind, p_title text, p_body text,
  p_entity text, p_entity_id uuid, p_data jsonb
) returns uuid
  language sql
  set search_path = ''
as $$
  select private.notify_once(
    null, p_user_id, p_kind, p_title, p_body, p_entity, p_entity_id, p_data
  );
$$;

comment on function private.notify is
  'Tells a user something; returns the stored notification, null when it was broadcast only.';

revoke execute on function
  private.is_critical(public.notification_kind),
  private.default_preference(public.notification_kind, public.notification_channel),
  private.preferences(uuid, public.notification_kind),
  private.delivery_time(uuid, boolean),
  private.render(text, public.notifications),
  private.queue_deliveries(public.notifications),
  private.notify_once(
    text, uuid, public.notification_kind, text, text, text, uuid, jsonb
  ),
  private.notify(uuid, public.notification_kind, text, text, text, uuid, jsonb)
from public;
