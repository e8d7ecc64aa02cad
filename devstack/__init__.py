"""What exists on a developer's machine only: the embedded Supabase and the Dhan simulator."""
