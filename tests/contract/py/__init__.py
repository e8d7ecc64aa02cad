"""The behaviours as cases of supabase-py, one module per area."""
