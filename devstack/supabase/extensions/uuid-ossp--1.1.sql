/*
  uuid-ossp without its C library: the constants, and generators that lean on gen_random_uuid().

  Version 1 (time and hardware address) becomes a random uuid as well: what callers rely on is
  that it is unique.
*/
\echo Use "create extension \"uuid-ossp\"" to load this file. \quit

create function uuid_nil() returns uuid
  language sql immutable strict parallel safe
  as $$ select '00000000-0000-0000-0000-000000000000'::uuid $$;

create function uuid_ns_dns() returns uuid
  language sql immutable strict parallel safe
  as $$ select '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid $$;

create function uuid_ns_url() returns uuid
  language sql immutable strict parallel safe
  as $$ select '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::uuid $$;

create function uuid_generate_v1() returns uuid
  language sql volatile strict parallel safe
  as $$ select pg_catalog.gen_random_uuid() $$;

create function uuid_generate_v1mc() returns uuid
  language sql volatile strict parallel safe
  as $$ select pg_catalog.gen_random_uuid() $$;

create function uuid_generate_v4() returns uuid
  language sql volatile strict parallel safe
  as $$ select pg_catalog.gen_random_uuid() $$;
