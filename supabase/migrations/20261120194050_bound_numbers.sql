/*
  No number that readers cannot read: JSON knows integers of any length, Python's reader refuses
  those of more than 4,300 digits, and one of them would keep a list of everybody's configs from
  being read.

  Depends on   create_strategies, create_strategy_configs, create_strategy_commands
*/

alter table public.strategies
  add constraint strategies_config_numbers check (config::text !~ '([0-9]{100}){10}'),
  add constraint strategies_risk_numbers check (risk_parameters::text !~ '([0-9]{100}){10}');
alter table public.strategy_configs
  add constraint strategy_configs_numbers check (config_json::text !~ '([0-9]{100}){10}');
alter table public.strategy_commands
  add constraint strategy_commands_numbers check (parameters::text !~ '([0-9]{100}){10}');

comment on constraint strategies_config_numbers on public.strategies is
  'config holds no number of a thousand digits';
comment on constraint strategies_risk_numbers on public.strategies is
  'risk_parameters holds no number of a thousand digits';
comment on constraint strategy_configs_numbers on public.strategy_configs is
  'config_json holds no number of a thousand digits';
comment on constraint strategy_commands_numbers on public.strategy_commands is
  'parameters holds no number of a thousand digits';
