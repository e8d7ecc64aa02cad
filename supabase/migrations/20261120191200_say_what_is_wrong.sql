/*
  What the browser is told when a value breaks a rule: a sentence with the value and the limit, not
  the name of a constraint.

  The rules stay constraints. The comment on a constraint (or on a unique index) is its sentence:
  {column} stands for the value, {#column} for its number of characters. One trigger per table
  evaluates those rules before Postgres does and raises the same SQLSTATE with the sentence. Rules
  without a comment, and writes that are no user's, are left to Postgres; so is the rare duplicate
  that two requests make at the same moment.

  Depends on   create_profiles, create_portfolios, create_strategies, create_strategy_configs,
               create_strategy_commands, create_price_alerts
*/

create function private.rules_of(p_table oid, p_operation text)
  returns table (sqlstate_ text, sentence text, expression text)
  language sql stable
  set search_path = ''
as $$
  -- Checks, as they are.
  select '23514', obj_description(rule.oid, 'pg_constraint'), pg_get_expr(rule.conbin, p_table)
  from pg_constraint as rule
  where rule.conrelid = p_table
    and rule.contype = 'c'
    and obj_description(rule.oid, 'pg_constraint') is not null

  union all
  -- Foreign keys: the row referred to is there, unless a part of the key is null.
  select '23503', obj_description(rule.oid, 'pg_constraint'), format(
    'exists (select from %s as other where %s) is true or %s',
    rule.confrelid::regclass,
    (
      select string_agg(format('other.%I = new_row.%I', there.attname, here.attname), ' and ')
      from unnest(rule.conkey, rule.confkey) as pair (here, there)
      inner join pg_attribute as here on here.attrelid = p_table and here.attnum = pair.here
      inner join pg_attribute as there
        on there.attrelid = rule.confrelid and there.attnum = pair.there
    ),
    (
      select string_agg(format('new_row.%I is null', here.attname), ' or ')
      from pg_attribute as here
      where here.attrelid = p_table and here.attnum = any (rule.conkey)
    )
  )
  from pg_constraint as rule
  where rule.conrelid = p_table
    and rule.contype = 'f'
    and obj_description(rule.oid, 'pg_constraint') is not null

  union all
  -- Unique indexes, those of constraints and partial ones included.
  select '23505', obj_description(rule.indexrelid, 'pg_class'), format(
    '(%s) is not true or not exists ('
    'select from (select * from %s where %s) as other where %s and %s)',
    coalesce(pg_get_expr(rule.indpred, p_table), 'true'),
    p_table::regclass,
    coalesce(pg_get_expr(rule.indpred, p_table), 'true'),
    -- A row that changes is not its own duplicate.
    case p_operation when 'UPDATE' then 'other.id <> new_row.id' else 'true' end,
    (
      select string_agg(format('other.%1$I = new_row.%1$I', part.attname), ' and ')
      from pg_attribute as part
      where part.attrelid = p_table and part.attnum = any (rule.indkey::smallint[])
    )
  )
  from pg_index as rule
  where rule.indrelid = p_table
    and rule.indisunique
    and obj_description(rule.indexrelid, 'pg_class') is not null;
$$;

comment on function private.rules_of is
  'The rules of a table that have a sentence, each as an expression over new_row.';


create function private.with_values(p_sentence text, p_row jsonb) returns text
  language sql immutable
  set search_path = ''
as $$
  -- Split at the placeholders first, so that a value is never taken for one.
  select string_agg(
    case
      when part.text ~ '^\{#\w+\}$'
        then coalesce(char_length(p_row ->> trim(part.text, '{#}')), 0)::text
      when part.text ~ '^\{\w+\}$'
        then left(coalesce(p_row ->> trim(part.text, '{}'), 'null'), 60)
      else part.text
    end, '' order by part.number
  )
  from regexp_matches(p_sentence, '\{#?\w+\}|[^{]+|\{', 'g') with ordinality as found (matched, number)
  cross join lateral (select found.matched[1] as text, found.number) as part;
$$;

comment on function private.with_values is
  'A sentence with the row''s values in it, cut at 60 characters.';


create function private.say_what_is_wrong() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_row    jsonb;
  v_column text;
  v_query  text;
  v_rule   record;
begin
  if auth.uid() is null then
    return new;
  end if;

  v_row := to_jsonb(new);
  select attname into v_column
  from pg_attribute
  where attrelid = tg_relid
    and attnum > 0
    and attnotnull
    and not attisdropped
    and v_row ->> attname is null
  order by attnum
  limit 1;
  if found then
    raise exception using errcode = '23502', message = format('%s must be given, not null', v_column);
  end if;

  select string_agg(
    format(
      'select %L as code, %L as sentence, (%s) as holds from (select ($1).*) as new_row',
      rule.sqlstate_, rule.sentence, rule.expression
    ), ' union all '
  )
  into v_query
  from private.rules_of(tg_relid, tg_op) as rule;
  execute 'select code, sentence from (' || v_query || ') as rule where not holds limit 1'
  into v_rule
  using new;

  if v_rule.code is not null then
    raise exception using errcode = v_rule.code,
      message = private.with_values(v_rule.sentence, v_row);
  end if;
  return new;
end
$$;

comment on function private.say_what_is_wrong is
  'Trigger: refuses a user''s row that breaks a rule with the sentence of that rule.';

revoke execute on function
  private.rules_of(oid, text),
  private.with_values(text, jsonb),
  private.say_what_is_wrong()
from public;

-- Last of the triggers that may change a row, by its name: it sees what would be stored.
create trigger say_what_is_wrong
  before insert or update on public.profiles
  for each row execute function private.say_what_is_wrong();
create trigger say_what_is_wrong
  before insert or update on public.portfolios
  for each row execute function private.say_what_is_wrong();
create trigger say_what_is_wrong
  before insert or update on public.strategies
  for each row execute function private.say_what_is_wrong();
create trigger say_what_is_wrong
  before insert or update on public.strategy_configs
  for each row execute function private.say_what_is_wrong();
create trigger say_what_is_wrong
  before insert or update on public.strategy_commands
  for each row execute function private.say_what_is_wrong();
create trigger say_what_is_wrong
  before insert or update on public.price_alerts
  for each row execute function private.say_what_is_wrong();


comment on constraint profiles_display_name_check on public.profiles is
  'display_name has at most 100 characters, not {#display_name}';

comment on constraint portfolios_name_check on public.portfolios is
  'name has 1 to 100 characters and no space at its ends, unlike "{name}"';
comment on index public.portfolios_user_id_name_key is
  'there is a portfolio with the name "{name}" already';
comment on constraint portfolios_initial_capital_check on public.portfolios is
  'initial_capital is above 0 and at most 10000000000 rupees, not {initial_capital}';
comment on constraint portfolios_initial_capital_check1 on public.portfolios is
  'initial_capital is in whole paise, not {initial_capital}';
comment on constraint portfolios_max_open_trades_check on public.portfolios is
  'max_open_trades is 1 to 1000, not {max_open_trades}';
comment on constraint portfolios_daily_loss_limit_pct_check on public.portfolios is
  'daily_loss_limit_pct is above 0 and at most 100 percent, not {daily_loss_limit_pct}';
comment on constraint portfolios_max_outlay_pct_check on public.portfolios is
  'max_outlay_pct is above 0 and at most 1000 percent, not {max_outlay_pct}';

comment on constraint strategies_name_check on public.strategies is
  'name has 1 to 100 characters and no space at its ends, unlike "{name}"';
comment on index public.strategies_name_key is
  'there is a strategy with the name "{name}" already';
comment on constraint strategies_description_check on public.strategies is
  'description has at most 2000 characters, not {#description}';
comment on constraint strategies_strategy_type_check on public.strategies is
  'strategy_type is 1 to 50 lower-case letters, digits and _, unlike "{strategy_type}"';
comment on constraint strategies_config_check on public.strategies is
  'config is a JSON object, unlike {config}';
comment on constraint strategies_config_check1 on public.strategies is
  'config has at most 65536 bytes as text, unlike the {#config} characters given';
comment on constraint strategies_risk_parameters_check on public.strategies is
  'risk_parameters is a JSON object, unlike {risk_parameters}';
comment on constraint strategies_risk_parameters_check1 on public.strategies is
  'risk_parameters has at most 65536 bytes as text, unlike the {#risk_parameters} characters given';
comment on constraint strategies_python_code_check on public.strategies is
  'python_code has at most 65536 bytes, unlike the {#python_code} characters given';
comment on constraint strategies_symbols_check on public.strategies is
  'at most 50 symbols are traded by a strategy; given were {symbols}';
comment on constraint strategies_symbols_check1 on public.strategies is
  'a symbol is a text, not null, as in {symbols}';
comment on constraint strategies_asset_class_check on public.strategies is
  'asset_class is 1 to 50 lower-case letters and _, unlike "{asset_class}"';
comment on constraint strategies_timeframes_check on public.strategies is
  'a strategy looks at one timeframe at least, not {timeframes}';
comment on constraint strategies_timeframes_check1 on public.strategies is
  'timeframes are 1m, 5m, 15m, 1h, 4h and 1d, unlike {timeframes}';
comment on constraint strategies_max_positions_check on public.strategies is
  'max_positions is 1 to 100, not {max_positions}';
comment on constraint strategies_capital_allocated_check on public.strategies is
  'capital_allocated is above 0 and at most 10000000000 rupees, not {capital_allocated}';
comment on constraint strategies_capital_allocated_check1 on public.strategies is
  'capital_allocated is in whole paise, not {capital_allocated}';
comment on constraint strategies_portfolio_id_user_id_fkey on public.strategies is
  'portfolio {portfolio_id} does not exist';

comment on constraint strategy_configs_name_check on public.strategy_configs is
  'name has 1 to 100 characters and no space at its ends, unlike "{name}"';
comment on index public.strategy_configs_strategy_id_name_key is
  'the strategy has a config with the name "{name}" already';
comment on constraint strategy_configs_module_path_check on public.strategy_configs is
  'module_path is a module below strategies, as strategies.momentum, unlike "{module_path}"';
comment on constraint strategy_configs_class_name_check on public.strategy_configs is
  'class_name is a name of letters and digits, as Momentum, unlike "{class_name}"';
comment on constraint strategy_configs_config_json_check on public.strategy_configs is
  'config_json is a JSON object, unlike {config_json}';
comment on constraint strategy_configs_config_json_check1 on public.strategy_configs is
  'config_json has at most 65536 bytes as text, unlike the {#config_json} characters given';
comment on constraint strategy_configs_portfolio_id_user_id_fkey on public.strategy_configs is
  'portfolio {portfolio_id} does not exist';

comment on index public.strategy_commands_pkey is
  'a command with the id {id} was given already';
comment on constraint strategy_commands_parameters_check on public.strategy_commands is
  'parameters is a JSON object, unlike {parameters}';
comment on constraint strategy_commands_parameters_check1 on public.strategy_commands is
  'parameters has at most 65536 bytes as text, unlike the {#parameters} characters given';

comment on constraint price_alerts_instrument_key_check on public.price_alerts is
  'instrument_key is a segment and a number, as NSE_EQ:2885, unlike "{instrument_key}"';
comment on constraint price_alerts_symbol_check on public.price_alerts is
  'symbol has 1 to 100 characters, not {#symbol}';
comment on constraint price_alerts_price_check on public.price_alerts is
  'price is above 0, below 1000000000 rupees and has at most 4 decimals, unlike {price}';
comment on constraint price_alerts_note_check on public.price_alerts is
  'note has at most 500 characters, not {#note}';
comment on constraint price_alerts_check on public.price_alerts is
  'expires_at lies after the alert was made, not at {expires_at}';
