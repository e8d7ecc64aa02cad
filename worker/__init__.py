"""The persistent process: feed in, decisions inside, rows out.

In:  Dhan's market feed, commands from the database.
Out: candles, signals, orders, fills, trades and ledger entries in Supabase.
Next: `worker/__main__.py`, then `worker/run.py`, which puts the parts together.

A tick goes `feed` -> `market` -> `store`; candles go `market` -> `configs` -> `processes` and come
back as signals. `broker` speaks REST to Dhan and keeps its token, `lease` says whether we may
write, `recovery` takes up what the last run left, `replay` records days and plays them again,
`health` tells machines and people how everything is.
"""
