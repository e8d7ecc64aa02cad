/*
  Notification deliveries: the outbox of every channel but the browser. A row is one message to be
  sent, already in words; who sends claims it, and says how it went. What cannot be delivered ends
  dead, where the user and the operator see it.

  Written by   private.notify (pending)
  Read by      web (the owner), whoever delivers (service role)
  Depends on   create_notifications
*/

create table public.alert_templates (
  channel     public.notification_channel not null,
  kind        public.notification_kind,
  title       text        not null check (char_length(title) <= 500),
  body        text        not null check (char_length(body) <= 4000),
  updated_at  timestamptz not null default now(),
  unique nulls not distinct (channel, kind)
);

comment on table  public.alert_templates            is
  'The words of messages by channel; {title}, {body} and {kind} stand for the notification''s.';
comment on column public.alert_templates.channel    is 'For which channel.';
comment on column public.alert_templates.kind       is
  'For which kind; null: every kind without its own.';
comment on column public.alert_templates.title      is 'First line or subject; empty: none.';
comment on column public.alert_templates.body       is 'The text.';
comment on column public.alert_templates.updated_at is 'When it was last changed.';

insert into public.alert_templates (channel, kind, title, body) values
  ('email', null, 'Tradebase: {title}', E'{title}\n\n{body}'),
  ('sms', null, '', 'Tradebase: {title}. {body}'),
  ('push', null, '{title}', '{body}'),
  ('telegram', null, '', E'{title}\n{body}'),
  ('webhook', null, '{title}', '{body}');

alter table public.alert_templates enable row level security;
revoke all on public.alert_templates from anon, authenticated, service_role;
grant select on public.alert_templates to authenticated, service_role;

create policy "A signed-in user reads templates"
  on public.alert_templates for select to authenticated
  using (true);


create type public.delivery_status as enum ('pending', 'sending', 'sent', 'dead');

comment on type public.delivery_status is
  'pending: to be sent or tried again; dead: given up, with the reason.';

create table public.notification_deliveries (
  id               uuid        primary key default gen_random_uuid(),
  user_id          uuid        not null references auth.users (id) on delete cascade,
  notification_id  uuid        not null references public.notifications (id) on delete cascade,
  channel          public.notification_channel not null check (channel <> 'in_app'),
  is_silent        boolean     not null default false,
  title            text        not null,
  body             text        not null,
  status           public.delivery_status not null default 'pending',
  attempts         integer     not null default 0 check (attempts >= 0),
  next_attempt_at  timestamptz default clock_timestamp(),
  lease_until      timestamptz,
  last_error       text        check (char_length(last_error) <= 1000),
  created_at       timestamptz not null default clock_timestamp(),
  ended_at         timestamptz,
  -- The same notification leaves once per channel.
  unique (notification_id, channel),
  check ((status = 'pending') = (next_attempt_at is not null)),
  check ((status = 'sending') = (lease_until is not null)),
  check ((status in ('sent', 'dead')) = (ended_at is not null)),
  check (status <> 'dead' or last_error is not null)
);

comment on table  public.notification_deliveries                 is
  'Messages to be sent outside the browser, one per notification and channel.';
comment on column public.notification_deliveries.id              is
  'Key; shown to receivers that can tell repeats.';
comment on column public.notification_deliveries.user_id         is 'Who is told.';
comment on column public.notification_deliveries.notification_id is 'What is told.';
comment on column public.notification_deliveries.channel         is 'Where it is sent.';
comment on column public.notification_deliveries.is_silent       is 'Without a sound there.';
comment on column public.notification_deliveries.title           is 'In the words of the template.';
comment on column public.notification_deliveries.body            is 'In the words of the template.';
comment on column public.notification_deliveries.status          is 'How far it got.';
comment on column public.notification_deliveries.attempts        is 'How often it was tried.';
comment on column public.notification_deliveries.next_attempt_at is
  'When it may be tried, not before quiet hours end; null unless pending.';
comment on column public.notification_deliveries.lease_until     is
  'When a silent sender counts as dead; null unless sending.';
comment on column public.notification_deliveries.last_error      is 'Why the last attempt failed.';
comment on column public.notification_deliveries.created_at      is 'When it was ordered.';
comment on column public.notification_deliveries.ended_at        is 'When it was sent or given up.';

-- Serves policies and the list.
create index notification_deliveries_user_idx
  on public.notification_deliveries (user_id, created_at desc);
-- Serves whoever delivers.
create index notification_deliveries_due_idx
  on public.notification_deliveries (next_attempt_at) where status = 'pending';
-- Serves the list of what could not be delivered.
create index notification_deliveries_dead_idx
  on public.notification_deliveries (ended_at) where status = 'dead';

alter table public.notification_deliveries enable row level security;
revoke all on public.notification_deliveries from anon, authenticated, service_role;
grant select on public.notification_deliveries to authenticated, service_role;

create policy "A user reads their own deliveries"
  on public.notification_deliveries for select to authenticated
  using ((select auth.uid()) = user_id);
