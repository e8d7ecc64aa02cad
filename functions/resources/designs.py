"""What a new strategy is made of, checked against what its type declares.

In:  a request's body.
Out: arguments of the rpc `create_strategy`.
Next: `strategies/__init__.py`, the types there are; `core/risk_parameters.py`.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from core.candle import Interval
from core.errors import ConfigError
from core.hooks import intervals_for
from core.parameters import parameters_from
from core.risk_parameters import RiskParameters
from functions.models import Body, Capital, Name, whole
from functions.problems import invalid
from strategies import make, strategy_type

Symbol = Annotated[
    str,
    Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9&]([A-Za-z0-9&. _-]*[A-Za-z0-9])?$"),
]
Values = Annotated[dict[str, Any], Field(description="Absent ones have defaults.")]
Timeframe = Literal["1m", "5m", "15m", "1h", "4h", "1d"]
Symbols = Annotated[
    list[Symbol],
    Field(
        min_length=1,
        max_length=50,
        description="Rules: NIFTY-FUT is the near-month future, RELIANCE the share.",
        examples=[["NIFTY-FUT"]],
    ),
]
AssetClass = Annotated[str, Field(max_length=50, pattern=r"^[a-z][a-z_]*$")]
# `Field` stands first: after the validator its bounds would be missing from the schema.
MaxPositions = Annotated[int, Field(strict=True, ge=1, le=100), BeforeValidator(whole)]


class NewStrategy(Body):
    """A design: a type with its parameters, what it trades, and with how much."""

    name: Name
    strategy_type: Annotated[
        str, Field(max_length=50, pattern=r"^[a-z][a-z0-9_]*$", examples=["momentum"])
    ]
    description: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] = ""
    parameters: Values = Field(default_factory=dict)
    risk_parameters: Values = Field(default_factory=dict)
    python_code: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=65536,
            pattern=r"^[^\x00]*$",
            description="Of type code, and only there: it must define trading_strategy(context).",
        ),
    ] = None
    runner: Annotated[
        Literal["worker", "cron"],
        Field(description="cron evaluates once a minute: type code only, simulation only."),
    ] = "worker"
    symbols: Symbols
    asset_class: AssetClass = "index_future"
    timeframes: Annotated[
        list[Timeframe],
        Field(min_length=1, max_length=6, description="Absent: the candles its type needs."),
    ] = Field(default_factory=list)
    max_positions: MaxPositions = 3
    capital_allocated: Capital = "100000"
    portfolio_id: Annotated[
        UUID | None, Field(description="Absent: the oldest paper portfolio.")
    ] = None
    auto_start: bool = False


def checked(design: NewStrategy) -> dict[str, Any]:
    """Return the arguments of the rpc.

    Raises
    ------
    ApiError
        422 for a type that does not exist, or parameters it cannot use.
    """
    place = or_refuse("/strategy_type", lambda: strategy_type(design.strategy_type))
    chosen = tuple(Interval(each) for each in dict.fromkeys(design.timeframes))
    if place.brings_code:
        check_code(design.python_code)
    elif design.python_code is not None:
        raise invalid("body", "/python_code", f"a {place.name} strategy has no code of its own")
    elif design.runner == "cron":
        raise invalid("body", "/runner", "the minute cron runs strategies of type code only")
    else:
        strategy = or_refuse("/parameters", lambda: make(place.name, design.parameters))
        chosen = or_refuse("/timeframes", lambda: intervals_for(strategy, chosen))
    or_refuse("/risk_parameters", lambda: parameters_from(RiskParameters, design.risk_parameters))
    return {
        "p_name": design.name,
        "p_strategy_type": design.strategy_type,
        "p_config": design.parameters,
        "p_risk_parameters": design.risk_parameters,
        "p_symbols": design.symbols,
        "p_timeframes": [str(each) for each in chosen or (Interval.M1,)],
        "p_asset_class": design.asset_class,
        "p_max_positions": design.max_positions,
        "p_capital_allocated": design.capital_allocated,
        "p_portfolio_id": None if design.portfolio_id is None else str(design.portfolio_id),
        "p_description": design.description,
        "p_auto_start": design.auto_start,
        "p_module_path": place.module_path,
        "p_class_name": place.class_name,
        "p_python_code": design.python_code,
        "p_runner": design.runner,
    }


def check_code(code: str | None) -> None:
    """Refuse code that cannot run.

    Raises
    ------
    ApiError
        422 with the first problem that reading the code has shown.
    """
    # Not before it is needed: most requests are about something else.
    from adapters.sandbox.code_strategy import CodeStrategy  # noqa: PLC0415

    if code is None:
        raise invalid("body", "/python_code", "a strategy of type code needs its code")
    problems = CodeStrategy.read(code).problems
    if problems:
        first = problems[0]
        place = "" if first.line is None else f"line {first.line}: "
        raise invalid("body", "/python_code", f"{place}{first.sentence}")


def or_refuse[T](pointer: str, check: Callable[[], T]) -> T:
    """Return what a check yields; what it refuses is refused with a pointer to the value."""
    try:
        return check()
    except (ConfigError, OverflowError) as error:  # JSON knows integers beyond any float.
        raise invalid("body", pointer, str(error)) from error
