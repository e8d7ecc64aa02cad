/*
  What became of each order, step by step: one row per version that was written.

  An order row shows how far it got; this is how it got there, for who asks why a fill was late or
  what the broker answered first. Kept as long as the order.

  Written by   trigger on orders
  Read by      web (authenticated)
  Depends on   create_orders
*/

create table public.order_events (
  order_id          uuid           not null references public.orders (id),
  version           bigint         not null,
  user_id           uuid           not null references auth.users (id) on delete cascade,
  status            public.order_status not null,
  filled_quantity   integer        not null,
  average_price     numeric(18, 4),
  rejection_reason  text,
  broker_order_id   text,
  changed_at        timestamptz    not null,
  created_at        timestamptz    not null default now(),
  primary key (order_id, version)
);

comment on table  public.order_events is 'What became of each order, one row per version.';
comment on column public.order_events.order_id         is 'The order.';
comment on column public.order_events.version          is 'Its version, growing with each step.';
comment on column public.order_events.user_id          is 'Owner of the order.';
comment on column public.order_events.status           is 'How far it had got.';
comment on column public.order_events.filled_quantity  is 'Units filled by then.';
comment on column public.order_events.average_price    is 'Average price of its fills by then.';
comment on column public.order_events.rejection_reason is 'Why it was rejected or cancelled.';
comment on column public.order_events.broker_order_id  is 'The broker''s number.';
comment on column public.order_events.changed_at       is 'Market time of the step.';
comment on column public.order_events.created_at       is 'When the row was written.';

-- Serves the policy.
create index order_events_user_idx on public.order_events (user_id, changed_at desc);

alter table public.order_events enable row level security;
revoke all on public.order_events from anon, authenticated, service_role;
grant select on public.order_events to authenticated, service_role;

create policy "A user reads the steps of their own orders"
  on public.order_events for select to authenticated
  using ((select auth.uid()) = user_id);


create function private.record_order_event() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  insert into public.order_events (
    order_id, version, user_id, status, filled_quantity, average_price, rejection_reason,
    broker_order_id, changed_at
  )
  values (
    new.id, new.version, new.user_id, new.status, new.filled_quantity, new.average_price,
    new.rejection_reason, new.broker_order_id, new.changed_at
  )
  on conflict (order_id, version) do nothing;
  return null;
end
$$;

comment on function private.record_order_event is
  'Trigger: an order was written, or its next version.';

revoke execute on function private.record_order_event() from public;

create trigger record_order_event
  after insert or update of version on public.orders
  for each row execute function private.record_order_event();
