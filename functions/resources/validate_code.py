"""A dry run of a strategy's code: what is in it, what is wrong with it, what it would have said.

In:  a strategy; its stored code, or other code that is to be tried in its place.
Out: `CodeCheck`.
Next: `functions/code_check.py`.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from core.errors import ConfigError
from core.parameters import parameters_from
from core.risk_parameters import RiskParameters
from core.session import IST
from functions.code_answers import CodeCheck
from functions.database import Row
from functions.models import Body
from functions.problems import ApiError, invalid
from functions.routing import Call

if TYPE_CHECKING:
    from functions.code_check import Material

_CANDLES: Final = 320
_LEAST_CANDLES: Final = 30


class CodeToTry(Body):
    """Absent: the code and the parameters that are stored."""

    python_code: Annotated[
        str | None, Field(min_length=1, max_length=65536, pattern=r"^[^\x00]*$")
    ] = None
    parameters: dict[str, Any] | None = None


def validate_code(call: Call, strategy_id: UUID, body: CodeToTry) -> CodeCheck:
    """Check a strategy's code and run it dry.

    Nothing is stored and nothing is traded. The dry run takes the last stored candles of the
    strategy's first symbol; where there are too few it takes made-up ones and says so.
    """
    arguments = {"p_strategy_id": str(strategy_id), "p_count": _CANDLES}
    row = call.database.rpc("dry_run_material", arguments)
    source = body.python_code or row["python_code"]
    if source is None:
        detail = f"a {row['strategy_type']} strategy has no code of its own; send python_code"
        raise invalid("body", "/python_code", detail)
    parameters = row["parameters"] if body.parameters is None else body.parameters
    return _checked(source, parameters, _material(row))


def _checked(source: str, parameters: dict[str, Any], material: "Material") -> CodeCheck:
    """Check code.

    Raises
    ------
    ApiError
        503 if the sandbox cannot be started.
    """
    from functions.code_check import check_code  # noqa: PLC0415 - as below.

    try:
        return check_code(source, parameters, material)
    except ConfigError as error:
        raise ApiError(503, "sandbox_unavailable", str(error)) from error


def _material(row: Row) -> "Material":
    # Not before it is needed: see `functions/code_answers.py`.
    from functions.code_check import Material, made_up  # noqa: PLC0415

    candles = row["candles"] or []
    if len(candles) < _LEAST_CANDLES:
        return made_up()
    instrument = row["instrument"]
    return Material(
        [_candle(each) for each in candles],
        is_real=True,
        symbol=instrument["symbol"],
        timeframe=row["timeframe"],
        lot_size=instrument["lot_size"],
        allow_short=_allows_short(row["risk_parameters"]),
    )


def _allows_short(values: dict[str, Any]) -> bool:
    try:
        return parameters_from(RiskParameters, values).allow_short
    except ConfigError:
        return False


def _candle(values: list[Any]) -> Any:
    start, first, high, low, last, volume = values
    return {
        "time": datetime.fromisoformat(start).astimezone(IST).isoformat(),
        "open": float(first),
        "high": float(high),
        "low": float(low),
        "close": float(last),
        "volume": int(volume),
    }
