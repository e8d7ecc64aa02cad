/*
  Retention: what grows is kept for as many days as operator_policy says, and removed a piece at a
  time. What trading and audit rest on is kept for good: orders, fills, trades, ledger, commands,
  performance, the audit log and its seals.

  Measurements go by market time, which a simulated day has of its own; all else by the wall clock.

  Called by    housekeeping (service role)
  Depends on   every table below; at run time on create_operator_policy, create_idempotency_keys
*/

-- Serve the deletion of old rows.
create index strategy_logs_created_at_idx on public.strategy_logs using brin (created_at);
create index strategy_metrics_timestamp_idx on public.strategy_metrics using brin (timestamp);
create index trading_signals_created_at_idx on public.trading_signals using brin (created_at);
create index job_runs_started_at_idx on public.job_runs (started_at);


create function private.expired(p_table text) returns text
  language sql immutable
  set search_path = ''
as $$
  select case p_table
    when 'user_events' then 'created_at < now() - days(keep_user_events_days)'
    when 'strategy_logs' then 'created_at < now() - days(keep_strategy_logs_days)'
    when 'strategy_metrics' then
      'timestamp < public.market_now() - days(keep_strategy_metrics_days)'
    when 'trading_signals' then
      'created_at < now() - days(keep_trading_signals_days) '
      'and not exists (select from public.orders where orders.signal_id = old.id) '
      'and not exists (select from public.trades where trades.signal_id = old.id)'
    when 'notifications' then
      'created_at < now() - days(keep_notifications_days) '
      'and not exists ('
      '  select from public.notification_deliveries as delivery '
      '  where delivery.notification_id = old.id and delivery.ended_at is null'
      ')'
    when 'price_alerts' then
      'not is_active and updated_at < now() - days(keep_notifications_days)'
    when 'worker_events' then 'applied_at < now() - days(keep_worker_events_days)'
    when 'orphaned_events' then 'stored_at < now() - days(keep_trading_signals_days)'
    when 'worker_heartbeats' then 'beat_at < now() - days(keep_job_runs_days)'
    when 'job_runs' then
      'status <> ''running'' and started_at < now() - days(keep_job_runs_days)'
    when 'idempotency_keys' then 'expires_at < now()'
    when 'rate_limits' then 'minute < now() - interval ''1 hour'''
  end;
$$;

comment on function private.expired is
  'When a row of a table has been kept long enough; days(x) stands for x of operator_policy.';


create function public.delete_expired_rows(p_table text, p_limit integer default 2000)
  returns integer
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_condition text := private.expired(p_table);
  v_count     integer;
begin
  if v_condition is null then
    raise exception using errcode = 'TB422',
      message = format('rows of %s do not expire', coalesce(p_table, 'null'));
  end if;
  execute format(
    'with old as (
       select old.ctid from public.%I as old where %s limit %s for update skip locked
     )
     delete from public.%I as gone using old where gone.ctid = old.ctid',
    p_table,
    regexp_replace(
      v_condition, 'days\((\w+)\)',
      'make_interval(days => (select \1 from public.operator_policy))'
    ),
    p_limit,
    p_table
  );
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

comment on function public.delete_expired_rows is
  'Removes rows of a table that were kept long enough, at most so many; returns how many.';


create function public.expire_price_alerts(p_limit integer default 2000) returns integer
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  update public.price_alerts
  set is_active = false
  where id in (
    select id from public.price_alerts
    where is_active and expires_at <= now()
    limit p_limit
    for update skip locked
  );
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

comment on function public.expire_price_alerts is
  'Stops watching prices whose time is over; returns how many.';


create function public.close_lost_job_runs() returns integer
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  update public.job_runs
  set status = 'failed', finished_at = clock_timestamp(), detail = '{"error": "lease expired"}'
  where status = 'running' and lease_until < clock_timestamp();
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

comment on function public.close_lost_job_runs is
  'Ends runs whose claim is over, also of jobs that nobody calls any more; returns how many.';


create function public.create_candle_leaves() returns text[]
  language sql
  security definer set search_path = ''
as $$
  select coalesce(array_agg(made.leaf) filter (where made.leaf is not null), '{}')
  from generate_series(0, 1) as ahead
  cross join lateral (
    select private.create_ohlcv_month((now() + make_interval(months => ahead))::date) as leaf
  ) as made;
$$;

comment on function public.create_candle_leaves is
  'Gives this month and the next a leaf of the candles where they have none; returns the new ones.';

revoke execute on function
  private.expired(text),
  public.delete_expired_rows(text, integer),
  public.expire_price_alerts(integer),
  public.close_lost_job_runs(),
  public.create_candle_leaves()
from public, anon, authenticated;
grant execute on function
  public.delete_expired_rows(text, integer),
  public.expire_price_alerts(integer),
  public.close_lost_job_runs(),
  public.create_candle_leaves()
to service_role;
