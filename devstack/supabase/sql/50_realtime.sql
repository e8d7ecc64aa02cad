/*
  Realtime's side of the database.

  messages, topic, send and broadcast_changes are hosted's shapes: migrations write policies on
  the first and call the others. Hosted partitions messages by day; here old rows are deleted by
  devstack/supabase/realtime/messages.py.
  views and channel_rights are ours: each answers in one round trip what Realtime must know about
  other people's rights. Both take on the role and the claims they are asked about, so only a
  superuser can use them.
*/

create table realtime.messages (
  id             uuid not null default gen_random_uuid(),
  topic          text not null,
  -- What the row is about: 'broadcast' or 'presence'; policies tell the two apart by it.
  extension      text not null,
  event          text,
  payload        jsonb,
  private        boolean default false,
  inserted_at    timestamp not null default now(),
  updated_at     timestamp not null default now(),
  primary key (id, inserted_at)
);

comment on table  realtime.messages is
  'Broadcasts sent from the database; policies on it guard private channels.';
comment on column realtime.messages.topic     is 'Channel name without the leading "realtime:".';
comment on column realtime.messages.private   is
  'Only for channels joined as private, which policies guard.';

-- Serves the deletion of old messages.
create index messages_inserted_at_idx on realtime.messages (inserted_at);

alter table realtime.messages owner to supabase_realtime_admin;
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to postgres, anon, authenticated, service_role;

-- Deleting old messages is nobody's news.
create publication supabase_realtime_messages
  for table realtime.messages with (publish = 'insert');


create function realtime.topic() returns text
  language sql
  stable
  set search_path = ''
as $$
  select nullif(current_setting('realtime.topic', true), '')
$$;

comment on function realtime.topic is
  'Inside a policy on realtime.messages: the channel in question.';


create function realtime.send(payload jsonb, event text, topic text, private boolean default true)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  message_id uuid := gen_random_uuid();
begin
  perform set_config('realtime.topic', topic, true);
  insert into realtime.messages (id, payload, event, topic, private, extension)
  values (
    message_id,
    jsonb_build_object('id', message_id) || payload,
    event, topic, private, 'broadcast'
  );
exception when others then
  -- As on hosted: a broadcast that fails must not undo the caller's own work.
  raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
end
$$;


create function realtime.broadcast_changes(
  topic_name text,
  event_name text,
  operation text,
  table_name text,
  table_schema text,
  new record,
  old record,
  level text default 'ROW'
) returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  end if;
  perform realtime.send(
    jsonb_build_object(
      'old_record', old,
      'record', new,
      'operation', operation,
      'table', table_name,
      'schema', table_schema
    ),
    event_name,
    topic_name
  );
exception when others then
  raise exception 'Failed to process the row: %', sqlerrm;
end
$$;


-- A token may name any role; like PostgREST, take on only those the API's authenticator may become.
create function realtime.require_api_role(role text) returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if not pg_has_role('authenticator', role, 'member') then
    raise insufficient_privilege using message = format('permission denied to set role "%s"', role);
  end if;
end
$$;


/*
  What a role may see of a table: the columns it may select, and whether it sees every row because
  no policy applies to it. Realtime asks once and again when the table or its grants have changed.
*/
create function realtime.access(
  relation oid, role text, out selectable text[], out everything boolean
)
  language plpgsql
  set search_path = ''
as $$
begin
  perform realtime.require_api_role(role);
  perform set_config('role', role, true);

  select array_agg(attribute.attname::text)
  into selectable
  from pg_catalog.pg_attribute as attribute
  where attribute.attrelid = relation
    and attribute.attnum > 0
    and not attribute.attisdropped
    and has_column_privilege(relation, attribute.attnum, 'select');

  everything := not row_security_active(relation);
  perform set_config('role', 'none', true);
exception when insufficient_privilege or undefined_object then
  selectable := null;  -- No role of the API's: it sees nothing.
  everything := false;
end
$$;


/*
  Return when transactions, named by the 32 bits the stream shows of them, are visible to all.

  A commit can be read from the write-ahead log some microseconds before other sessions see its
  rows: the stream is that fast. Whoever looks at the rows, or tells others to, waits here first.
*/
create function realtime.await_commits(transactions bigint[]) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  bits    constant bigint := 4294967296;  -- 2 ^ 32
  nearest bigint;                         -- Any recent transaction, in full.
begin
  nearest := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
  while exists (
    select
    from unnest(transactions) as t (low)
    -- The one transaction with these low bits that is less than 2 ^ 31 away.
    cross join lateral (
      select nearest - bits / 2 + (((low - nearest + bits / 2) % bits) + bits) % bits
    ) as x (xid)
    where not pg_visible_in_snapshot(x.xid::text::xid8, pg_current_snapshot())
  ) loop
    perform pg_sleep(0.0001);
  end loop;
end
$$;


/*
  Which rows several subscribers see, each asked with its own query, role and claims.

  The answers come in the questions' order: the keys found, or why the policies could not be asked;
  a policy that fails for one subscriber is that subscriber's loss only. Roles have passed
  realtime.access before.
*/
create function realtime.views(
  transactions bigint[],
  queries text[],
  roles text[],
  claims text[],
  out visible text[],
  out problem text
) returns setof record
  language plpgsql
  set search_path = ''
as $$
declare
  question record;
begin
  perform realtime.await_commits(transactions);
  for question in
    select asked.query, asked.role, asked.claims
    from unnest(queries, roles, claims) as asked (query, role, claims)
  loop
    visible := null;
    problem := null;
    begin
      perform
        set_config('role', question.role, true),
        set_config('request.jwt.claims', question.claims, true);
      execute question.query into visible;
    exception when others then
      problem := sqlerrm;
    end;
    return next;
  end loop;
  perform set_config('role', 'none', true);
end
$$;


/*
  What a role may do on a private channel: 'broadcast:read', 'presence:write' and so on.

  Policies on realtime.messages are asked by probe rows that are never kept: inserted by us and
  read as the role, then inserted as the role; both inside a block that always fails.
*/
create function realtime.channel_rights(topic text, role text, claims text) returns text[]
  language plpgsql
  set search_path = ''
as $$
declare
  rights text[] := '{}';
  probes uuid[] := array[gen_random_uuid(), gen_random_uuid()];
  names  text[] := array['broadcast', 'presence'];
begin
  perform realtime.require_api_role(role);
  perform
    set_config('realtime.topic', topic, true),
    set_config('request.jwt.claims', claims, true);
  begin
    insert into realtime.messages (id, topic, extension, private)
    select probe, topic, name, true from unnest(probes, names) as x (probe, name);
    perform set_config('role', role, true);
    select coalesce(array_agg(message.extension || ':read'), '{}')
    into rights
    from realtime.messages as message
    where message.id = any (probes);
    raise exception using errcode = 'RT001';  -- Undo the probes.
  exception when sqlstate 'RT001' or insufficient_privilege then null;
  end;
  for i in 1 .. 2 loop
    begin
      perform set_config('role', role, true);
      insert into realtime.messages (topic, extension, private) values (topic, names[i], true);
      raise exception using errcode = 'RT001';  -- Undo the probe.
    exception
      when sqlstate 'RT001' then rights := rights || (names[i] || ':write');
      when insufficient_privilege then null;
    end;
  end loop;
  return rights;
end
$$;

revoke execute
  on function
    realtime.require_api_role,
    realtime.access,
    realtime.await_commits,
    realtime.views,
    realtime.channel_rights
  from public;
