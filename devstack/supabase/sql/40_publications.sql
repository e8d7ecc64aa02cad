/*
  What Realtime reads from the write-ahead log.

  supabase_realtime belongs to postgres, so that migrations can add their tables to it.
  supabase_realtime_messages (broadcast from the database) comes with realtime.messages in the
  file after this one.
*/

create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;
