"""The embedded Supabase: Postgres, PostgREST, auth and Realtime behind one loopback port."""
