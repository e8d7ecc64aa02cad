"""How functions and worker alike reach what lies outside: user code, sealed secrets, the broker.

In:  plain values and the domain's own.
Out: plain values and errors of `core/errors.py`; nothing here knows the database or HTTP routes.
Next: `adapters/sandbox/code_strategy.py`, `adapters/secrets.py`.

Only base dependencies are used, and the heavy ones are imported where they are first needed, so
that a function that needs neither a secret nor a sandbox starts without them.
"""
