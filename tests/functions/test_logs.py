"""Log lines: JSON, one per record, with facts, without secrets."""

import json
import logging
import sys
from typing import Any

from functions.logs import JsonLines


def line(message: str, *, secrets: tuple[str, ...] = (), **facts: Any) -> dict[str, Any]:
    record = logging.LogRecord("functions.x", logging.INFO, "x.py", 1, message, (), None)
    record.facts = facts
    read: dict[str, Any] = json.loads(JsonLines(secrets).format(record))
    return read


def test_a_record_is_one_object_with_its_facts() -> None:
    written = line("request_served", status=200, route="/api/health")
    assert written["at"].endswith("+00:00")
    del written["at"]
    assert written == {
        "severity": "INFO",
        "logger": "functions.x",
        "message": "request_served",
        "status": 200,
        "route": "/api/health",
    }


def test_a_secret_is_blotted_out_wherever_it_stands() -> None:
    written = line("key is s3cr3t-key", secrets=("s3cr3t-key", ""), also=["s3cr3t-key!"])
    assert (written["message"], written["also"]) == ("key is ***", ["***!"])


def test_a_traceback_stays_on_the_line() -> None:
    try:
        int("two\nlines")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed", (), sys.exc_info())
    text = JsonLines().format(record)
    assert "\n" not in text
    assert "ValueError: invalid literal" in json.loads(text)["traceback"]
