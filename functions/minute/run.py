"""One run: a config and its minute, from what is due to what is to be written.

In:  a due config, candles, market time; afterwards what the sandbox made of the code.
Out: questions for the sandbox; then the run as `write_code_runs` takes it.
Next: `functions/minute/questions.py`; `functions/minute/lines.py`, what its owner reads about it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from adapters.sandbox.outcome import Decided, Failed, Outcome
from adapters.sandbox.pool import Evaluation
from core.candle import InstrumentKey, Interval
from core.config_settings import ConfigSettings
from core.order import Owner
from core.rows import EventRows, iso_time
from core.strategy import ConfigStatus, StrategyConfig, digest_of
from core.trade import TradeStatus
from functions.minute.configs import DueConfig, Listed
from functions.minute.desk import Desk
from functions.minute.lines import Line, decided_line, failed_line, traded_lines
from functions.minute.market import MarketNow, Minute
from functions.minute.questions import Question, questions_of
from functions.minute.shelf import Shelf
from strategies.code.strategy import CANDLES
from strategies.code.wish import Situation, wish_of

type Json = dict[str, Any]


class Run:
    """See the module.

    Parameters
    ----------
    due, settings
        The config.
    minute
        The time.
    problem
        Why the config cannot be used: then its code is not asked, what it holds is looked after.

    Attributes
    ----------
    is_worth_writing
        Whether there is anything to write: a market of its is open.
    outcome
        decided, failed (the code, or what the config says) or skipped.
    """

    def __init__(
        self, due: DueConfig, settings: ConfigSettings, minute: Minute, problem: str | None = None
    ) -> None:
        self.due: Final = due
        self.outcome = "skipped"
        self.is_worth_writing = False
        self._settings: Final = settings
        self._minute: Final = minute
        self._problem: Final = problem
        self._digest: Final = digest_of(due.row["python_code"].encode(), settings.parameters)
        self._run_id: Final = uuid5(UUID(due.id), minute.start.isoformat())
        self._desk: Desk | None = None
        self._questions: list[Question] = []
        self._lines: list[Line] = []
        self._protective = 0  # So many effects came before the code was asked.
        self._error: str | None = None

    def places(self) -> Iterator[tuple[InstrumentKey, Interval, int]]:
        """Yield which candles are wanted: instrument, interval, how many."""
        for key in self._instruments():
            yield key, self._interval, CANDLES

    def note(self, sentence: str) -> None:
        """Add a line to the log."""
        self._lines.append(Line("info", sentence, {}))

    def prepare(self, shelf: Shelf) -> list[Evaluation]:
        """Look after what is held; return what the sandbox shall be asked."""
        every = self._instruments()
        market = MarketNow(list(every.values()), self._interval, shelf, self._minute)
        unknown = [rule for rule, each in self.due.listed.items() if each is None]
        self.is_worth_writing = bool(market.sessions) or bool(unknown)
        if not self.is_worth_writing:
            return []
        for rule in unknown:
            self.note(f"hold {rule}: the database does not know it, no worker has listed it")
        for sentence in market.notes:
            self.note(sentence)
        desk = self._desk = self._make_desk(list(every.values()), market)
        desk.watch(shelf, market)
        if self.due.is_closing:
            desk.close_all(market)
        self._protective = len(desk.effects)
        if self.due.is_asked and self._problem is not None:
            self._failed(Failed("error", self._problem, None), "")
        elif self.due.is_asked:
            self._ask(desk, shelf, market)
        return [each.evaluation for each in self._questions]

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """Follow what the sandbox made of the code, instrument by instrument."""
        for question, outcome in zip(self._questions, outcomes, strict=True):
            if isinstance(outcome, Decided):
                self._decided(question, outcome)
            else:
                self._failed(outcome, question.listed.instrument.symbol)

    def written(self) -> Json:
        """Return the run as the database takes it."""
        row, now_ns = self.due.row, self._minute.now_ns
        owner = Owner(self.due.id, row["strategy_id"], row["user_id"], row["portfolio_id"] or "")
        symbols = {key: each.instrument.symbol for key, each in self._instruments().items()}
        rows = EventRows(self._run_id, symbols.__getitem__)
        effects = () if self._desk is None else tuple(self._desk.effects)
        lines = [*traded_lines(effects[: self._protective]), *self._lines]
        logs = [rows.event("log", now_ns, each.row(now_ns), owner) for each in lines]
        return {
            "config_id": self.due.id,
            "minute": self._minute.start.isoformat(),
            "at": iso_time(now_ns),
            "outcome": self.outcome,
            "error": self._error,
            "digest": self._digest,
            "basis": self.due.basis,
            "events": [*rows.events(effects), *logs],
        }

    @property
    def _interval(self) -> Interval:
        """Of the candles that the code sees: the first that the config names."""
        return self._settings.intervals[0] if self._settings.intervals else Interval.M1

    def _instruments(self) -> dict[InstrumentKey, Listed]:
        """Return what its rules mean, and what it holds besides, each once."""
        known = [each for each in self.due.listed.values() if each is not None]
        known += [one.listed for one in self.due.held]
        return {each.instrument.key: each for each in known}

    def _make_desk(self, listed: Sequence[Listed], market: MarketNow) -> Desk:
        row, settings = self.due.row, self._settings
        named = [each for each in self.due.listed.values() if each is not None]
        config = StrategyConfig(
            id=self.due.id,
            strategy_id=row["strategy_id"],
            user_id=row["user_id"],
            portfolio_id=row["portfolio_id"] or "",
            name=row["name"],
            instruments=tuple(each.instrument.key for each in named),
            intervals=settings.intervals,
            capital=settings.capital,
            risk=settings.risk,
            # One in ERROR that is asked all the same may act: its code works again.
            status=ConfigStatus.ACTIVE if self.due.is_asked else ConfigStatus.PAUSED,
        )
        # What has no price now cannot be closed, so that nothing is begun with it either.
        held = [
            one
            for one in self.due.held
            if one.trade.status is TradeStatus.CLOSED or one.trade.instrument in market.prices
        ]
        minute = self._minute
        return Desk(self._run_id, config, held, listed, minute.calendar, minute.charges)

    def _ask(self, desk: Desk, shelf: Shelf, market: MarketNow) -> None:
        parameters, interval = self._settings.parameters, self._interval
        for each in questions_of(self.due, parameters, interval, desk, shelf, market):
            if isinstance(each, Question):
                self._questions.append(each)
            else:
                self.note(each)

    def _decided(self, question: Question, outcome: Decided) -> None:
        if self.outcome != "failed":
            self.outcome = "decided"
        desk, instrument = self._desk, question.listed.instrument
        if desk is None:
            return
        held = desk.held_in(instrument.key)
        wish = wish_of(
            outcome.result,
            Situation(
                instrument,
                None if held is None else held.direction,
                0 if held is None else held.open_quantity,
                question.price.value,
                question.at_ns,
                self._settings.risk,
            ),
        )
        note, before = wish.note, len(desk.effects)
        if wish.signal is not None and not self.due.row["portfolio_id"]:
            note = "no portfolio is linked: nothing is traded"
        elif wish.signal is not None:
            desk.follow(wish.signal, self._digest, question.price)
        caused = desk.effects[before:]
        symbol = instrument.symbol
        self._lines.append(decided_line(question.evaluation, symbol, outcome, note, caused))

    def _failed(self, outcome: Failed, symbol: str) -> None:
        counts = outcome.kind != "sandbox"
        line = failed_line(outcome, symbol, self.due.row["failures"] + 1 if counts else None)
        self._lines.append(line)
        if counts:
            self.outcome, self._error = "failed", line.sentence
