"""The market feed: sockets kept alive, and what comes out of them.

In:  which instruments are wanted; bytes.
Out: ticks in the engine; word of gaps.
Next: `worker/feed/feed.py`, then `core/intake.py`, the hot path.
"""
