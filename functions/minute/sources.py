"""Code that has been read is not read again: most rounds see the code of the round before.

In:  source text.
Out: `CodeStrategy`.
Next: `adapters/sandbox/code_strategy.py`.
"""

from functools import lru_cache

from adapters.sandbox.code_strategy import CodeStrategy


@lru_cache(maxsize=512)
def read_code(source: str) -> CodeStrategy:
    """Return what can be said about code without running it."""
    return CodeStrategy.read(source)
