/*
  One leaf per month (UTC) below public.ohlcv_data, in a schema that REST does not show, and a
  default leaf for every other month. A month can be given its own leaf at any time: rows that
  wait in the default leaf move into it.

  Depends on   create_ohlcv_data
*/

create table market_partitions.ohlcv_data_default
  partition of public.ohlcv_data default;

comment on table market_partitions.ohlcv_data_default is
  'Candles of months without a leaf of their own.';

alter table market_partitions.ohlcv_data_default enable row level security;
revoke all on market_partitions.ohlcv_data_default from anon, authenticated, service_role;


create function private.create_ohlcv_month(p_month date) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_first timestamptz := date_trunc('month', p_month::timestamp) at time zone 'UTC';
  v_next  timestamptz := (date_trunc('month', p_month::timestamp) + interval '1 month') at time zone 'UTC';
  v_leaf  text        := to_char(p_month, '"ohlcv_data_"YYYY"_"MM');
begin
  if to_regclass('market_partitions.' || v_leaf) is not null then
    return null;
  end if;

  execute format(
    'create table market_partitions.%I (like public.ohlcv_data including defaults including constraints)',
    v_leaf
  );
  execute format('alter table market_partitions.%I enable row level security', v_leaf);
  execute format(
    'revoke all on market_partitions.%I from anon, authenticated, service_role', v_leaf
  );
  execute format(
    'comment on table market_partitions.%I is %L',
    v_leaf, 'Candles of ' || to_char(p_month, 'YYYY-MM') || '.'
  );

  execute format(
    'with moved as (
       delete from market_partitions.ohlcv_data_default
       where timestamp >= %1$L and timestamp < %2$L
       returning *
     )
     insert into market_partitions.%3$I select * from moved',
    v_first, v_next, v_leaf
  );
  execute format(
    'alter table public.ohlcv_data attach partition market_partitions.%I for values from (%L) to (%L)',
    v_leaf, v_first, v_next
  );
  return v_leaf;
end
$$;

comment on function private.create_ohlcv_month is
  'Gives a month its own leaf; returns its name, or null when it has one.';

revoke execute on function private.create_ohlcv_month(date) from public;

do $$
begin
  perform private.create_ohlcv_month(month::date)
  from generate_series(timestamp '2026-10-01', timestamp '2027-12-01', interval '1 month') as month;
end
$$;
