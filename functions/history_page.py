"""One page of a download: what is asked of the broker, what is stored, what is missing.

In:  an instrument, an interval, days; the operator's account.
Out: rows stored, a count per session of minutes expected and received, where to go on.
Next: `functions/resources/candles.py`, which answers with it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import batched
from typing import Any, Final, NamedTuple

from adapters.dhan_history import MOST_DAYS, DhanHistory
from adapters.secrets import Secret
from core.brokers.dhan.history import History, days_of, minutes_of, sums_of
from core.candle import Candle, Interval
from core.errors import CalendarError
from core.market_sessions import MarketSessions
from core.rows import candle_row, key_text
from core.session import IST, NS_PER_MINUTE, ist_date, market_of
from core.stored_rows import instant_of
from functions.elevated import Operation, elevated
from functions.instrument_rows import instrument_of
from functions.problems import invalid
from functions.routing import Call

_DAILY_PAGE: Final = 3_660
_BATCH: Final = 2_500
_SECONDS: Final = 35.0
_ONE_DAY: Final = timedelta(days=1)
_COLUMNS: Final = (
    "timestamp", "open_price", "high_price", "low_price", "close_price", "volume", "open_interest",
)  # fmt: skip


class SessionCount(NamedTuple):
    """Minutes (or days) of one session: those there should be, and those that came."""

    day: date
    expected: int | None
    received: int


class HistoryPage:
    """The first page of what was asked for.

    Parameters
    ----------
    call
        Who asks.
    row
        The instrument, as `find_instrument` returned it.
    timeframe, first_day, last_day
        What is wanted.

    Raises
    ------
    ApiError
        422 for days that the calendar does not cover, or that are still to come.
    """

    def __init__(
        self, call: Call, row: dict[str, Any], timeframe: str, first_day: date, last_day: date
    ) -> None:
        self._call: Final = call
        self._instrument: Final = instrument_of(row)
        self._interval: Final = Interval(timeframe)
        segment = self._instrument.segment
        self._market: Final = market_of(segment, has_derivatives=row["has_derivatives"])
        self._sessions: Final = MarketSessions(call.calendar, self._market)
        self._until_ns: Final = instant_of(call.database.rpc("health")["market_time"])
        today = ist_date(self._until_ns)
        _check_days(call, first_day, today)
        most = _DAILY_PAGE if self._interval is Interval.D1 else MOST_DAYS
        self.first_day: Final = first_day
        self.last_day: Final = min(last_day, today, first_day + (most - 1) * _ONE_DAY)
        has_more = min(last_day, today) > self.last_day
        self.next_day: Final = self.last_day + _ONE_DAY if has_more else None
        self.stored: Final[list[dict[str, Any]]] = []
        self.days: Final[list[SessionCount]] = []
        self.outside_hours = 0

    def download(self) -> None:
        """Ask, store, and count.

        Raises
        ------
        ConfigError, BrokerError, DataError
            As `DhanHistory` and `minutes_of`.
        ApiError
            If the database refuses or cannot be reached.
        """
        history = self._history()
        self.outside_hours = history.outside_hours
        self._store(history.candles)
        if self._interval not in {Interval.M1, Interval.D1}:
            sums = sums_of(history.candles, self._interval, self._sessions, self._until_ns)
            self._store(sums, self._interval)
        self.days.extend(self._counts(history.candles))

    def _history(self) -> History:
        settings, instrument = self._call.settings, self._instrument
        begin = datetime.combine(self.first_day, time.min, IST)
        stop = self.last_day + _ONE_DAY
        with DhanHistory(
            settings.dhan_api_url,
            settings.dhan_client_id,
            Secret(settings.dhan_access_token),
            seconds=_SECONDS,
        ) as dhan:
            if self._interval is Interval.D1:
                columns = dhan.days(instrument, self.first_day, stop)
                return days_of(instrument, columns, self._sessions, self._until_ns)
            # Of the running day Dhan sends all there is; what is not over is left out here.
            columns = dhan.minutes(instrument, begin, datetime.combine(stop, time.min, IST))
            return minutes_of(instrument, columns, self._sessions, self._until_ns)

    def _store(self, candles: Sequence[Candle], interval: Interval | None = None) -> None:
        total: Counter[str] = Counter()
        timeframe = interval or (Interval.D1 if self._interval is Interval.D1 else Interval.M1)
        database = elevated(self._call, Operation.STORE_CANDLES)
        symbol = self._instrument.symbol
        for batch in batched((candle_row(each, symbol) for each in candles), _BATCH):
            counts = database.rpc(
                "store_candles",
                {
                    "p_instrument_key": key_text(self._instrument.key),
                    "p_symbol": symbol,
                    "p_timeframe": str(timeframe),
                    "p_candles": [[row[name] for name in _COLUMNS] for row in batch],
                },
            )
            total.update(counts)
        names = ("added", "revised", "unchanged")
        self.stored.append({"timeframe": str(timeframe), **{name: total[name] for name in names}})

    def _counts(self, candles: Sequence[Candle]) -> Iterator[SessionCount]:
        received = Counter(ist_date(each.open_ns) for each in candles)
        for number in range((self.last_day - self.first_day).days + 1):
            day = self.first_day + number * _ONE_DAY
            try:
                session = self._call.calendar.session(day, self._market)
            except CalendarError:
                yield SessionCount(day, None, received[day])
                continue
            if session is not None:
                over_ns = min(session.close_ns, self._until_ns) - session.open_ns
                minutes = max(0, over_ns // NS_PER_MINUTE)
                is_daily = self._interval is Interval.D1
                whole = int(session.close_ns <= self._until_ns)
                yield SessionCount(day, whole if is_daily else minutes, received[day])


def _check_days(call: Call, first_day: date, today: date) -> None:
    years = call.calendar.years
    if first_day.year < years[0]:
        detail = f"there is no calendar for {first_day.year}; the first year is {years[0]}"
        raise invalid("body", "/first_day", detail)
    if first_day > today:
        raise invalid("body", "/first_day", f"{first_day} is still to come; today is {today}")
