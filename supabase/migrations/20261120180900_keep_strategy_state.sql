/*
  The strategy's status, is_simulation_active and is_live_mode follow its configs; the status of one
  that is archived stays archived.

  Depends on   create_strategy_configs
*/

create function private.keep_strategy_state() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  -- First the lock, then the look: two configs of one strategy may change at once.
  perform from public.strategies where id = new.strategy_id for update;

  update public.strategies as strategy
  set status               = case
                               when strategy.archived_at is null then state.status
                               else strategy.status
                             end,
      is_simulation_active = state.active,
      is_live_mode         = state.live,
      live_mode_enabled_at = case
                               when not state.live then null
                               else coalesce(strategy.live_mode_enabled_at, now())
                             end,
      error_message        = state.error_message
  from (
    select
      bool_or(config.status = 'ACTIVE')                                     as active,
      bool_or(config.trade_mode = 'LIVE')                                   as live,
      min(config.error_message) filter (where config.status = 'ERROR')      as error_message,
      (case
         when bool_or(config.status = 'ACTIVE')      then 'running'
         when bool_or(config.status = 'ERROR')       then 'error'
         when bool_or(config.status = 'PAUSED')      then 'paused'
         when bool_or(config.started_at is not null) then 'stopped'
         else 'draft'
       end)::public.strategy_status                                         as status
    from public.strategy_configs as config
    where config.strategy_id = new.strategy_id
  ) as state
  where strategy.id = new.strategy_id
    and (strategy.status, strategy.is_simulation_active, strategy.is_live_mode, strategy.error_message)
        is distinct from (state.status, state.active, state.live, state.error_message);
  return null;
end
$$;

comment on function private.keep_strategy_state is
  'Trigger: a strategy shows the sum of its configs'' states.';

revoke execute on function private.keep_strategy_state() from public;

create trigger keep_strategy_state
  after insert or update of status, trade_mode, started_at, error_message on public.strategy_configs
  for each row execute function private.keep_strategy_state();
