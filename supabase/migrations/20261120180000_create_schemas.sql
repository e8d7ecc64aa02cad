/*
  Schemas beside public, and what nobody gets by default.

  public             what clients see: tables, views, rpc
  private            functions that only triggers and rpc call; not exposed over REST
  market_partitions  leaves of partitioned market tables; not exposed over REST

  Every later file states its own rights in full: a hosted project may be old enough to grant some
  by default, or new enough to grant none.
*/

create schema private;
create schema market_partitions;

comment on schema private           is 'Functions behind triggers and rpc. Not exposed over REST.';
comment on schema market_partitions is
  'Leaves of partitioned market tables. Not exposed over REST.';

-- Postgres lets everybody execute a new function; here a function is for those it is granted to.
alter default privileges revoke execute on functions from public;


create function private.touch_updated_at() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

comment on function private.touch_updated_at is 'Trigger: the row says when it was last changed.';

revoke execute on function private.touch_updated_at() from public;
