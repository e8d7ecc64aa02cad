"""Streaming indicators: one class per file, and one way to use them all.

In:  numbers of completed candles, oldest first.
Out: the indicator's value after each, None while warming up.
Next: `core/indicators/indicator.py`, what each of them promises; then any.
"""
