"""Strategy configs at work: started, asked, commanded, stopped.

In:  rows of `strategy_configs` and `strategy_commands`; candles.
Out: signals for the engine; statuses and logs for the owners.
Next: `worker/configs/supervisor.py`, then `worker/configs/deployment.py`.
"""
