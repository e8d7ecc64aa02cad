"""One minute of the cron that runs code strategies.

In:  what the database says is due.
Out: what every run brought about, to be written in one piece per config.
Next: `functions/minute/round.py`, the table of contents.

due rows -> configs -> desk (engine, protective exits) -> sandbox -> wishes -> engine -> events
"""
