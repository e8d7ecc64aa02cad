"""What the functions say about themselves: one JSON object per line on stderr, never a secret.

In:  `logging` records; further facts as ``extra={"facts": {...}}``.
Out: lines with time, severity (the name Google Cloud reads), logger, message and facts.
Next: whoever collects stderr.
"""

import json
import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

_HIDDEN: Final = "***"
_QUIET: Final = ("httpx", "httpcore")  # They write an address per request.


class JsonLines(logging.Formatter):
    """Format a record as one line of JSON.

    Parameters
    ----------
    secrets
        Texts that are blotted out wherever they appear.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(filter(None, secrets))

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without a newline at its end."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "severity": record.levelname,
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


def log_to_stderr(secrets: Iterable[str], level: int = logging.INFO) -> None:
    """Send the lines of our own loggers, and warnings of others, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(secrets))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("functions").setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
