/*
  What the minute cron writes: all that one run of a config brought about, in one piece and once.

  A run was worked out from what due_code_configs said. It counts only if the config and its open
  trades are still as they were then and the minute was not written before; else nothing of it is
  written, and the next minute looks at the facts anew. Its events go through the functions that
  worker_write uses, so orders, fills, trades and money obey the same rules.

  Called by    functions (service role)
  Depends on   create_code_runs, create_worker_write
*/

create function private.is_as_read(p_config public.strategy_configs, p_basis jsonb)
  returns boolean
  language sql stable
  set search_path = ''
as $$
  select p_config.status_version = (p_basis ->> 'status_version')::bigint
    and p_basis -> 'trades' = (
      select coalesce(jsonb_object_agg(trade.id, trade.version), '{}')
      from public.trades as trade
      where trade.strategy_config_id = p_config.id and trade.status = 'OPEN'
    );
$$;

comment on function private.is_as_read is
  'Whether a config and its open trades are as a run found them.';


create function private.count_code_run(
  p_config public.strategy_configs, p_run jsonb, p_minute timestamptz
) returns void
  language sql
  set search_path = ''
as $$
  insert into public.code_runs as run (strategy_config_id, user_id, last_minute, failures)
  values (
    p_config.id, p_config.user_id, p_minute,
    case p_run ->> 'outcome' when 'failed' then 1 else 0 end
  )
  on conflict (strategy_config_id) do update
    set last_minute = excluded.last_minute,
        failures    = case p_run ->> 'outcome'
                        when 'failed'  then run.failures + 1
                        when 'decided' then 0
                        else run.failures
                      end;
$$;

comment on function private.count_code_run is 'Notes the minute, and failures in a row.';


create function private.show_code_run(p_config public.strategy_configs, p_run jsonb)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update public.strategies
  set last_run_at = (p_run ->> 'at')::timestamptz
  where id = p_config.strategy_id;

  if p_run ->> 'outcome' = 'failed' then
    update public.strategy_configs
    set status         = 'ERROR',
        status_version = status_version + 1,
        error_message  = left(p_run ->> 'error', 1000),
        code_digest    = p_run ->> 'digest'
    where id = p_config.id;
  elsif p_run ->> 'outcome' = 'decided' then
    update public.strategy_configs
    set status         = 'ACTIVE',
        status_version = status_version + 1,
        error_message  = null,
        code_digest    = p_run ->> 'digest'
    where id = p_config.id
      and (status, code_digest) is distinct from ('ACTIVE', p_run ->> 'digest');
  end if;
end
$$;

comment on function private.show_code_run is
  'Shows how a run ended: ERROR with the sentence, ACTIVE again once it has decided.';


create function private.write_code_run(p_run jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_config public.strategy_configs;
  v_minute timestamptz := (p_run ->> 'minute')::timestamptz;
  v_event  jsonb;
begin
  select * into v_config
  from public.strategy_configs
  where id = (p_run ->> 'config_id')::uuid and runner = 'cron'
  for no key update;
  if not found then
    return 'not_found';
  end if;
  if exists (
    select from public.code_runs
    where strategy_config_id = v_config.id and last_minute >= v_minute
  ) then
    return 'duplicate';
  end if;
  if not private.is_as_read(v_config, p_run -> 'basis') then
    return 'changed';
  end if;

  for v_event in select element from jsonb_array_elements(p_run -> 'events') as element loop
    if v_event ->> 'config_id' is distinct from v_config.id::text
      or v_event ->> 'kind' <> all ('{signal,order,fill,trade,ledger,log}'::text[]) then
      raise exception using errcode = 'TB422',
        message = format('a run does not write %s', v_event ->> 'kind');
    end if;
    if private.dispatch_event(v_event, v_config.shard, 'cron') <> 'applied' then
      raise exception using errcode = 'TB409',
        message = format('the %s of a run was there already', v_event ->> 'kind');
    end if;
  end loop;
  perform private.count_code_run(v_config, p_run, v_minute);
  perform private.show_code_run(v_config, p_run);
  return 'written';
end
$$;

comment on function private.write_code_run is
  'Writes one run: written, duplicate, changed or not_found.';


create function private.write_one_code_run(p_run jsonb) returns jsonb
  language plpgsql
  set search_path = ''
as $$
begin
  return jsonb_build_object(
    'config_id', p_run -> 'config_id', 'outcome', private.write_code_run(p_run)
  );
exception
  when transaction_rollback or insufficient_resources or operator_intervention
    or system_error or internal_error or lock_not_available then
    raise;
  when others then
    return jsonb_build_object(
      'config_id', p_run -> 'config_id', 'outcome', 'failed', 'code', sqlstate, 'error', sqlerrm
    );
end
$$;

comment on function private.write_one_code_run is
  'Writes one run in a savepoint: one that cannot be written takes no other down.';


create function public.write_code_runs(p_runs jsonb) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_run     jsonb;
  v_results jsonb[] := '{}';
begin
  if jsonb_typeof(p_runs) is distinct from 'array' or jsonb_array_length(p_runs) > 100 then
    raise exception using errcode = 'TB422', message = 'p_runs is an array of at most 100 runs';
  end if;
  perform private.lock_owners(p_runs);
  for v_run in
    select element from jsonb_array_elements(p_runs) as element order by element ->> 'config_id'
  loop
    v_results := v_results || private.write_one_code_run(v_run);
  end loop;
  return to_jsonb(v_results);
end
$$;

comment on function public.write_code_runs is
  'Writes runs of the minute cron, each in one piece and once per config and minute.';

revoke execute on function
  private.is_as_read(public.strategy_configs, jsonb),
  private.count_code_run(public.strategy_configs, jsonb, timestamptz),
  private.show_code_run(public.strategy_configs, jsonb),
  private.write_code_run(jsonb),
  private.write_one_code_run(jsonb),
  public.write_code_runs(jsonb)
from public, anon, authenticated;
grant execute on function public.write_code_runs(jsonb) to service_role;
