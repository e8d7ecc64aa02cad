"""The persistent process: feed in, decisions inside, rows out.

In:  Dhan's market feed, commands from the database.
Out: candles, signals, orders, fills, trades and ledger entries in Supabase.
Next: `worker/__main__.py`, then `worker/run.py`, which puts the parts together.
"""
