/*
  Functions called over rpc: one as the caller, one as its owner, one that always refuses.
*/

create function public.notes_above(floor_rank integer) returns setof public.notes
  language sql stable set search_path = ''
as $$
  select * from public.notes where rank > floor_rank;
$$;

comment on function public.notes_above is 'The caller''s notes ranked above a number.';

create function public.owner_of(note_id bigint) returns uuid
  language sql stable security definer set search_path = ''
as $$
  select user_id from public.notes where id = note_id;
$$;

comment on function public.owner_of is 'Who owns a note, told even to those who may not read it.';

create function public.refuse(reason text) returns void
  language plpgsql set search_path = ''
as $$
begin
  raise exception 'refused: %', reason
    using detail = 'the detail of ' || reason, hint = 'the hint of ' || reason;
end;
$$;

comment on function public.refuse is 'Raises, for a client to receive what was raised.';

revoke execute on function
  public.notes_above(integer), public.owner_of(bigint), public.refuse(text) from public;
grant execute on function
  public.notes_above(integer), public.owner_of(bigint), public.refuse(text) to authenticated;
