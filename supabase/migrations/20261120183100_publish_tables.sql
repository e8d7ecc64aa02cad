/*
  The main tables as postgres_changes. No row of these is ever deleted by us, for an event of a
  deletion reaches every subscriber: they go with the account only.

  Not published: market data, which would drown the rest, and user_events, which are broadcast.

  Depends on   every table below
*/

alter publication supabase_realtime add table
  public.portfolios,
  public.strategies,
  public.strategy_configs,
  public.strategy_commands,
  public.strategy_metrics,
  public.strategy_logs,
  public.trading_signals,
  public.orders,
  public.fills,
  public.trades;
