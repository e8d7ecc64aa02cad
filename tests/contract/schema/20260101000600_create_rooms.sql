/*
  Rooms: private topics, and alerts broadcast on a user's own topic by a trigger.

  A member may read the topic room:<name>; one with may_write may also speak there.
  Everybody may read the topic user:<own id>.
*/

create table public.room_members (
  topic      text not null,
  user_id    uuid not null references auth.users (id) on delete cascade,
  may_write  boolean not null default false,
  primary key (topic, user_id)
);

create table public.alerts (
  id       bigint generated always as identity primary key,
  user_id  uuid not null references auth.users (id) on delete cascade,
  body     text not null
);

comment on table public.room_members is 'Who may listen to, and who may speak on, a private topic.';
comment on table public.alerts is 'Every change is broadcast on the private topic of its user.';

alter table public.room_members enable row level security;
alter table public.alerts enable row level security;
grant select on public.room_members to authenticated;
grant select, insert on public.room_members to service_role;
grant select, insert, update, delete on public.alerts to service_role;

create policy "A user sees their own memberships"
  on public.room_members for select to authenticated
  using ((select auth.uid()) = user_id);

create policy "Members listen to their room"
  on realtime.messages for select to authenticated
  using (
    exists (
      select from public.room_members
      where room_members.topic = (select realtime.topic())
        and room_members.user_id = (select auth.uid())
    )
  );

create policy "Members with the right to write speak in their room"
  on realtime.messages for insert to authenticated
  with check (
    exists (
      select from public.room_members
      where room_members.topic = (select realtime.topic())
        and room_members.user_id = (select auth.uid())
        and room_members.may_write
    )
  );

create policy "A user listens to their own topic"
  on realtime.messages for select to authenticated
  using ((select realtime.topic()) = 'user:' || (select auth.uid())::text);

create function public.broadcast_alert() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform realtime.broadcast_changes(
    'user:' || coalesce(new.user_id, old.user_id)::text,
    'alert_' || lower(tg_op), tg_op, tg_table_name, tg_table_schema, new, old
  );
  return null;
end;
$$;

revoke execute on function public.broadcast_alert() from public;

create trigger broadcast_alert
  after insert or update or delete on public.alerts
  for each row execute function public.broadcast_alert();
