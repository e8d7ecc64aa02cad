"""Dhan over REST, and the access token that everything at Dhan asks for.

In:  requests of the market, the doctor and the revision; what Dhan says about a token.
Out: candles, option chains, the instrument master; an access token that is alive.
Next: `worker/broker/dhan.py`, then `worker/broker/token_keeper.py`.
"""
