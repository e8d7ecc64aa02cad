/*
  What a dry run of a code strategy needs: its code and settings, and the last candles of the
  first instrument it is about.

  Called by    functions (authenticated)
  Depends on   read_code_configs
*/

create function public.dry_run_material(p_strategy_id uuid, p_count integer default 320)
  returns jsonb
  language plpgsql stable
  security definer set search_path = ''
as $$
declare
  v_strategy   public.strategies;
  v_instrument public.instruments;
begin
  select * into v_strategy
  from public.strategies
  where id = p_strategy_id and user_id = (select auth.uid()) and archived_at is null;
  if not found then
    raise exception using errcode = 'TB404',
      message = format('strategy %s does not exist', coalesce(p_strategy_id::text, 'null'));
  end if;

  v_instrument := private.instrument_of_rule(
    v_strategy.symbols[1], (public.market_now() at time zone 'Asia/Kolkata')::date
  );
  return jsonb_build_object(
    'strategy_type', v_strategy.strategy_type,
    'python_code', v_strategy.python_code,
    'parameters', v_strategy.config,
    'risk_parameters', v_strategy.risk_parameters,
    'symbol', v_strategy.symbols[1],
    'timeframe', v_strategy.timeframes[1],
    'instrument', case
      when v_instrument.instrument_key is not null then private.instrument_json(v_instrument)
    end,
    'candles', public.candles_of(
      jsonb_build_array(jsonb_build_object(
        'instrument_key', v_instrument.instrument_key,
        'timeframe', v_strategy.timeframes[1],
        'count', p_count
      )),
      public.market_now()
    ) -> 0 -> 'candles'
  );
end
$$;

comment on function public.dry_run_material is
  'Code, settings and the last candles of a code strategy of the caller''s.';

revoke execute on function public.dry_run_material(uuid, integer)
from public, anon, authenticated;
grant execute on function public.dry_run_material(uuid, integer) to authenticated;
