"""`/v2/marketfeed`: the last state of instruments, by request instead of by feed.

In:  segments with lists of security ids (whole numbers).
Out: last price; with day prices; with everything the full packet knows.
Next: `devstack/dhan/rest/charts.py`.

Ids go in as numbers and come out as text, as at Dhan. An instrument that does not exist is left
out of the answer. One that has not traded yet shows yesterday's close and the year 1980.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from core.instrument import Instrument, Segment
from core.session import IST
from devstack.dhan.rest.context import Context, context_of, json_object
from devstack.dhan.rest.refusals import INPUT, TOO_MANY_INSTRUMENTS, RefusedError
from devstack.dhan.tape import DEPTH_LEVELS, Records

_MOST_INSTRUMENTS: Final = 1_000
_NEVER_TRADED: Final = "01/01/1980 00:00:00"
_CIRCUIT_FRACTION: Final = 0.10
_EMPTY_BOOK: Final = [{"quantity": 0, "orders": 0, "price": 0.0}] * DEPTH_LEVELS


@dataclass(frozen=True, slots=True)
class _Row:
    """The state of one instrument: a row of the tape, or none yet."""

    context: Context
    at: int
    row: int
    previous_close: float

    @property
    def instrument(self) -> Instrument:
        return self.context.tape.instruments[self.at]

    def price(self, column: str) -> float:
        """Return a price column on the instrument's tick; 0 before the first trade."""
        if self.row < 0:
            return 0.0
        return self.instrument.round_price(float(self._value(column)))

    def number(self, column: str) -> int:
        """Return a count column; 0 before the first trade."""
        return 0 if self.row < 0 else int(self._value(column))

    @property
    def last_price(self) -> float:
        return self.previous_close if self.row < 0 else self.price("ltp")

    @property
    def last_trade_time(self) -> str:
        if self.row < 0:
            return _NEVER_TRADED
        return f"{datetime.fromtimestamp(self.number('ltt'), IST):%d/%m/%Y %H:%M:%S}"

    @property
    def average_price(self) -> float:
        return 0.0 if self.row < 0 else round(float(self._value("atp")), 2)

    def levels(self) -> Records:
        levels: Records = self.context.tape.depth(self.row, self.row + 1)[0]
        return levels

    def _value(self, column: str) -> Any:
        return getattr(self.context.tape.columns, column)[self.row]


def routes() -> list[web.RouteDef]:
    """Return the routes of this resource."""
    return [
        web.post("/v2/marketfeed/ltp", _ltp),
        web.post("/v2/marketfeed/ohlc", _ohlc),
        web.post("/v2/marketfeed/quote", _quote),
    ]


async def _ltp(request: web.Request) -> web.Response:
    return _answer({key: _last(row) for key, row in (await _asked(request)).items()})


async def _ohlc(request: web.Request) -> web.Response:
    rows = await _asked(request)
    return _answer({key: {**_last(row), "ohlc": _day(row)} for key, row in rows.items()})


async def _quote(request: web.Request) -> web.Response:
    return _answer({key: _everything(row) for key, row in (await _asked(request)).items()})


def _answer(found: dict[tuple[str, str], dict[str, Any]]) -> web.Response:
    data: dict[str, dict[str, Any]] = {}
    for (segment, security_id), values in found.items():
        data.setdefault(segment, {})[security_id] = values
    return web.json_response({"data": data, "status": "success"})


async def _asked(request: web.Request) -> dict[tuple[str, str], _Row]:
    """Return the rows of the instruments asked for, by segment and id."""
    context = context_of(request)
    keys = _keys(await json_object(request))
    now = context.clock.now()
    rows = context.tape.last_rows(now)
    closes = context.tape.session_at(now).previous_close
    found = {}
    for segment, security_id in keys:
        at = context.tape.index_of(segment, security_id)
        if at is not None:
            close = context.tape.instruments[at].round_price(float(closes[at]))
            found[segment.value, str(security_id)] = _Row(context, at, int(rows[at]), close)
    return found


def _keys(body: dict[str, Any]) -> list[tuple[Segment, int]]:
    keys: list[tuple[Segment, int]] = []
    for segment, ids in body.items():
        if segment not in Segment.__members__:
            raise RefusedError(INPUT, f"segment {segment!r} is unknown")
        if not isinstance(ids, list) or not all(type(each) is int for each in ids):
            raise RefusedError(INPUT, f"{segment} must hold a list of whole numbers")
        keys.extend((Segment(segment), each) for each in ids)
    if not keys:
        raise RefusedError(INPUT, "no instruments are asked for")
    if len(keys) > _MOST_INSTRUMENTS:
        text = f"{len(keys)} instruments are asked for, at most {_MOST_INSTRUMENTS} are allowed"
        raise RefusedError(TOO_MANY_INSTRUMENTS, text)
    return keys


def _last(row: _Row) -> dict[str, Any]:
    return {"last_price": row.last_price}


def _day(row: _Row) -> dict[str, float]:
    return {
        "open": row.price("open"),
        "close": row.previous_close,
        "high": row.price("high"),
        "low": row.price("low"),
    }


def _everything(row: _Row) -> dict[str, Any]:
    step = _CIRCUIT_FRACTION * row.previous_close
    return {
        "average_price": row.average_price,
        "buy_quantity": row.number("buy_quantity"),
        "depth": _depth(row),
        "last_price": row.last_price,
        "last_quantity": row.number("ltq"),
        "last_trade_time": row.last_trade_time,
        "lower_circuit_limit": row.instrument.round_price(row.previous_close - step),
        "net_change": round(row.last_price - row.previous_close, 2),
        "ohlc": _day(row),
        "oi": row.number("oi"),
        "oi_day_high": row.number("oi_high"),
        "oi_day_low": row.number("oi_low"),
        "sell_quantity": row.number("sell_quantity"),
        "upper_circuit_limit": row.instrument.round_price(row.previous_close + step),
        "volume": row.number("volume"),
    }


def _depth(row: _Row) -> dict[str, list[dict[str, Any]]]:
    if row.row < 0:
        return {"buy": _EMPTY_BOOK, "sell": _EMPTY_BOOK}
    levels = row.levels()
    return {"buy": _side(levels, "bid", row), "sell": _side(levels, "ask", row)}


def _side(levels: Records, side: str, row: _Row) -> list[dict[str, Any]]:
    return [
        {
            "quantity": int(level[f"{side}_quantity"]),
            "orders": int(level[f"{side}_orders"]),
            "price": row.instrument.round_price(float(level[f"{side}_price"])),
        }
        for level in levels
    ]
