"""What is traded: instruments under watch, their candles, and what time it is there.

In:  ticks of the feed, history of the broker, answers of strategies.
Out: effects for the store, candles for the strategies; gaps repaired, days revised.
Next: `worker/market/market.py`.
"""
