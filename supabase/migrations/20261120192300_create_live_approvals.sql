/*
  The live gate's memory: each validation with its figures, and the approvals that were given.

  An approval names a hash of everything that decides how a config trades. It holds while the hash
  is the same, until it expires or is revoked; there is no other way to trade live.

  Written by   validate_live_mode, enable_live_mode; revoked by triggers and rpc (guard_live_mode)
  Read by      web (the owner), worker (service role)
  Depends on   create_strategy_configs
*/

create type public.validation_status as enum ('PASSED', 'FAILED');

comment on type public.validation_status is 'Whether all criteria of the live gate hold.';

create table public.live_mode_validations (
  id                   uuid        primary key default gen_random_uuid(),
  user_id              uuid        not null references auth.users (id) on delete cascade,
  strategy_id          uuid        not null,
  strategy_config_id   uuid        not null,
  validation_status    public.validation_status not null,
  validation_criteria  jsonb       not null check (jsonb_typeof(validation_criteria) = 'object'),
  validation_results   jsonb       not null check (jsonb_typeof(validation_results) = 'array'),
  approval_hash        text        not null,
  validated_at         timestamptz not null default clock_timestamp(),
  expires_at           timestamptz not null check (expires_at > validated_at),
  foreign key (strategy_config_id, strategy_id, user_id)
    references public.strategy_configs (id, strategy_id, user_id)
);

comment on table  public.live_mode_validations is
  'Each time a config was held against the live gate, with every figure. Append only.';
comment on column public.live_mode_validations.id                  is 'Key.';
comment on column public.live_mode_validations.user_id             is 'Owner of the config.';
comment on column public.live_mode_validations.strategy_id         is 'The config''s strategy.';
comment on column public.live_mode_validations.strategy_config_id  is 'What was validated.';
comment on column public.live_mode_validations.validation_status   is
  'PASSED when every criterion holds.';
comment on column public.live_mode_validations.validation_criteria is
  'Thresholds of the operator''s policy then.';
comment on column public.live_mode_validations.validation_results  is
  'Per criterion: criterion, value, threshold, passed, sentence.';
comment on column public.live_mode_validations.approval_hash       is
  'Of code and configuration as they were.';
comment on column public.live_mode_validations.validated_at        is 'When.';
comment on column public.live_mode_validations.expires_at          is
  'Until when it can be used to go live.';

-- Serves policies and the list.
create index live_mode_validations_user_idx
  on public.live_mode_validations (user_id, validated_at desc);
-- Serves the newest of a config.
create index live_mode_validations_config_idx
  on public.live_mode_validations (strategy_config_id, validated_at desc);

alter table public.live_mode_validations enable row level security;
revoke all on public.live_mode_validations from anon, authenticated, service_role;
grant select on public.live_mode_validations to authenticated, service_role;

create policy "A user reads their own validations"
  on public.live_mode_validations for select to authenticated
  using ((select auth.uid()) = user_id);


create table public.live_approvals (
  id                  uuid        primary key default gen_random_uuid(),
  user_id             uuid        not null references auth.users (id) on delete cascade,
  strategy_id         uuid        not null,
  strategy_config_id  uuid        not null,
  validation_id       uuid        not null references public.live_mode_validations (id),
  approval_hash       text        not null,
  code_digest         text        not null,
  approved_at         timestamptz not null default clock_timestamp(),
  expires_at          timestamptz not null check (expires_at > approved_at),
  revoked_at          timestamptz,
  revoked_reason      text        check (char_length(revoked_reason) <= 500),
  check ((revoked_at is null) = (revoked_reason is null)),
  foreign key (strategy_config_id, strategy_id, user_id)
    references public.strategy_configs (id, strategy_id, user_id)
);

comment on table  public.live_approvals is
  'What users let trade live: exactly one code and configuration each, until revoked or expired.';
comment on column public.live_approvals.id                 is 'Key.';
comment on column public.live_approvals.user_id            is
  'Owner of the config, who approved it.';
comment on column public.live_approvals.strategy_id        is 'The config''s strategy.';
comment on column public.live_approvals.strategy_config_id is 'What may trade live.';
comment on column public.live_approvals.validation_id      is 'The validation it rests on.';
comment on column public.live_approvals.approval_hash      is 'Of code and configuration.';
comment on column public.live_approvals.code_digest        is
  'Digest the worker registered; it checks it again before it trades live.';
comment on column public.live_approvals.approved_at        is 'When it was given.';
comment on column public.live_approvals.expires_at         is 'When it ends by itself.';
comment on column public.live_approvals.revoked_at         is 'When it was taken back.';
comment on column public.live_approvals.revoked_reason     is 'Why.';

-- At most one in force per config.
create unique index live_approvals_in_force_key
  on public.live_approvals (strategy_config_id) where revoked_at is null;
-- Serves policies and the list.
create index live_approvals_user_idx on public.live_approvals (user_id, approved_at desc);
-- Serve the foreign keys.
create index live_approvals_config_idx on public.live_approvals (strategy_config_id);
create index live_approvals_validation_idx on public.live_approvals (validation_id);

alter table public.live_approvals enable row level security;
revoke all on public.live_approvals from anon, authenticated, service_role;
grant select on public.live_approvals to authenticated, service_role;

create policy "A user reads their own approvals"
  on public.live_approvals for select to authenticated
  using ((select auth.uid()) = user_id);

create trigger audit_approval
  after insert or update on public.live_approvals
  for each row execute function private.audit_row();


-- 1.50 and 1.5 are one number, but a program that reads and writes it back changes the text.
create function private.canonical_json(p_value jsonb) returns jsonb
  language plpgsql immutable
  set search_path = ''
as $$
begin
  return case jsonb_typeof(p_value)
    when 'object' then (
      select coalesce(jsonb_object_agg(field.key, private.canonical_json(field.value)), '{}')
      from jsonb_each(p_value) as field
    )
    when 'array' then (
      select coalesce(
        jsonb_agg(private.canonical_json(element.value) order by element.position), '[]'
      )
      from jsonb_array_elements(p_value) with ordinality as element (value, position)
    )
    when 'number' then to_jsonb(trim_scale((p_value #>> '{}')::numeric))
    else p_value
  end;
end
$$;

comment on function private.canonical_json is
  'The same value in the one form that equal values share.';


create function private.approval_hash(p_config_id uuid) returns text
  language sql stable
  set search_path = ''
as $$
  select encode(
    sha256(convert_to(private.canonical_json(jsonb_build_object(
      'type', strategy.strategy_type,
      'module_path', config.module_path,
      'class_name', config.class_name,
      'runner', config.runner,
      'deployed', config.config_json,
      'code_digest', config.code_digest,
      'python_code', strategy.python_code,
      'portfolio', coalesce(config.portfolio_id, strategy.portfolio_id),
      -- The design, too: an edit of it shows that the user thinks of something else.
      'design', private.deployment_of(strategy)
    ))::text, 'UTF8')),
    'hex'
  )
  from public.strategy_configs as config
  inner join public.strategies as strategy on strategy.id = config.strategy_id
  where config.id = p_config_id;
$$;

comment on function private.approval_hash is
  'Names everything that decides how a config trades: one hash, different after any edit.';


create function private.approval_in_force(p_config_id uuid) returns public.live_approvals
  language sql stable
  set search_path = ''
as $$
  select approval
  from public.live_approvals as approval
  where approval.strategy_config_id = p_config_id
    and approval.revoked_at is null
    and approval.expires_at > clock_timestamp()
    and approval.approval_hash = private.approval_hash(p_config_id)
    and (private.stop_in_force(approval.user_id)).id is null;
$$;

comment on function private.approval_in_force is
  'What lets a config trade live right now; null when nothing does.';

revoke execute on function
  private.canonical_json(jsonb),
  private.approval_hash(uuid),
  private.approval_in_force(uuid)
from public;
