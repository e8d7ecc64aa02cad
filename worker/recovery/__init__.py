"""What another worker needs to go on where one was.

In:  journal, database, checkpoints.
Out: books, open trades and strategies as they were.
Next: `worker/recovery/recovery.py`.
"""
