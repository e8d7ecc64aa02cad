"""Days recorded, and days played again.

In:  raw messages of the feed and what happened beside them.
Out: files by market day; whether a day decides today what it decided then.
Next: `worker/replay/recorder.py`, then `worker/replay/replay.py`.
"""
