"""Strategy code pasted by a user: checked, explained, and run where it can harm nobody.

In:  source text; a context of candles, price, position and parameters.
Out: findings and an explanation before it runs; an outcome (decided or failed) when it has run.
Next: `code_strategy.py` (reading it), then `pool.py` (running it).

source -> parsing -> rules, names, entry -> CodeStrategy -> explanation
CodeStrategy + context -> pool -> session (Monty) -> result or failure -> Outcome
"""
