"""Keys by id, from the text of a setting such as ``k2:<base64>,k1:<base64>``.

In:  the setting's text and name.
Out: 32 bytes by key id, in the order of the text; or every problem at once, and never a key.
Next: `adapters/secrets.py`.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Final

from core.errors import ConfigError

KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")
_KEY_BYTES: Final = 32


def read_key_ring(text: str, name: str) -> dict[str, bytes]:
    """Return the keys that `text`, the value of the setting `name`, holds.

    Raises
    ------
    ConfigError
        Lists everything that is wrong, by position and key id.
    """
    keys: dict[str, bytes] = {}
    problems: list[str] = []
    for position, entry in enumerate(text.split(","), start=1):
        key_id, _colon, encoded = entry.strip().partition(":")
        key = _decoded(encoded)
        if KEY_ID.fullmatch(key_id) is None:
            # What stands there may be a key whose id was forgotten: it is not repeated.
            problems.append(f"key {position} has no id of 1 to 16 letters, digits, - or _")
        elif key_id in keys:
            problems.append(f"key {position} has the id {key_id} a second time")
        elif key is None or len(key) != _KEY_BYTES:
            size = "no base64" if key is None else f"{len(key)} bytes"
            problems.append(f"key {position} ({key_id}) is {size}, must be 32 bytes in base64")
        else:
            keys[key_id] = key
    if problems:
        raise ConfigError(f"{name} cannot be used: " + "; ".join(problems))
    return keys


def _decoded(encoded: str) -> bytes | None:
    """Return the bytes of base64 in either alphabet, or None."""
    try:
        standard = encoded.translate(str.maketrans("-_", "+/")).encode("ascii")
        return b64decode(standard + b"=" * (-len(standard) % 4), validate=True)
    except (Base64Error, UnicodeEncodeError):
        return None
