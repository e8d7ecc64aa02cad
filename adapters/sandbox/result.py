"""Read what user code returned, strictly: a signal, and optionally amount, reason, indicators.

In:  the result as JSON text, bounded in length by whoever made it.
Out: a `CodeResult`, or a `DataError` that names the field.
Next: `adapters/sandbox/outcome.py`.
"""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, cast

from adapters.sandbox.outcome import CodeResult, SignalWord
from adapters.sandbox.storable import is_storable
from core.errors import DataError

# What the sandbox answers instead of a result that JSON cannot hold: where, and of what type.
UNREADABLE: Final = "_tb_unreadable"

_SIGNALS: Final = ("buy", "sell", "hold")
_FIELDS: Final = ("signal", "amount", "reason", "indicators")
_MAX_AMOUNT: Final = 10_000_000
_MAX_REASON: Final = 500
_MAX_INDICATORS: Final = 50
_MAX_NAME: Final = 64
_SHOWN: Final = 40


def read_result(text: str) -> CodeResult:
    """Return the result that `text` holds.

    Raises
    ------
    DataError
        When it is not a dict with a known signal and fields of the right kind; names the field.
    """
    row = _row(text)
    unknown = sorted(row.keys() - set(_FIELDS))
    if unknown:
        allowed = ", ".join(_FIELDS)
        raise DataError(f"{_shown(unknown[0])} is not a field of a result, which has {allowed}")
    return CodeResult(
        signal=_signal(row),
        amount=_amount(row.get("amount")),
        reason=_reason(row.get("reason")),
        indicators=_indicators(row.get("indicators")),
    )


def _row(text: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except RecursionError:
        raise DataError("the result is nested too deeply") from None
    except ValueError as problem:
        # Among others a whole number of more than 4,300 digits.
        raise DataError(f"the result cannot be read: {str(problem)[:120]}") from None
    if not isinstance(row, dict):
        raise DataError(f"the result is {_shown(row)}, must be a dict with a signal")
    if UNREADABLE in row:
        raise DataError(_unreadable(row[UNREADABLE]))
    return row


def _unreadable(found: Any) -> str:
    parts = found if isinstance(found, list) else []
    path = ".".join(str(part)[:_MAX_NAME] for part in parts[:-1])
    why = str(parts[-1])[:120] if parts else "it holds what JSON cannot"
    return f"{path or 'the result'} cannot be used: {why}"


def _signal(row: Mapping[str, Any]) -> SignalWord:
    if "signal" not in row:
        raise DataError("signal is missing, must be buy, sell or hold")
    signal = row["signal"]
    if not isinstance(signal, str) or signal not in _SIGNALS:
        raise DataError(f"signal is {_shown(signal)}, must be buy, sell or hold")
    return cast("SignalWord", signal)


def _amount(value: Any) -> int | None:
    if value is None:
        return None
    # 75.0 is a whole number too; True is not a number here, though Python calls it one.
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    if not isinstance(whole, int) or isinstance(whole, bool) or not 1 <= whole <= _MAX_AMOUNT:
        raise DataError(
            f"amount is {_shown(value)}, must be a whole number of units from 1 to {_MAX_AMOUNT:,}"
        )
    return whole


def _reason(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise DataError(f"reason is {_shown(value)}, must be text")
    if not is_storable(value):
        raise DataError(f"reason is {_shown(value)}, which holds a character that is no text")
    if len(value) > _MAX_REASON:
        raise DataError(f"reason has {len(value):,} characters, must have at most {_MAX_REASON}")
    return value


def _indicators(value: Any) -> dict[str, float]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DataError(f"indicators is {_shown(value)}, must be a dict of numbers by name")
    if len(value) > _MAX_INDICATORS:
        raise DataError(f"indicators has {len(value):,} entries, must have at most 50")
    return {_name(name): _number(name, number) for name, number in value.items()}


def _name(name: str) -> str:
    if not 1 <= len(name) <= _MAX_NAME or not is_storable(name):
        raise DataError(
            f"indicators has the name {_shown(name)}, must be text of 1 to {_MAX_NAME} characters"
        )
    return name


def _number(name: str, value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        if isfinite(number):
            return number
    raise DataError(
        f"indicators.{name[:_MAX_NAME]} is {_shown(value)}, must be a finite number"
        " (leave it out while it is not known)"
    )


def _shown(value: Any) -> str:
    """Return a short picture of any JSON value; never the whole of a large one."""
    if isinstance(value, dict):
        return f"a dict of {len(value)}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return repr(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!r}..."
    if isinstance(value, int) and abs(value) >= 10**15:
        return "a number of more than 15 digits"
    return repr(value)
