/*
  Audit seals: what proves later that no sealed row of the audit log was altered, deleted, inserted
  or moved, not even by a superuser.

  The links are an HMAC chain over the rows of a subject, the seals themselves are another chain;
  the key is outside the database, so is the newest head (log and file). core/audit.py makes both
  chains, python -m functions.verify_audit follows them.

  Written by   housekeeping, every minute (unsealed_audit_rows, store_audit_seals)
  Read by      the verifier (secret key), an admin
  Depends on   create_audit_log
*/

create table public.audit_seals (
  number          bigint      primary key check (number > 0),
  subject         uuid        not null references public.audit_subjects (subject),
  first_sequence  bigint      not null check (first_sequence > 0),
  last_sequence   bigint      not null,
  links           text        not null check (links ~ '^[0-9a-f]+$'),
  key_id          text        not null check (key_id ~ '^[A-Za-z0-9_-]{1,16}$'),
  chain           text        not null check (chain ~ '^[0-9a-f]{64}$'),
  sealed_at       timestamptz not null,
  unique (subject, last_sequence),
  check (last_sequence >= first_sequence),
  check (char_length(links) = 64 * (last_sequence - first_sequence + 1))
);

comment on table  public.audit_seals is
  'Seals over the audit log: each covers the next rows of one subject.';
comment on column public.audit_seals.number         is '1, 2, 3 ... over all subjects.';
comment on column public.audit_seals.subject        is 'Whose rows are sealed.';
comment on column public.audit_seals.first_sequence is 'First row it covers.';
comment on column public.audit_seals.last_sequence  is 'Last row it covers.';
comment on column public.audit_seals.links is
  'One HMAC-SHA256 per row, 64 hex digits each; each row''s covers the one before.';
comment on column public.audit_seals.key_id         is 'Which key of the ring made it.';
comment on column public.audit_seals.chain is
  'HMAC-SHA256 over this seal and the chain of the one before: the head that is kept outside.';
comment on column public.audit_seals.sealed_at      is 'When it was made.';

alter table public.audit_seals enable row level security;
revoke all on public.audit_seals from anon, authenticated, service_role;
grant select on public.audit_seals to authenticated, service_role;

create policy "An admin reads the seals"
  on public.audit_seals for select to authenticated
  using ((select auth.jwt()) #>> '{app_metadata,role}' = 'admin');

create trigger keep_audit_log
  before update or delete or truncate on public.audit_seals
  for each statement execute function private.keep_audit_log();


create function public.unsealed_audit_rows(p_limit integer default 1000) returns jsonb
  language sql stable
  security definer set search_path = ''
as $$
  with tail as (
    select
      counter.subject,
      counter.last_sequence,
      coalesce(seal.last_sequence, 0) as sealed,
      seal.head
    from public.audit_subjects as counter
    left join lateral (
      select last_sequence, right(links, 64) as head
      from public.audit_seals
      where subject = counter.subject
      order by last_sequence desc
      limit 1
    ) as seal on true
    where counter.last_sequence > coalesce(seal.last_sequence, 0)
  ),
  page as (
    -- The counter says which rows there should be: one that is missing is sealed as missing.
    select tail.subject, tail.sealed, tail.head, wanted.sequence
    from tail
    cross join lateral generate_series(
      tail.sealed + 1, least(tail.last_sequence, tail.sealed + p_limit)
    ) as wanted (sequence)
    order by tail.subject, wanted.sequence
    limit p_limit
  ),
  part as (
    select
      page.subject,
      page.sealed,
      page.head,
      max(page.sequence) as last_sequence,
      coalesce(jsonb_agg(
        jsonb_build_object(
          'subject', page.subject,
          'sequence', page.sequence,
          'actor', entry.actor,
          'action', entry.action,
          'entity', entry.entity,
          'entity_id', entry.entity_id,
          'detail', entry.detail::text,
          'occurred_at', entry.occurred_at
        )
        order by page.sequence
      ) filter (where entry.subject is not null), '[]') as rows
    from page
    left join public.audit_log as entry using (subject, sequence)
    group by page.subject, page.sealed, page.head
  ),
  newest as (
    select number, chain from public.audit_seals order by number desc limit 1
  )
  select jsonb_build_object(
    'number', coalesce((select number from newest), 0),
    'chain', (select chain from newest),
    'parts', coalesce((select jsonb_agg(to_jsonb(part) order by part.subject) from part), '[]')
  );
$$;

comment on function public.unsealed_audit_rows is
  'The next rows to seal, by subject, each with the head they continue; and the newest seal.';


create function private.check_seal(p_seal public.audit_seals) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_number bigint := (select coalesce(max(number), 0) + 1 from public.audit_seals);
  v_first  bigint := (
    select coalesce(max(last_sequence), 0) + 1 from public.audit_seals where subject = p_seal.subject
  );
  v_last   bigint := (
    select last_sequence from public.audit_subjects where subject = p_seal.subject
  );
begin
  if (p_seal.number, p_seal.first_sequence) is distinct from (v_number, v_first)
    or p_seal.last_sequence > v_last then
    raise exception using errcode = 'TB409',
      message = format(
        'seal %s over rows %s to %s does not continue: next is seal %s from row %s, of %s',
        p_seal.number, p_seal.first_sequence, p_seal.last_sequence, v_number, v_first, v_last
      );
  end if;
end
$$;

comment on function private.check_seal is
  'Refuses a seal that does not continue the one before: somebody else sealed meanwhile.';


create function public.store_audit_seals(p_seals jsonb) returns integer
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_seal  public.audit_seals;
  v_count integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('audit_seals', 0));
  for v_seal in select * from jsonb_populate_recordset(null::public.audit_seals, p_seals) loop
    perform private.check_seal(v_seal);
    insert into public.audit_seals values (v_seal.*);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

comment on function public.store_audit_seals is
  'Stores seals that continue the ones there are, all or none; returns how many.';

revoke execute on function
  public.unsealed_audit_rows(integer),
  private.check_seal(public.audit_seals),
  public.store_audit_seals(jsonb)
from public, anon, authenticated;
grant execute on function
  public.unsealed_audit_rows(integer),
  public.store_audit_seals(jsonb)
to service_role;
