/*
  feed_figures: how the market data of each worker are doing, for whoever trades on them.

  Counters only: nothing of any user's is in them. What belongs to the operator (memory, processes,
  addresses) stays in worker_heartbeats.

  Called by    web (authenticated)
  Depends on   create_worker_heartbeats
*/

create function public.feed_figures() returns jsonb
  language sql stable
  security definer set search_path = ''
as $$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'shard', beat.shard,
        'beat_age_seconds', extract(epoch from now() - beat.beat_at),
        'ticks_per_second', beat.figures -> 'ticks_per_second',
        'ticks', beat.figures -> 'ticks',
        'dropped', beat.figures -> 'dropped',
        'malformed', beat.figures -> 'malformed',
        'waiting', beat.figures -> 'outbox',
        'gaps', coalesce(beat.figures -> 'gaps', '{}'),
        'feed', coalesce(beat.figures -> 'feed', '{}')
      )
      order by beat.shard
    ),
    '[]'
  )
  from public.worker_heartbeats as beat
  where beat.process = 'supervisor' and beat.beat_at > now() - interval '1 day';
$$;

comment on function public.feed_figures is
  'Of each worker of the last day: ticks, what was dropped, gaps of the feed and their repair.';

revoke execute on function public.feed_figures() from public, anon, authenticated;
grant execute on function public.feed_figures() to authenticated;
