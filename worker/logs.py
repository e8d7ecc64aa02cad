"""What the worker says about itself: one JSON object per line on stderr, never a secret.

In:  `logging` records; further facts as ``extra={"facts": {...}}``.
Out: lines with time, level, logger, message and facts.
Next: whoever collects stderr.
"""

import json
import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

_HIDDEN: Final = "***"
_SHORTEST_SECRET: Final = 6  # Shorter ones would blot out ordinary words.

# These write addresses into their lines, and the feed's address holds the token.
_QUIET: Final = ("httpx", "httpcore", "picows", "websockets", "realtime", "asyncio")


class JsonLines(logging.Formatter):
    """Format a record as one line of JSON.

    Parameters
    ----------
    secrets
        Texts that are blotted out wherever they appear.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = {text for text in secrets if len(text) >= _SHORTEST_SECRET}

    def hide(self, secret: str) -> None:
        """Blot out another text from now on."""
        if len(secret) >= _SHORTEST_SECRET:
            self._secrets.add(secret)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without a newline at its end."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        text = json.dumps(line, default=str)
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


def log_to_stderr(secrets: Iterable[str] = (), level: int = logging.INFO) -> None:
    """Send the lines of this process to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def also_hide(secret: str) -> None:
    """Blot out a text that has become a secret while we run."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, JsonLines):
            handler.formatter.hide(secret)
