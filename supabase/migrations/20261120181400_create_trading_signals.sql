/*
  Trading signals: what a strategy wanted, why, and what the risk checks said to it.

  Written by   worker_write (kind signal), once per signal, verdict included
  Read by      web (authenticated)
  Depends on   create_strategy_configs
*/

create table public.trading_signals (
  id                  uuid           primary key,
  user_id             uuid           not null references auth.users (id) on delete cascade,
  strategy_id         uuid           not null,
  strategy_config_id  uuid           not null,
  instrument_key      text           not null check (instrument_key ~ '^[A-Z_]+:[0-9]+$'),
  symbol              text           not null,
  signal_type         public.signal_type not null,
  signal_strength     integer        check (signal_strength between 0 and 100),
  price               numeric(18, 4) not null check (price > 0 and price < 1000000000),
  stop_loss           numeric(18, 4) check (stop_loss > 0),
  target_price        numeric(18, 4) check (target_price > 0),
  reason              text           not null,
  indicators          jsonb          not null default '{}',
  candle_time         timestamptz    not null,
  generated_at        timestamptz    not null,
  executed            boolean        not null,
  execution_mode      public.trade_mode not null default 'VIRTUAL',
  refused_by          text,
  refusal_reason      text,
  code_digest         text,
  created_at          timestamptz    not null default now(),
  foreign key (strategy_config_id, strategy_id, user_id)
    references public.strategy_configs (id, strategy_id, user_id),
  check (not executed or refused_by is null)
);

comment on table  public.trading_signals is
  'What strategies wanted, why, and what the risk checks said.';
comment on column public.trading_signals.id                 is 'Key, chosen by the worker.';
comment on column public.trading_signals.user_id            is 'Owner of the config.';
comment on column public.trading_signals.strategy_id        is 'The config''s strategy.';
comment on column public.trading_signals.strategy_config_id is 'The config that gave it.';
comment on column public.trading_signals.instrument_key     is 'Segment and security id.';
comment on column public.trading_signals.symbol             is 'Trading symbol then.';
comment on column public.trading_signals.signal_type        is 'LONG, SHORT or EXIT.';
comment on column public.trading_signals.signal_strength is
  '0 to 100, as the strategy documents it.';
comment on column public.trading_signals.price              is 'Price at the decision, rupees.';
comment on column public.trading_signals.stop_loss          is 'Planned stop, rupees.';
comment on column public.trading_signals.target_price       is 'Planned target, rupees.';
comment on column public.trading_signals.reason             is 'Why, in the strategy''s words.';
comment on column public.trading_signals.indicators         is 'The values it was decided on.';
comment on column public.trading_signals.candle_time is
  'End of the candle it was decided on.';
comment on column public.trading_signals.generated_at       is 'Market time of the decision.';
comment on column public.trading_signals.executed           is 'An order was made of it.';
comment on column public.trading_signals.execution_mode     is 'VIRTUAL or LIVE.';
comment on column public.trading_signals.refused_by is
  'Name of the risk rule that refused it.';
comment on column public.trading_signals.refusal_reason is
  'Why it was refused, with value and limit.';
comment on column public.trading_signals.code_digest is
  'Digest of the code and parameters that decided.';
comment on column public.trading_signals.created_at         is 'When the row was written.';

-- Serves policies and the newest signals of a user.
create index trading_signals_user_idx on public.trading_signals (user_id, generated_at desc);
-- Serves the newest signals of a config.
create index trading_signals_config_idx
  on public.trading_signals (strategy_config_id, generated_at desc);

alter table public.trading_signals enable row level security;
revoke all on public.trading_signals from anon, authenticated, service_role;
grant select on public.trading_signals to authenticated, service_role;

create policy "A user reads their own signals"
  on public.trading_signals for select to authenticated
  using ((select auth.uid()) = user_id);


create function private.keep_last_signal_time() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  update public.strategies
  set last_signal_at = new.generated_at
  where id = new.strategy_id and (last_signal_at is null or last_signal_at < new.generated_at);
  return null;
end
$$;

comment on function private.keep_last_signal_time is
  'Trigger: the strategy shows the time of its last signal.';

revoke execute on function private.keep_last_signal_time() from public;

create trigger keep_last_signal_time
  after insert on public.trading_signals
  for each row execute function private.keep_last_signal_time();
