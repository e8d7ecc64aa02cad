"""Log lines: JSON, with facts, without secrets."""

import json
import logging
import sys

from worker.logs import JsonLines


def _line(record: logging.LogRecord, *secrets: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(JsonLines(secrets).format(record))
    return found


def _record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("worker.x", logging.WARNING, "x.py", 1, message, arguments, None)


def test_a_line_holds_level_message_and_facts() -> None:
    record = _record("%d lost", 3)
    record.facts = {"config": "abc"}
    line = _line(record)
    assert line["level"] == "warning"
    assert line["message"] == "3 lost"
    assert line["config"] == "abc"


def test_a_secret_is_blotted_out_wherever_it_stands() -> None:
    record = _record("at abc.def.ghi")
    try:
        int("wss://x?token=abc.def.ghi")
    except ValueError:
        record.exc_info = sys.exc_info()
    text = JsonLines(["abc.def.ghi", ""]).format(record)
    assert "abc.def.ghi" not in text
    assert text.count("***") >= 2
