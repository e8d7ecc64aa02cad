/*
  Deletions are not published. Realtime cannot ask row level security about a row that is gone, so
  it tells every subscriber of the table; nobody has a use for that here. So old rows of published
  tables can be removed, and an account can go, without a word to others.

  Depends on   publish_tables
*/

alter publication supabase_realtime set (publish = 'insert, update');
