"""Who may write: one worker per shard.

In:  the row in `worker_leases`.
Out: a fencing token, or the reason why there is none.
Next: `worker/lease/lease.py`, then `worker/lease/standby.py`.
"""
