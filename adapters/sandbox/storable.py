"""Text that a database can hold: no null characters, no half characters.

In:  any text that user code made.
Out: whether it can be stored; or the same text with U+FFFD in place of what cannot.
Next: `adapters/sandbox/result.py` refuses, `adapters/sandbox/session.py` replaces.

PostgreSQL takes neither, and one such text would fail the whole batch that it travels in.
"""


def is_storable(text: str) -> bool:
    """Return whether `text` can be stored as it is."""
    return storable(text) == text


def storable(text: str) -> str:
    """Return `text` with every null or half character replaced.

    Examples
    --------
    >>> storable("a" + chr(0) + chr(0xD800) + "é") == "a" + chr(0xFFFD) * 2 + "é"
    True
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")
