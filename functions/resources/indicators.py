"""What a strategy's monitor draws beneath the candles: its indicators at each of them.

In:  a strategy, which of its instruments and intervals, how many candles.
Out: lists aligned with the candles' starts; null where a figure is not known yet.
Next: `functions/indicator_series.py`.
"""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import AwareDatetime, Field

from core.candle import InstrumentKey, Interval
from core.config_settings import ConfigSettings, settings_of
from core.errors import ConfigError
from core.rows import key_text
from core.session import NS_PER_SECOND
from core.stored_rows import key_of
from functions.database import Row
from functions.indicator_series import Chart, Drawn, Study
from functions.models import Answer, Query
from functions.problems import ApiError, invalid
from functions.resources.designs import Timeframe
from functions.routing import Call
from strategies import strategy_type

_CANDLES: Final = 375


class IndicatorQuery(Query):
    """What the chart shows; absent: the default config, its first symbol and first interval."""

    config_id: UUID | None = None
    instrument_key: Annotated[
        str | None,
        Field(pattern=r"^[A-Z_]{1,16}:[0-9]{1,12}$", examples=["NSE_FNO:49543"]),
    ] = None
    timeframe: Timeframe | None = None
    limit: Annotated[int, Field(ge=1, le=1000, description="Candles, the newest.")] = _CANDLES


class Indicators(Answer):
    """Figures by name, as the strategy's signals name them.

    `settled` is the place of the first candle whose figures do not depend on where the stored
    candles begin; before it averages that never quite forget may differ from those that a running
    strategy had. A strategy that is the user's own code draws nothing: it is asked at decisions
    only.
    """

    strategy_id: UUID
    config_id: UUID
    instrument_key: str
    timeframe: Timeframe
    times: list[AwareDatetime]
    indicators: dict[str, list[float | None]]
    settled: int


def read_indicators(call: Call, strategy_id: UUID, query: IndicatorQuery) -> Indicators:
    """Read a strategy's indicators at every stored candle.

    The strategy itself computes them, from the candles that the caller may read. An interval that
    it does not look at has none.
    """
    asked = {"p_strategy_id": str(strategy_id)}
    if query.config_id is not None:
        asked["p_config_id"] = str(query.config_id)
    row = call.database.rpc("indicator_config", asked)
    try:
        drawn, chart = _drawn(call, row, query)
    except ConfigError as error:
        raise ApiError(409, "unusable_config", f"nothing can be drawn: {error}") from error
    return Indicators(
        strategy_id=strategy_id,
        config_id=row["config_id"],
        instrument_key=key_text(chart.instrument),
        timeframe=chart.interval.value,
        times=[datetime.fromtimestamp(each // NS_PER_SECOND, UTC) for each in drawn.opens_ns],
        indicators=drawn.figures,
        settled=drawn.settled,
    )


def _drawn(call: Call, row: Row, query: IndicatorQuery) -> tuple[Drawn, Chart]:
    """Return the figures and what they are of; raises ConfigError if there can be none."""
    settings = settings_of(row["config_json"])
    known = [key_of(each["instrument"]["instrument_key"]) for each in row["instruments"]
             if each["instrument"] is not None]  # fmt: skip
    interval = Interval(query.timeframe or next(iter(settings.intervals), Interval.M1))
    chart = Chart(_instrument(query, known, settings), interval, query.limit)
    if strategy_type(row["strategy_type"]).brings_code:
        return Drawn((), {}, 0), chart
    study = Study(row["strategy_type"], settings, known, chart)
    arguments = {"p_wanted": study.wanted(), "p_until": row["market_time"]}
    return study.draw(call.database.rpc("stored_candles", arguments)), chart


def _instrument(
    query: IndicatorQuery, known: list[InstrumentKey], settings: ConfigSettings
) -> InstrumentKey:
    if query.instrument_key is not None:
        try:
            return key_of(query.instrument_key)
        except ValueError as error:  # A segment that there is not.
            detail = f"{query.instrument_key} names no instrument"
            raise invalid("query", "/instrument_key", detail) from error
    if not known:
        raise ConfigError(f"symbol {settings.symbols[0]} is not known here; a worker lists it")
    return known[0]
