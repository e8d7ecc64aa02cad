/*
  Worker journals: how far the database has come with what each worker keeps on its own disk.

  A worker sends its journal in order. What is noted here is part of the same transaction, so a
  database that was restored to an older state has an older place here too: the worker notices with
  its next batch, and sends again what has come since.

  Written by   worker_write (service role)
  Read by      worker
  Depends on   create_schemas
*/

create table public.worker_journals (
  shard      text        not null,
  journal    uuid        not null,
  sequence   bigint      not null check (sequence >= 0),
  stored_at  timestamptz not null default clock_timestamp(),
  primary key (shard, journal)
);

comment on table  public.worker_journals           is
  'How far the database has come with each worker''s journal.';
comment on column public.worker_journals.shard     is 'Shard of the worker.';
comment on column public.worker_journals.journal   is 'The journal: one file on one machine.';
comment on column public.worker_journals.sequence  is
  'Everything up to this place of it is here, but for what the worker itself holds back.';
comment on column public.worker_journals.stored_at is 'When the place was reached.';

alter table public.worker_journals enable row level security;
revoke all on public.worker_journals from anon, authenticated, service_role;
grant select on public.worker_journals to service_role;


-- A copy has the same name as its original: a restored database is still the one it was.
create table private.database_name (
  is_only  boolean primary key default true check (is_only),
  id       uuid    not null default gen_random_uuid()
);

comment on table  private.database_name         is 'What tells this database from others.';
comment on column private.database_name.is_only is 'There is one row.';
comment on column private.database_name.id      is 'The name.';

alter table private.database_name enable row level security;
insert into private.database_name default values;


create function private.follow_journal(p_shard text, p_journal jsonb) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_known bigint;
begin
  if p_journal is null then
    return;
  end if;
  select sequence into v_known
  from public.worker_journals
  where shard = p_shard and journal = (p_journal ->> 'id')::uuid
  for update;
  v_known := coalesce(v_known, 0);

  if v_known < (p_journal ->> 'after')::bigint then
    raise exception using errcode = 'TB424',
      message = format(
        'the database has journal %s of shard %s up to %s, the batch comes after %s',
        p_journal ->> 'id', p_shard, v_known, p_journal ->> 'after'
      ),
      detail = v_known::text,
      hint = 'Send again what comes after the place in the detail.';
  end if;

  insert into public.worker_journals as known (shard, journal, sequence)
  values (p_shard, (p_journal ->> 'id')::uuid, (p_journal ->> 'until')::bigint)
  on conflict (shard, journal) do update
    set sequence = greatest(known.sequence, excluded.sequence), stored_at = excluded.stored_at;
end
$$;

comment on function private.follow_journal is
  'Notes how far a journal has been stored; refuses a batch before which something is missing.';


create function public.worker_database() returns jsonb
  language plpgsql stable
  security definer set search_path = ''
as $$
declare
  v_migrations jsonb;
begin
  -- Absent where somebody applied the files by hand.
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    select jsonb_agg(version order by version) into v_migrations
    from supabase_migrations.schema_migrations;
  end if;
  return jsonb_build_object(
    'id', (select id from private.database_name),
    'migrations', v_migrations
  );
end
$$;

comment on function public.worker_database is
  'Which database this is, and which migrations it has; null where nobody kept a list.';

revoke execute on function
  private.follow_journal(text, jsonb),
  public.worker_database()
from public, anon, authenticated;
grant execute on function public.worker_database() to service_role;
