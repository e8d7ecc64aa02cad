"""JSON from somebody we do not trust: read strictly, so that it can be passed on to others.

In:  the text or bytes of a request or a message.
Out: the value; a `ValueError` that says why there is none.
Next: `devstack/supabase/realtime/phoenix.py` and `devstack/dhan/feed/requests.py`, which ask.

Python's own reader takes more than JSON (RFC 8259) and lets pass what breaks later and elsewhere:
half a surrogate pair cannot be written as UTF-8, so one client's message would break the sockets
of all who are to receive it; `NaN` and `1e999` become text that no browser reads; deep nesting
ends in a `RecursionError`.
"""

import json
import re
from math import isfinite
from typing import Any, Final

_ESCAPED_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(content: str | bytes) -> Any:
    r"""Return the value that JSON text stands for.

    Raises
    ------
    ValueError
        It is not JSON, or holds what cannot be written as JSON again.

    Examples
    --------
    >>> parse_json(b'{"x": [1, 2.5]}')
    {'x': [1, 2.5]}
    >>> parse_json('"\\ud83d\\ude00"') == "\U0001f600"
    True
    >>> parse_json('"\\ud83d"')
    Traceback (most recent call last):
    ...
    ValueError: half a surrogate pair is no character
    """
    text = content if isinstance(content, str) else content.decode()
    try:
        value = _DECODER.decode(text)
        if _ESCAPED_HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("half a surrogate pair is no character") from None
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is too large for a number")
    return value


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)
