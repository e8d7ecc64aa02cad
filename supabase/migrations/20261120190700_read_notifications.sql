/*
  What a user does with notifications: read, dismiss, prefer, be left alone.

  Called by    web, functions (authenticated); set_alert_template by an admin
  Depends on   notify
*/

create function private.check_ids(p_ids uuid[]) returns void
  language plpgsql immutable
  set search_path = ''
as $$
begin
  if cardinality(p_ids) > 1000 then
    raise exception using errcode = 'TB422',
      message = format('at most 1000 ids are taken at once, not %s', cardinality(p_ids));
  end if;
end
$$;

comment on function private.check_ids is 'Refuses a list that is too long.';


create function public.mark_notifications_read(p_ids uuid[] default null) returns integer
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  perform private.check_ids(p_ids);
  update public.notifications
  set read_at = clock_timestamp()
  where user_id = (select auth.uid())
    and read_at is null
    and (p_ids is null or id = any (p_ids));
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

comment on function public.mark_notifications_read is
  'Marks the caller''s notifications read, all of them when none are named; returns how many.';


create function public.dismiss_notifications(p_ids uuid[]) returns integer
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  perform private.check_ids(p_ids);
  update public.notifications
  set dismissed_at = clock_timestamp(), read_at = coalesce(read_at, clock_timestamp())
  where user_id = (select auth.uid()) and dismissed_at is null and id = any (p_ids);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

comment on function public.dismiss_notifications is
  'Puts the caller''s notifications away; returns how many.';


create function public.notification_preferences()
  returns table (
    kind public.notification_kind,
    channel public.notification_channel,
    preference public.notification_preference,
    is_critical boolean
  )
  language sql stable
  security definer set search_path = ''
as $$
  select known.kind, wanted.channel, wanted.preference, private.is_critical(known.kind)
  from unnest(enum_range(null::public.notification_kind)) as known (kind)
  cross join lateral private.preferences((select auth.uid()), known.kind) as wanted
  order by known.kind, wanted.channel;
$$;

comment on function public.notification_preferences is
  'What the caller prefers for every kind on every channel, defaults included.';


create function public.set_notification_preference(
  p_kind public.notification_kind, p_channel public.notification_channel,
  p_preference public.notification_preference
) returns public.notification_settings
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_settings public.notification_settings;
begin
  if p_channel = 'in_app' and p_preference = 'off' and private.is_critical(p_kind) then
    raise exception using errcode = 'TB422',
      message = format('%s is critical: in the browser it can be silent, not off', p_kind);
  end if;
  insert into public.notification_settings (user_id, kind, channel, preference)
  values ((select auth.uid()), p_kind, p_channel, p_preference)
  on conflict (user_id, kind, channel) do update
    set preference = excluded.preference, updated_at = now()
  returning * into v_settings;
  return v_settings;
end
$$;

comment on function public.set_notification_preference is
  'Sets what the caller prefers for one kind on one channel.';


create function public.set_quiet_hours(p_starts time default null, p_ends time default null)
  returns public.quiet_hours
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id uuid := (select auth.uid());
  v_hours   public.quiet_hours;
begin
  if (p_starts is null) <> (p_ends is null) or p_starts = p_ends then
    raise exception using errcode = 'TB422',
      message = format(
        'quiet hours have a start and another end, or neither, not %s to %s',
        coalesce(p_starts::text, 'null'), coalesce(p_ends::text, 'null')
      );
  end if;
  if p_starts is null then
    delete from public.quiet_hours where user_id = v_user_id;
    return null;
  end if;
  insert into public.quiet_hours (user_id, starts, ends)
  values (v_user_id, p_starts, p_ends)
  on conflict (user_id) do update
    set starts = excluded.starts, ends = excluded.ends, updated_at = now()
  returning * into v_hours;
  return v_hours;
end
$$;

comment on function public.set_quiet_hours is
  'Sets the caller''s quiet hours, times of day in IST; without arguments there are none.';


create function public.set_alert_template(
  p_channel public.notification_channel, p_kind public.notification_kind, p_title text,
  p_body text
) returns public.alert_templates
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_template public.alert_templates;
begin
  if not private.is_operator() then
    raise exception using errcode = '42501', message = 'templates are changed by an admin only';
  end if;
  insert into public.alert_templates (channel, kind, title, body)
  values (p_channel, p_kind, p_title, p_body)
  on conflict (channel, kind) do update
    set title = excluded.title, body = excluded.body, updated_at = now()
  returning * into v_template;
  perform private.audit(
    null, 'template_changed', 'alert_templates', null,
    jsonb_build_object('channel', p_channel, 'kind', p_kind)
  );
  return v_template;
end
$$;

comment on function public.set_alert_template is
  'Sets the words of a channel, for one kind or (null) for all others; an admin only.';

revoke execute on function
  private.check_ids(uuid[]),
  public.mark_notifications_read(uuid[]),
  public.dismiss_notifications(uuid[]),
  public.notification_preferences(),
  public.set_notification_preference(
    public.notification_kind, public.notification_channel, public.notification_preference
  ),
  public.set_quiet_hours(time, time),
  public.set_alert_template(
    public.notification_channel, public.notification_kind, text, text
  )
from public, anon, authenticated;
grant execute on function
  public.mark_notifications_read(uuid[]),
  public.dismiss_notifications(uuid[]),
  public.notification_preferences(),
  public.set_notification_preference(
    public.notification_kind, public.notification_channel, public.notification_preference
  ),
  public.set_quiet_hours(time, time)
to authenticated;
grant execute on function public.set_alert_template(
  public.notification_channel, public.notification_kind, text, text
) to authenticated, service_role;
