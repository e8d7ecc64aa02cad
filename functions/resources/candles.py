"""Candles out of the broker's history into the database, page by page, with what is missing.

In:  a symbol, an interval, days.
Out: how many candles were new, and per day how many minutes were expected and received.
Next: `adapters/dhan_history.py`; `core/brokers/dhan/history.py`.

The operator's Dhan account is asked, never a user's: a user's token is sealed, and opened for
three named operations only, of which this is none (`functions/elevated.py`).
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from core.errors import BrokerError, ConfigError, DataError
from core.rows import key_text
from functions.instrument_rows import instrument_of
from functions.models import Answer, Body
from functions.problems import ApiError, invalid
from functions.routing import Call


class CandleRequest(Body):
    """Which candles; both days are included."""

    symbol: Annotated[
        str,
        Field(
            min_length=1,
            max_length=64,
            pattern=r"^[A-Za-z0-9&]([A-Za-z0-9&. _-]*[A-Za-z0-9])?$",
            description="A rule: NIFTY-FUT is the near-month future, RELIANCE the share.",
            examples=["NIFTY-FUT"],
        ),
    ]
    timeframe: Literal["1m", "5m", "15m", "1h", "4h", "1d"] = "1m"
    first_day: Annotated[date, Field(examples=["2026-11-02"])]
    last_day: Annotated[date, Field(examples=["2026-11-20"])]


class StoredCandles(Answer):
    """How many candles of one interval were new, replaced others, or were there."""

    timeframe: str
    added: int
    revised: int
    unchanged: int


class DayOfCandles(Answer):
    """One session: its minutes until now, and how many of them the broker has candles of.

    Minutes in which nothing was traded have none. `expected` is null where the hours of a day are
    not known.
    """

    day: date
    expected: int | None
    received: int


class Download(Answer):
    """What came of one page; `next_day` is where to go on, null after the last.

    `outside_hours` counts candles that were left out because the market does not trade then.
    """

    instrument_key: str
    symbol: str
    timeframe: str
    first_day: date
    last_day: date
    stored: list[StoredCandles]
    days: list[DayOfCandles]
    is_complete: bool
    outside_hours: int
    next_day: date | None


def download_candles(call: Call, body: CandleRequest) -> Download:
    """Download candles of an instrument from the broker's history.

    One call brings one page: 90 days, or ten years of daily candles. `next_day` is the `first_day`
    of the next call. Minutes are stored with every interval but the day, which are made of them.
    What differs from what was seen live replaces it and is marked as revised.
    """
    # Not before it is needed: most requests are about something else.
    from functions.history_page import HistoryPage  # noqa: PLC0415

    settings = call.settings
    if not settings.dhan_client_id or not settings.dhan_access_token:
        detail = "history cannot be downloaded: the operator has set no DHAN_ACCESS_TOKEN"
        raise ApiError(503, "history_unavailable", detail)
    if body.last_day < body.first_day:
        detail = f"{body.last_day} is before first_day {body.first_day}"
        raise invalid("body", "/last_day", detail)
    row = call.database.rpc("find_instrument", {"p_symbol": body.symbol})
    try:
        page = HistoryPage(call, row, body.timeframe, body.first_day, body.last_day)
        page.download()
    except DataError as error:
        raise invalid("body", "/symbol", str(error), "refused_by_broker") from error
    except (BrokerError, ConfigError) as error:
        raise ApiError(503, "history_unavailable", str(error)) from error
    instrument = instrument_of(row)
    return Download(
        instrument_key=key_text(instrument.key),
        symbol=instrument.symbol,
        timeframe=body.timeframe,
        first_day=page.first_day,
        last_day=page.last_day,
        stored=[StoredCandles.model_validate(each) for each in page.stored],
        days=[DayOfCandles.model_validate(each._asdict()) for each in page.days],
        is_complete=all(each.received >= (each.expected or 0) for each in page.days),
        outside_hours=page.outside_hours,
        next_day=page.next_day,
    )
