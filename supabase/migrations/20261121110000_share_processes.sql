/*
  strategy_configs.shares_process: a config may live in one process with its user's other configs
  that are set so, which saves memory and costs protection. It counts from the next START on.

  Written by   the user
  Read by      the worker, web
  Depends on   create_strategy_configs
*/

alter table public.strategy_configs add column shares_process boolean not null default false;

comment on column public.strategy_configs.shares_process is
  'Lives in one process with the user''s other configs that are set so, from its next START on; '
  'what ends that process ends them all.';

grant update (shares_process) on public.strategy_configs to authenticated;
