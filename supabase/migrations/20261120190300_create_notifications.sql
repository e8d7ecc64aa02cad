/*
  Notifications: what a user is told in words. Everything reaches the browser by broadcast; what
  matters is stored: critical kinds always, others as the user prefers.

  Written by   private.notify; the user marks them read and dismisses them (rpc)
  Read by      web (authenticated): live on the private topic user:<id>, and here
  Depends on   create_user_events
*/

create type public.notification_kind as enum (
  'order_rejected', 'strategy_error', 'circuit_breaker', 'live_mode_changed', 'emergency_stop',
  'token_expiring', 'worker_down',
  'trade_opened', 'trade_closed', 'signal', 'price_alert', 'system_info'
);
create type public.notification_channel as enum (
  'in_app', 'email', 'sms', 'push', 'telegram', 'webhook'
);
create type public.notification_preference as enum ('on', 'silent', 'off');

comment on type public.notification_kind is
  'What a notification is about; from order_rejected to worker_down they are critical.';
comment on type public.notification_channel    is 'Where a notification reaches its user.';
comment on type public.notification_preference is
  'on; silent: without a sound; off: not there.';


create table public.notifications (
  id            uuid        primary key default gen_random_uuid(),
  user_id       uuid        not null references auth.users (id) on delete cascade,
  kind          public.notification_kind not null,
  is_critical   boolean     not null,
  is_silent     boolean     not null default false,
  title         text        not null check (char_length(title) between 1 and 200),
  body          text        not null default '' check (char_length(body) <= 2000),
  entity        text,
  entity_id     uuid,
  data          jsonb       not null default '{}',
  dedup_key     text        check (char_length(dedup_key) <= 200),
  created_at    timestamptz not null default clock_timestamp(),
  read_at       timestamptz,
  dismissed_at  timestamptz,
  unique (user_id, dedup_key)
);

comment on table  public.notifications              is 'What users were told in words.';
comment on column public.notifications.id           is 'Key.';
comment on column public.notifications.user_id      is 'Who is told.';
comment on column public.notifications.kind         is 'What it is about.';
comment on column public.notifications.is_critical  is 'Stored whatever the user prefers.';
comment on column public.notifications.is_silent    is 'Shown without a sound.';
comment on column public.notifications.title        is 'One line.';
comment on column public.notifications.body         is 'The rest, in sentences.';
comment on column public.notifications.entity       is 'Table of the row it is about.';
comment on column public.notifications.entity_id    is 'Key of that row.';
comment on column public.notifications.data         is 'Facts for programs.';
comment on column public.notifications.dedup_key    is
  'What happened, where the same must be told once; null: told each time.';
comment on column public.notifications.created_at   is 'When it was told.';
comment on column public.notifications.read_at      is 'When the user read it.';
comment on column public.notifications.dismissed_at is 'When the user put it away.';

-- Serves policies and the list: newest first, for one user.
create index notifications_user_idx on public.notifications (user_id, created_at desc, id desc);
-- Serves the number on the bell.
create index notifications_unread_idx
  on public.notifications (user_id) where read_at is null and dismissed_at is null;
-- Serves the deletion of old ones.
create index notifications_created_at_idx on public.notifications using brin (created_at);

alter table public.notifications enable row level security;
revoke all on public.notifications from anon, authenticated, service_role;
grant select on public.notifications to authenticated, service_role;

create policy "A user reads their own notifications"
  on public.notifications for select to authenticated
  using ((select auth.uid()) = user_id);


create table public.notification_settings (
  user_id     uuid        not null references auth.users (id) on delete cascade,
  kind        public.notification_kind not null,
  channel     public.notification_channel not null,
  preference  public.notification_preference not null,
  updated_at  timestamptz not null default now(),
  primary key (user_id, kind, channel)
);

comment on table  public.notification_settings            is
  'What users prefer, where it is not the default; see notification_preferences().';
comment on column public.notification_settings.user_id    is 'Whose preference.';
comment on column public.notification_settings.kind       is 'For which kind.';
comment on column public.notification_settings.channel    is 'On which channel.';
comment on column public.notification_settings.preference is 'on, silent or off.';
comment on column public.notification_settings.updated_at is 'When it was set.';

alter table public.notification_settings enable row level security;
revoke all on public.notification_settings from anon, authenticated, service_role;
grant select on public.notification_settings to authenticated, service_role;

create policy "A user reads their own preferences"
  on public.notification_settings for select to authenticated
  using ((select auth.uid()) = user_id);


create table public.quiet_hours (
  user_id     uuid        primary key references auth.users (id) on delete cascade,
  starts      time        not null,
  ends        time        not null,
  updated_at  timestamptz not null default now(),
  check (starts <> ends)
);

comment on table  public.quiet_hours            is
  'When users want no message outside the browser; critical ones go out all the same.';
comment on column public.quiet_hours.user_id    is 'Whose hours.';
comment on column public.quiet_hours.starts     is 'Time of day in IST when they begin.';
comment on column public.quiet_hours.ends       is
  'Time of day in IST when they end; before starts: on the next day.';
comment on column public.quiet_hours.updated_at is 'When they were set.';

alter table public.quiet_hours enable row level security;
revoke all on public.quiet_hours from anon, authenticated, service_role;
grant select on public.quiet_hours to authenticated, service_role;

create policy "A user reads their own quiet hours"
  on public.quiet_hours for select to authenticated
  using ((select auth.uid()) = user_id);
