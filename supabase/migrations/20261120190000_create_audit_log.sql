/*
  Audit log: what was done, by whom, one sequence per account, never changed and never deleted.

  A row names the account by a pseudonym. The link from the account to its pseudonym goes with the
  account, the rows stay; so a detail holds no name and no text of the user's.

  Order of locks: the user's event counter first (private.lock_users), the audit counter after it;
  private.audit takes both in that order. Whoever writes for several users calls
  private.lock_users(all of them) before anything else, and audits system rows (no user) last.

  Written by   private.audit: triggers (audit_changes), rpc that refuse
  Read by      web (the owner; an admin all), functions (seals, verification)
  Depends on   create_user_events
*/

create type public.audit_actor as enum ('user', 'worker', 'function', 'operator');

comment on type public.audit_actor is
  'Who acted: the user, the worker, a function with the secret key, the operator.';


create table public.audit_subjects (
  subject        uuid   primary key default gen_random_uuid(),
  user_id        uuid   unique references auth.users (id) on delete set null,
  last_sequence  bigint not null default 0 check (last_sequence >= 0)
)
with (fillfactor = 50);

comment on table  public.audit_subjects is
  'Pseudonyms of the accounts in the audit log, each with the last number used.';
comment on column public.audit_subjects.subject is
  'Pseudonym; all zeros: the system itself.';
comment on column public.audit_subjects.user_id is
  'Whose pseudonym; null once the account is gone.';
comment on column public.audit_subjects.last_sequence is
  'Last number used; 0 before the first row.';

insert into public.audit_subjects (subject) values ('00000000-0000-0000-0000-000000000000');

alter table public.audit_subjects enable row level security;
revoke all on public.audit_subjects from anon, authenticated, service_role;
grant select on public.audit_subjects to authenticated, service_role;

create policy "A user knows their own pseudonym, an admin all"
  on public.audit_subjects for select to authenticated
  using (
    (select auth.uid()) = user_id
    or (select auth.jwt()) #>> '{app_metadata,role}' = 'admin'
  );


create table public.audit_log (
  -- No foreign key: private.audit takes it from there, and the check is a third of an append.
  subject      uuid        not null,
  sequence     bigint      not null check (sequence > 0),
  actor        public.audit_actor not null,
  action       text        not null check (action ~ '^[a-z][a-z_]{0,49}$'),
  entity       text        not null check (entity ~ '^[a-z][a-z_]{0,49}$'),
  entity_id    uuid,
  detail       jsonb       not null default '{}' check (jsonb_typeof(detail) = 'object'),
  occurred_at  timestamptz not null,
  primary key (subject, sequence)
);

comment on table  public.audit_log is
  'What was done, by whom: one sequence per account, only ever appended to.';
comment on column public.audit_log.subject     is 'Pseudonym of the account it concerns.';
comment on column public.audit_log.sequence    is
  '1, 2, 3 ... per subject, in the order of commits.';
comment on column public.audit_log.actor       is 'Who acted.';
comment on column public.audit_log.action      is
  'insert or update of a row, or a verb: live_mode_refused, emergency_stop ...';
comment on column public.audit_log.entity      is 'Table or thing it was done to.';
comment on column public.audit_log.entity_id   is 'Key of the row it was done to.';
comment on column public.audit_log.detail      is
  'insert: the row; update: what changed, as old and new; without personal data.';
comment on column public.audit_log.occurred_at is 'Wall clock when it was done.';

alter table public.audit_log enable row level security;
revoke all on public.audit_log from anon, authenticated, service_role;
grant select on public.audit_log to authenticated, service_role;

-- As an array, so that the index finds the rows: an OR would read them all.
create policy "A user reads what was logged about them, an admin everything"
  on public.audit_log for select to authenticated
  using (
    subject = any(array(
      select known.subject
      from public.audit_subjects as known
      where (select auth.uid()) = known.user_id
        or (select auth.jwt()) #>> '{app_metadata,role}' = 'admin'
    ))
  );


create function private.keep_audit_log() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  raise exception using errcode = '42501',
    message = format('%s of %s is not possible: it is only ever appended to', tg_op, tg_table_name);
end
$$;

comment on function private.keep_audit_log is
  'Trigger: refuses to change what is append-only, to the owner of the tables too.';

revoke execute on function private.keep_audit_log() from public;

create trigger keep_audit_log
  before update or delete or truncate on public.audit_log
  for each statement execute function private.keep_audit_log();


create function private.audit_actor(p_user_id uuid) returns public.audit_actor
  language plpgsql stable
  set search_path = ''
as $$
declare
  v_said   text := current_setting('tradebase.actor', true);
  v_caller uuid;
begin
  if v_said <> '' then
    return v_said::public.audit_actor;
  end if;
  v_caller := auth.uid();
  return (case
    -- An admin who acts on what is not their own acts for the operator.
    when v_caller = p_user_id                   then 'user'
    when v_caller is not null                   then 'operator'
    when auth.jwt() ->> 'role' = 'service_role' then 'function'
    else 'operator'
  end)::public.audit_actor;
end
$$;

comment on function private.audit_actor is
  'Who acts in this transaction; worker_write says so in the setting tradebase.actor.';

revoke execute on function private.audit_actor(uuid) from public;


create function private.audit(
  p_user_id uuid, p_action text, p_entity text, p_entity_id uuid, p_detail jsonb
) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_nobody   constant uuid := '00000000-0000-0000-0000-000000000000';
  v_subject  uuid;
  v_sequence bigint;
begin
  if p_user_id is null then
    update public.audit_subjects
    set last_sequence = last_sequence + 1
    where subject = v_nobody
    returning subject, last_sequence into v_subject, v_sequence;
  else
    -- The event counter before the audit counter; most callers hold it already.
    perform from public.user_event_counters where user_id = p_user_id for update;
    if not found then
      perform private.lock_users(array[p_user_id]);
    end if;
    insert into public.audit_subjects as counter (user_id, last_sequence)
    values (p_user_id, 1)
    on conflict (user_id) do update set last_sequence = counter.last_sequence + 1
    returning subject, last_sequence into v_subject, v_sequence;
  end if;

  insert into public.audit_log (
    subject, sequence, actor, action, entity, entity_id, detail, occurred_at
  )
  values (
    v_subject, v_sequence, private.audit_actor(p_user_id), p_action, p_entity, p_entity_id,
    coalesce(p_detail, '{}'), clock_timestamp()
  );
end
$$;

comment on function private.audit is
  'Appends one row to the audit log of a user, or of the system when there is none.';

revoke execute on function private.audit(uuid, text, text, uuid, jsonb) from public;


create function private.audited_columns(p_row jsonb, p_rules text[]) returns jsonb
  language plpgsql immutable
  set search_path = ''
as $$
declare
  v_row    jsonb := p_row - 'user_id' - 'updated_at' - p_rules;
  v_rule   text;
  v_column text;
begin
  foreach v_rule in array p_rules loop
    v_column := substring(v_rule from '^digest:(.*)');
    if v_row ->> v_column is not null then
      v_row := jsonb_set(v_row, array[v_column], to_jsonb(
        'sha256:' || encode(sha256(convert_to(v_row ->> v_column, 'UTF8')), 'hex')
      ));
    end if;
  end loop;
  return v_row;
end
$$;

comment on function private.audited_columns is
  'A row without the columns that stay out of the log; of "digest:column" only the digest.';

revoke execute on function private.audited_columns(jsonb, text[]) from public;


create function private.audit_row() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_rules text[] := coalesce(tg_argv, '{}');
  v_new   jsonb  := private.audited_columns(to_jsonb(new), v_rules);
  v_old   jsonb;
begin
  if tg_op = 'INSERT' then
    perform private.audit(new.user_id, 'insert', tg_table_name, new.id, v_new);
    return null;
  end if;

  v_old := private.audited_columns(to_jsonb(old), v_rules);
  if v_old = v_new then
    return null;
  end if;
  perform private.audit(new.user_id, 'update', tg_table_name, new.id, (
    select jsonb_build_object(
      'old', jsonb_object_agg(field.key, v_old -> field.key),
      'new', jsonb_object_agg(field.key, field.value)
    )
    from jsonb_each(v_new) as field
    where field.value is distinct from v_old -> field.key
  ));
  return null;
end
$$;

comment on function private.audit_row is
  'Trigger: logs an insert, or what an update changed. Arguments: columns to leave out, and '
  '"digest:column" for a column of which only the digest is kept. Needs user_id and id.';

revoke execute on function private.audit_row() from public;
