"""`/v2/charts`: candles of one instrument, within the day and by day.

In:  segment and security id, interval, dates.
Out: arrays of equal length; times are true Unix seconds, the opening of each candle.
Next: `devstack/dhan/rest/option_chain.py`.

Traps kept from Dhan (reference 5 and 2.7): a range that reaches the day being played is not cut
at `toDate` but at now, the candle that is still growing included; `toDate` of daily candles is
exclusive, and the day being played has none before its close; unlike the feed, times here are
not shifted to the Indian clock.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from core.instrument import Instrument, InstrumentKind, Segment
from core.session import IST, NS_PER_SECOND, ist_date
from devstack.dhan.candles import Candles
from devstack.dhan.rest.context import Context, context_of, json_object
from devstack.dhan.rest.refusals import DATE_FORMAT, INPUT, NO_DATA, SECURITY_ID, RefusedError

_INTERVALS: Final = (1, 5, 15, 25, 30, 60)  # Classic documents list 25, the portal 30.
_MOST_DAYS: Final = 90
_ONE_DAY: Final = timedelta(days=1)
_LAST_YEAR: Final = 9999
_MOST_DIGITS: Final = 10
_NOTHING: Final = "System is unable to fetch data due to incorrect parameters or no data present"


def routes() -> list[web.RouteDef]:
    """Return the routes of this resource."""
    return [
        web.post("/v2/charts/intraday", _intraday),
        web.post("/v2/charts/historical", _historical),
    ]


async def _intraday(request: web.Request) -> web.Response:
    context = context_of(request)
    body = await json_object(request)
    instrument = _instrument(context, body)
    minutes = _interval(body)
    begin, end = _range(body)
    if end - begin > timedelta(days=_MOST_DAYS):
        days = (end - begin).days
        raise RefusedError(INPUT, f"{days} days are asked for, at most {_MOST_DAYS} are allowed")
    now_ns = context.clock.now()
    if ist_date(now_ns) in (begin.date(), end.date()) or end.date() > ist_date(now_ns):
        end_ns = now_ns + 1
    else:
        end_ns = _ns(end)
    candles = context.market.candles(instrument, minutes, _ns(begin), end_ns, now_ns)
    return _answer(candles, body)


async def _historical(request: web.Request) -> web.Response:
    context = context_of(request)
    body = await json_object(request)
    instrument = _instrument(context, body)
    first, stop = _day(body, "fromDate"), _day(body, "toDate")
    if first >= stop:
        raise RefusedError(INPUT, f"fromDate {first} is not before toDate {stop}")
    return _answer(context.market.daily(instrument, first, stop, context.clock.now()), body)


def _answer(candles: Candles, body: dict[str, Any]) -> web.Response:
    if not len(candles):
        raise RefusedError(NO_DATA, _NOTHING)
    return web.json_response(
        {
            "open": candles.open.tolist(),
            "high": candles.high.tolist(),
            "low": candles.low.tolist(),
            "close": candles.close.tolist(),
            "volume": candles.volume.tolist(),
            "timestamp": candles.start.tolist(),
            "open_interest": candles.open_interest.tolist() if body.get("oi") else [],
        }
    )


def _instrument(context: Context, body: dict[str, Any]) -> Instrument:
    segment, security_id = body.get("exchangeSegment"), str(body.get("securityId", ""))
    if not isinstance(segment, str) or segment not in Segment.__members__:
        raise RefusedError(INPUT, f"exchangeSegment {segment!r} is unknown")
    if not security_id.isdecimal() or len(security_id) > _MOST_DIGITS:
        raise RefusedError(SECURITY_ID, f"securityId {security_id[:20]!r} is not a number of ours")
    at = context.tape.index_of(Segment(segment), int(security_id))
    if at is None:
        raise RefusedError(SECURITY_ID, f"no instrument {security_id} in {segment}")
    found = context.tape.instruments[at]
    kind = body.get("instrument")
    if kind != found.kind:
        known = ", ".join(InstrumentKind)
        raise RefusedError(
            INPUT, f"instrument {kind!r} is not what {security_id} is; kinds: {known}"
        )
    return found


def _interval(body: dict[str, Any]) -> int:
    given = str(body.get("interval", ""))
    if given not in map(str, _INTERVALS):
        raise RefusedError(INPUT, f"interval {given!r} is not one of {_INTERVALS}")
    return int(given)


def _range(body: dict[str, Any]) -> tuple[datetime, datetime]:
    """Return the instants asked for; a date alone means its begin, or as `toDate` its end."""
    begin, _ = _instant(body, "fromDate")
    end, is_date = _instant(body, "toDate")
    if is_date and end.year < _LAST_YEAR:  # There is no day after the last of all.
        end += _ONE_DAY
    if begin >= end:
        raise RefusedError(INPUT, f"fromDate {begin:%F %T} is not before toDate {end:%F %T}")
    return begin, end


def _instant(body: dict[str, Any], name: str) -> tuple[datetime, bool]:
    given = str(body.get(name, ""))
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(given, form).replace(tzinfo=IST), form == "%Y-%m-%d"
        except ValueError:
            continue  # The next form may fit; both failing is said below.
    raise RefusedError(DATE_FORMAT, f"{name} {given!r} is neither YYYY-MM-DD nor with HH:MM:SS")


def _day(body: dict[str, Any], name: str) -> date:
    given = str(body.get(name, ""))
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise RefusedError(DATE_FORMAT, f"{name} {given!r} is not YYYY-MM-DD") from None


def _ns(instant: datetime) -> int:
    return int(instant.timestamp()) * NS_PER_SECOND
