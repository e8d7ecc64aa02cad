"""From what happened to rows: first on disk, then in the database, each once.

In:  events and facts.
Out: rows in Supabase; the journal that a restart reads.
Next: `worker/store/store.py`, then `worker/store/journal.py` and `worker/store/sender.py`.
"""
