/*
  The clock of a hosted project: every minute pg_cron has pg_net call the functions, which decide
  themselves what is due. Applies itself only where both extensions can be had; elsewhere it does
  nothing, and any other scheduler does as well (docs/deploy.md).

  Address and secret are read at each call, from the vault, so they are in no migration and in no
  row of cron.job:

    select vault.create_secret('https://app.example.com', 'tradebase_url');
    select vault.create_secret('<CRON_SECRET>', 'tradebase_cron_secret');

  Without them a job fails with a sentence, visible in cron.job_run_details. A call that is lost, or
  doubled by another scheduler, does no harm: one row per job and minute decides (create_job_runs).
  The emergency stop is no job: a person calls it.

  Depends on   create_job_runs
*/

create function private.cron_setting(p_name text) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_value text;
begin
  -- Dynamic, because the vault exists on hosted projects only.
  if to_regclass('vault.decrypted_secrets') is not null then
    execute 'select decrypted_secret from vault.decrypted_secrets where name = $1'
    into v_value
    using p_name;
  end if;
  if v_value is null then
    raise exception using errcode = 'TB422',
      message = format('the vault has no secret %s; make it with vault.create_secret', p_name);
  end if;
  return v_value;
end
$$;

comment on function private.cron_setting is 'Address or secret of the functions, from the vault.';


create function private.call_function(p_path text) returns bigint
  language plpgsql
  set search_path = ''
as $$
declare
  v_request bigint;
begin
  execute 'select net.http_post(url := $1, headers := $2, body := $3, timeout_milliseconds := $4)'
  into v_request
  using
    rtrim(private.cron_setting('tradebase_url'), '/') || p_path,
    jsonb_build_object(
      'Content-Type', 'application/json',
      'Authorization', 'Bearer ' || private.cron_setting('tradebase_cron_secret')
    ),
    '{}'::jsonb,
    55000;
  return v_request;
end
$$;

comment on function private.call_function is
  'Asks pg_net to call an endpoint with the cron secret; the answer arrives in net._http_response.';


create function private.schedule_jobs() returns text[]
  language plpgsql
  set search_path = ''
as $$
declare
  v_job  text;
  v_done text[] := '{}';
begin
  foreach v_job in array '{strategies,eod-exit,daily-analysis,housekeeping}'::text[] loop
    execute 'select cron.schedule($1, $2, $3)' using
      'tradebase-' || v_job,
      '* * * * *',
      format('select private.call_function(%L)', '/api/cron/' || v_job);
    v_done := v_done || v_job;
  end loop;
  return v_done;
end
$$;

comment on function private.schedule_jobs is
  'Has every cron endpoint called each minute; a job of the same name is replaced.';

revoke execute on function
  private.cron_setting(text),
  private.call_function(text),
  private.schedule_jobs()
from public;


do $$
begin
  if (
    select count(*) from pg_catalog.pg_available_extensions where name in ('pg_cron', 'pg_net')
  ) < 2 then
    raise notice 'pg_cron and pg_net are not to be had: set another scheduler up';
    return;
  end if;
  create extension if not exists pg_cron with schema pg_catalog;
  create extension if not exists pg_net with schema extensions;
  perform private.schedule_jobs();
end
$$;
