/*
  Strategy performance: one row per strategy and day on which it ran, virtual and live apart.

  Profit, trades and equity are the day's own, per mode. The ratios are those of the record up to
  and including the day in one mode: live once the strategy has closed a live trade, virtual before
  (measured says which). The two are never added: while it trades live, the virtual trades shadow
  the live ones. The same definitions as core/daily_performance.py, and a test holds them equal.

  Written by   analyse_strategy
  Read by      web, functions (authenticated)
  Depends on   create_trades
*/

create table public.strategy_performance (
  user_id         uuid             not null references auth.users (id) on delete cascade,
  strategy_id     uuid             not null,
  date            date             not null,
  virtual_pnl     numeric          not null,
  live_pnl        numeric          not null,
  virtual_trades  integer          not null,
  live_trades     integer          not null,
  virtual_equity  numeric          not null,
  live_equity     numeric,
  measured        public.trade_mode not null,
  win_rate        double precision check (win_rate between 0 and 1),
  max_drawdown    double precision not null check (max_drawdown <= 0),
  sharpe_ratio    double precision,
  profit_factor   double precision,
  payoff_ratio    double precision,
  expectancy      numeric,
  updated_at      timestamptz      not null default now(),
  primary key (strategy_id, date),
  foreign key (strategy_id, user_id) references public.strategies (id, user_id)
);

comment on table  public.strategy_performance is
  'One row per strategy and day on which it ran, virtual and live apart.';
comment on column public.strategy_performance.user_id        is 'Owner of the strategy.';
comment on column public.strategy_performance.strategy_id    is 'The strategy.';
comment on column public.strategy_performance.date           is 'Day in India.';
comment on column public.strategy_performance.virtual_pnl is
  'Profit of the simulated trades closed that day, rupees after charges.';
comment on column public.strategy_performance.live_pnl is
  'Profit of the live trades closed that day, rupees after charges.';
comment on column public.strategy_performance.virtual_trades is
  'Simulated trades closed that day.';
comment on column public.strategy_performance.live_trades    is 'Live trades closed that day.';
comment on column public.strategy_performance.virtual_equity is
  'Capital and all simulated profit up to that day, rupees.';
comment on column public.strategy_performance.live_equity is
  'Capital and all live profit up to that day, rupees; null before the first live trade.';
comment on column public.strategy_performance.measured is
  'Which record the ratios are of: LIVE once there is one.';
comment on column public.strategy_performance.win_rate is
  'Wins among wins and losses so far, a fraction; null without either.';
comment on column public.strategy_performance.max_drawdown is
  'Deepest fall of equity below its peak so far, by day, a fraction, 0 or negative.';
comment on column public.strategy_performance.sharpe_ratio is
  'Yearly, of daily returns so far; null where it is not defined.';
comment on column public.strategy_performance.profit_factor is
  'Profit of the wins over that of the losses so far; null without a loss.';
comment on column public.strategy_performance.payoff_ratio is
  'Average win over average loss so far; null without both.';
comment on column public.strategy_performance.expectancy is
  'Mean profit of a trade so far, rupees, four decimals; null without a trade.';
comment on column public.strategy_performance.updated_at     is 'When it was last computed.';

-- Serves policies and the days of all strategies of a user.
create index strategy_performance_user_date_idx
  on public.strategy_performance (user_id, date desc);

alter table public.strategy_performance enable row level security;
revoke all on public.strategy_performance from anon, authenticated, service_role;
grant select on public.strategy_performance to authenticated, service_role;

create policy "A user reads the performance of their own strategies"
  on public.strategy_performance for select to authenticated
  using ((select auth.uid()) = user_id);
