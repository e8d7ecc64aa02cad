/*
  The operator's policy: every threshold of the gate, the circuit breakers, the quotas and the
  retention, in one row of typed columns; read as (select x from public.operator_policy).

  Written by   update_operator_policy (an admin, or the secret key)
  Read by      users (what they are held to), functions and triggers
  Depends on   create_schemas, check_event_rows
*/

create table public.operator_policy (
  id                              boolean     primary key default true check (id),

  -- The live gate.
  minimum_days                    integer     not null default 1
                                    check (minimum_days between 1 and 365),
  minimum_profitable_trades       integer     not null default 10
                                    check (minimum_profitable_trades between 1 and 10000),
  maximum_drawdown_percent        numeric     not null default 20
                                    check (maximum_drawdown_percent between 0.1 and 100),
  error_free_days                 integer     not null default 1
                                    check (error_free_days between 1 and 365),
  maximum_risk_per_trade_percent  numeric     not null default 2
                                    check (maximum_risk_per_trade_percent between 0.01 and 10),
  maximum_open_trades             integer     not null default 10
                                    check (maximum_open_trades between 1 and 100),
  validation_minutes              integer     not null default 15
                                    check (validation_minutes between 1 and 1440),
  broker_check_minutes            integer     not null default 15
                                    check (broker_check_minutes between 1 and 1440),
  approval_hours                  integer     not null default 168
                                    check (approval_hours between 1 and 8760),

  -- Circuit breakers: what demotes a live config to simulation.
  daily_loss_percent              numeric     not null default 6
                                    check (daily_loss_percent between 0.1 and 100),
  losses_in_a_row                 integer     not null default 5
                                    check (losses_in_a_row between 1 and 100),
  rejections                      integer     not null default 3
                                    check (rejections between 1 and 100),
  rejection_minutes               integer     not null default 5
                                    check (rejection_minutes between 1 and 1440),
  stale_feed_entry_seconds        integer     not null default 5
                                    check (stale_feed_entry_seconds between 1 and 3600),
  stale_feed_demote_seconds       integer     not null default 60
                                    check (stale_feed_demote_seconds between 1 and 86400),
  drift_basis_points              numeric     not null default 50
                                    check (drift_basis_points between 1 and 10000),
  drift_trades                    integer     not null default 20
                                    check (drift_trades between 1 and 1000),

  -- Quotas and limits.
  max_configs_per_user            integer     not null default 100
                                    check (max_configs_per_user between 1 and 10000),
  max_symbols_per_user            integer     not null default 200
                                    check (max_symbols_per_user between 1 and 10000),
  requests_per_minute             integer     not null default 300
                                    check (requests_per_minute between 1 and 1000000),

  -- How many days the rows of what grows are kept.
  keep_user_events_days           integer     not null default 30
                                    check (keep_user_events_days between 1 and 3650),
  keep_strategy_logs_days         integer     not null default 90
                                    check (keep_strategy_logs_days between 1 and 3650),
  keep_strategy_metrics_days      integer     not null default 90
                                    check (keep_strategy_metrics_days between 1 and 3650),
  keep_trading_signals_days       integer     not null default 365
                                    check (keep_trading_signals_days between 1 and 3650),
  keep_notifications_days         integer     not null default 90
                                    check (keep_notifications_days between 1 and 3650),
  keep_minute_candles_days        integer     not null default 400
                                    check (keep_minute_candles_days between 31 and 3650),
  keep_worker_events_days         integer     not null default 7
                                    check (keep_worker_events_days between 1 and 3650),
  keep_job_runs_days              integer     not null default 30
                                    check (keep_job_runs_days between 1 and 3650),
  keep_idempotency_keys_days      integer     not null default 2
                                    check (keep_idempotency_keys_days between 1 and 3650),

  updated_at                      timestamptz not null default now(),

  check (stale_feed_demote_seconds >= stale_feed_entry_seconds)
);

comment on table  public.operator_policy is
  'One row: what the operator of this system allows. Defaults are those of the trading rules.';
comment on column public.operator_policy.id is 'Always true: there is one row.';
comment on column public.operator_policy.minimum_days is
  'Gate: least number of market days on which simulated trades were closed.';
comment on column public.operator_policy.minimum_profitable_trades is
  'Gate: least number of simulated trades that ended with a profit after charges.';
comment on column public.operator_policy.maximum_drawdown_percent is
  'Gate: deepest fall of simulated equity from its peak, percent.';
comment on column public.operator_policy.error_free_days is
  'Gate: days without an error in the config''s log.';
comment on column public.operator_policy.maximum_risk_per_trade_percent is
  'Gate: most a config may risk at the stop of one trade, percent of its capital.';
comment on column public.operator_policy.maximum_open_trades is
  'Gate: most trades a config may hold at a time.';
comment on column public.operator_policy.validation_minutes is
  'How long a passed validation can be used to go live.';
comment on column public.operator_policy.broker_check_minutes is
  'How long what the broker said about an account counts.';
comment on column public.operator_policy.approval_hours is
  'How long an approval lasts; then the config is simulated again.';
comment on column public.operator_policy.daily_loss_percent is
  'Breaker: loss of a day, percent of capital; also the highest limit a live config may set.';
comment on column public.operator_policy.losses_in_a_row is 'Breaker: losing trades in a row.';
comment on column public.operator_policy.rejections is
  'Breaker: orders the broker rejected within rejection_minutes.';
comment on column public.operator_policy.rejection_minutes is 'Breaker: see rejections.';
comment on column public.operator_policy.stale_feed_entry_seconds is
  'Breaker: age of market data above which nothing is entered.';
comment on column public.operator_policy.stale_feed_demote_seconds is
  'Breaker: age of market data above which a live config is demoted.';
comment on column public.operator_policy.drift_basis_points is
  'Breaker: mean difference between live and shadow fills over drift_trades.';
comment on column public.operator_policy.drift_trades is 'Breaker: see drift_basis_points.';
comment on column public.operator_policy.max_configs_per_user is
  'Quota: configs of strategies that are not archived.';
comment on column public.operator_policy.max_symbols_per_user is
  'Quota: different symbols over all those configs.';
comment on column public.operator_policy.requests_per_minute is
  'Limit: HTTP requests of one user per minute.';
comment on column public.operator_policy.keep_user_events_days is
  'Retention: what a browser catches up from.';
comment on column public.operator_policy.keep_strategy_logs_days is 'Retention: log lines.';
comment on column public.operator_policy.keep_strategy_metrics_days is
  'Retention: measurements of configs.';
comment on column public.operator_policy.keep_trading_signals_days is
  'Retention: signals that opened no trade.';
comment on column public.operator_policy.keep_notifications_days is 'Retention: notifications.';
comment on column public.operator_policy.keep_minute_candles_days is
  'Retention: candles shorter than a day.';
comment on column public.operator_policy.keep_worker_events_days is
  'Retention: ids of applied events, by which a repeated one is known.';
comment on column public.operator_policy.keep_job_runs_days is 'Retention: runs of jobs.';
comment on column public.operator_policy.keep_idempotency_keys_days is
  'Retention: answers kept for repeated requests.';
comment on column public.operator_policy.updated_at is 'When the row was last changed.';

insert into public.operator_policy default values;

alter table public.operator_policy enable row level security;
revoke all on public.operator_policy from anon, authenticated, service_role;
grant select on public.operator_policy to authenticated, service_role;

create policy "Users read what they are held to"
  on public.operator_policy for select to authenticated
  using (true);

create trigger touch_updated_at
  before update on public.operator_policy
  for each row execute function private.touch_updated_at();


-- app_metadata, never user_metadata: a user writes the second.
create function private.is_admin() returns boolean
  language sql stable
  set search_path = ''
as $$
  select coalesce((select auth.jwt()) -> 'app_metadata' ->> 'role' = 'admin', false);
$$;

comment on function private.is_admin is
  'Whether the caller''s token says admin in app_metadata.';


create function private.is_operator() returns boolean
  language sql stable
  set search_path = ''
as $$
  select private.is_admin() or coalesce((select auth.role()) = 'service_role', false);
$$;

comment on function private.is_operator is 'Whether the caller is an admin or has the secret key.';


create function public.update_operator_policy(p_changes jsonb) returns public.operator_policy
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_policy  public.operator_policy;
  v_changes text;
begin
  if not private.is_operator() then
    raise exception using errcode = '42501', message = 'the policy is changed by an admin only';
  end if;
  if jsonb_typeof(p_changes) is distinct from 'object' then
    raise exception using errcode = 'TB422',
      message = 'p_changes is an object of columns and values, such as {"minimum_days": 5}';
  end if;
  perform private.refuse_unknown_keys(p_changes, 'public.operator_policy');
  if p_changes ?| '{id,updated_at}' then
    raise exception using errcode = 'TB422', message = 'id and updated_at are not set by hand';
  end if;

  select * into v_policy from public.operator_policy for update;
  select string_agg(format('%1$I = ($1).%1$I', name), ', ') into v_changes
  from jsonb_object_keys(p_changes) as name;
  if v_changes is not null then
    execute 'update public.operator_policy set ' || v_changes || ' returning *'
    into v_policy
    using jsonb_populate_record(v_policy, p_changes);
    perform private.audit(null, 'policy_changed', 'operator_policy', null, p_changes);
  end if;
  return v_policy;
end
$$;

comment on function public.update_operator_policy is
  'Changes the columns named; for an admin or the secret key only.';

revoke execute on function
  private.is_admin(),
  private.is_operator(),
  public.update_operator_policy(jsonb)
from public, anon, authenticated;
grant execute on function public.update_operator_policy(jsonb) to authenticated, service_role;
