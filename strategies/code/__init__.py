"""Code: a strategy that is the user's own Python, run in a sandbox by whoever has one.

In:  candles; what the user's code decided on them.
Out: signals.
Next: `wish.py`, what a result means; `strategy.py`, candle by candle.

The code itself never runs here: the worker and the minute cron hand it to `adapters/sandbox`.
"""

from strategies.code.strategy import Code

__all__ = ["Code"]
