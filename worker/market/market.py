"""The market inside the worker: the engine with its intake, its rounds and its clock.

In:  instruments to watch, messages of the feed, answers of strategies.
Out: events for the store; candles for the strategies.
Next: `worker/configs/supervisor.py`, which deploys configs on it.

What time it is there, `worker/market/market_clock.py` knows.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from core.brokers.dhan.wire import Fields, PacketKind
from core.candle import Candle, InstrumentKey
from core.decision import Decision
from core.effects import Effect, Effects
from core.engine import Engine
from core.errors import TradingError
from core.gap import Gap
from core.hearing import Heard
from core.instrument import Instrument
from core.intake import Intake
from core.order import Fill, Order, Owner
from core.rows import EventRows
from core.session import Market as Hours
from core.session import TradingCalendar, market_of
from core.tick_gate import Route
from core.tick_pace import Tick, TickPace
from core.trade import Trade
from worker.answer_times import AnswerTimes
from worker.configs.rounds import Rounds, Wanted
from worker.market.holdings import Holdings
from worker.market.instrument_rows import instrument_row
from worker.market.market_clock import MarketClock
from worker.market.notes import Notes
from worker.replay.recorder import Recorder
from worker.store.store import Store


class Market:
    """Everything between the feed and the store.

    Parameters
    ----------
    run_id
        Names this run; ids of everything it makes follow from it.
    calendar
        When markets trade.
    store
        Gets the events.
    follows_feed
        Whether the feed is the clock.
    recorder
        Gets the raw messages, None for none.
    wall_ns
        The time of day, ns UTC.
    repairs_gaps
        Whether somebody fetches what the feed does not bring: `worker/feed/gaps.py`.
    """

    def __init__(  # noqa: PLR0913 - the last four are options.
        self,
        run_id: UUID,
        calendar: TradingCalendar,
        store: Store,
        *,
        follows_feed: bool,
        recorder: Recorder | None = None,
        wall_ns: Callable[[], int] = time.time_ns,
        repairs_gaps: bool = False,
    ) -> None:
        self._wall_ns: Final = wall_ns
        self.run_id: Final = run_id
        self.follows_feed: Final = follows_feed
        self.engine: Final = Engine(run_id, calendar, repairs_gaps=repairs_gaps)
        self.clock: Final = MarketClock(self.engine, calendar, None if follows_feed else wall_ns)
        record = None if recorder is None else _timed(recorder, wall_ns)
        self.intake: Final = Intake(
            self.engine, self.take_effects, self._on_control, self.clock.latest_ns, record
        )
        self.clock.drive(self.intake)
        self.intake.on_wanted = self._show
        self.pace: Final = TickPace()
        self.rounds: Final = (
            Rounds(self._apply, self.intake.hold, self.intake.release, self.engine.open_gaps)
            if follows_feed
            else Rounds(self._apply, open_gaps=self.engine.open_gaps)
        )
        self.notes: Final = Notes(recorder, lambda: self.intake.packets)
        self.clock.on_advance = self.notes.clock
        self.rounds.on_busy = self.notes.busy
        self.rounds.on_caught_up = self.notes.caught_up
        if recorder is not None:
            recorder.market_ns = lambda: self.now_ns
        self.digests: Final[dict[str, str]] = {}
        """Digest of what each config's process runs."""
        self.counts: Final[dict[str, int]] = {}
        self.on_told_to_go: Callable[[int], None] = _nobody
        self.on_bad_signal: Callable[[str, str], None] = _nobody
        self.on_spoiled: Callable[[str], None] = _nobody
        """Called with a reason why what has happened now would not happen again in a replay."""
        self.on_fill: Callable[[InstrumentKey], None] = _nobody
        self.on_candle: Callable[[Candle], None] = _nobody
        self.on_gap: Callable[[Gap], None] = _nobody
        self.decision_times: Final = AnswerTimes()
        """How long the engine takes to decide about a signal."""
        self.signalled_ns: Final[dict[str, int]] = {}
        """When each config signalled last, market time."""
        self.before_signals: Callable[[], None] = _nobody
        """Called before signals are applied, each time there are any."""
        self.on_notice: Callable[[str, str, str, dict[str, str]], None] = _nobody
        """Called with a config's id and the level, text and data of a line for its log."""
        self.gap_counts: Final[Counter[str]] = Counter()
        """Of `worker/feed/gaps.py` and `worker/market/backfill.py`."""
        self.holdings: Final = Holdings()
        self._store: Final = store
        self._symbols: Final[dict[InstrumentKey, str]] = {}
        self._events: Final = EventRows(run_id, self._symbols.__getitem__)
        self._own_events: Final = EventRows(uuid5(run_id, "worker"), self._symbols.__getitem__)
        self._hours_of: Final[dict[InstrumentKey, Hours]] = {}
        self.advance()

    # -- what is watched ---------------------------------------------------------------------

    def watch(self, instrument: Instrument, *, has_derivatives: bool) -> None:
        """Have an instrument's candles built and stored; the feed is asked for it elsewhere.

        Raises
        ------
        CalendarError
            If the hours of its market are not known.
        """
        if instrument.key in self._hours_of:
            return
        hours = market_of(instrument.segment, has_derivatives=has_derivatives)
        slot = self.engine.watch(instrument, has_derivatives=has_derivatives)
        self._symbols[instrument.key] = instrument.symbol
        self._hours_of[instrument.key] = hours
        self.clock.add(hours)
        route = self.intake.route(instrument, slot)
        route.wanted_ns = self.pace.due_ns(instrument.key)
        row = instrument_row(instrument, has_derivatives=has_derivatives)
        self.put_own("instrument", row)
        self.note("instruments", row)

    def forget(self, instrument: Instrument) -> bool:
        """Watch an instrument no more, unless somebody needs it; return whether so."""
        if not self.engine.forget(instrument.key):
            return False
        self.intake.unroute(instrument)
        del self._hours_of[instrument.key]
        self.note("forgotten", {"instrument": instrument.key})
        return True

    def watched(self) -> list[tuple[Instrument, Hours]]:
        """Return the instruments that are watched now, each with the hours it trades by."""
        return [(self.engine.instrument(key), hours) for key, hours in self._hours_of.items()]

    def watched_by_slot(self) -> list[tuple[Instrument, Hours]]:
        """Return the same in the order in which the engine goes through them."""
        return sorted(self.watched(), key=lambda each: self.engine.slot_of(each[0].key))

    def state(self) -> tuple[Any, ...]:
        """Return where everything is as plain values, for `put_back`."""
        return (
            self._events.state(),
            self.engine.state(),
            self.holdings.state(),
            self.pace.state(),
            self.rounds.state(),
        )

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on in another run from a state of it; what was watched there is watched."""
        events, engine, holdings, pace, rounds = state
        self._events.put_back(events)
        self.engine.put_back(engine)
        self.holdings.put_back(holdings)
        self.pace.put_back(pace)
        self.set_pace()
        self.rounds.put_back(rounds)

    def is_watched(self, key: InstrumentKey) -> bool:
        """Return whether an instrument is watched now."""
        return key in self._hours_of

    def last_price(self, key: InstrumentKey) -> float | None:
        """Return the last traded price of an instrument, None where it is not known."""
        return self.engine.last_price(self.engine.slot_of(key)) if key in self._hours_of else None

    def set_pace(self) -> None:
        """Let every tick through that somebody wants to see, as `pace` says."""
        for route in self.intake.routes:
            route.wanted_ns = self.pace.due_ns(route.instrument.key)

    def note(self, kind: str, fact: dict[str, Any], *, packets_ago: int = 0) -> None:
        """Record something beside the ticks that decides what happens, if we record."""
        self.notes.note(kind, fact, packets_ago=packets_ago)

    def hours_of(self, key: InstrumentKey) -> Hours:
        """Return by which hours a watched instrument trades."""
        return self._hours_of[key]

    @property
    def now_ns(self) -> int:
        """Market time, ns UTC; 0 while it is not known."""
        return self.clock.now_ns

    def advance(self) -> None:
        """Bring the engine to the time of day, unless the feed is the clock."""
        self.take_effects(self.clock.advance())

    @property
    def missing(self) -> Mapping[str, str]:
        """Configs that must not trade, as something of them is lost; with a sentence each."""
        return self._store.missing

    @property
    def blocked(self) -> Mapping[str, str]:
        """Configs whose books the database does not know yet, with a sentence each."""
        return self._store.blocked

    # -- what happens ------------------------------------------------------------------------

    def take_effects(self, effects: Effects) -> None:
        """Store what happened, and hand candles and trades to whom they concern."""
        if not effects:
            return
        for effect in effects:
            if isinstance(effect, Fill):
                self.on_fill(effect.instrument)
        self._store.put(self._events.events(effects))
        counts = self.counts
        heard: list[Heard] = []
        for effect in effects:
            name = type(effect).__name__
            counts[name] = counts.get(name, 0) + 1
            self._tell(effect)
            if isinstance(effect, Candle | Trade | Gap):
                heard.append(effect)
        if heard:
            self.rounds.hand_out(heard)

    def _tell(self, effect: Effect) -> None:
        """Tell those of us whom it concerns."""
        if isinstance(effect, Candle):
            self.on_candle(effect)
        elif isinstance(effect, Trade | Order):
            self.holdings.take(effect)
        elif isinstance(effect, Gap):
            self.on_gap(effect)
        elif isinstance(effect, Decision):
            self.notes.decision(effect)

    def put_own(self, kind: str, row: dict[str, Any], owner: Owner | None = None) -> None:
        """Store an event of the worker's own."""
        self._store.put([self.own_event(kind, row, owner)])

    def put_newest(
        self, name: str, kind: str, row: dict[str, Any], owner: Owner | None = None
    ) -> None:
        """Store an event of which only the newest matters."""
        self._store.put_newest(name, self.own_event(kind, row, owner))

    def own_event(self, kind: str, row: dict[str, Any], owner: Owner | None) -> dict[str, Any]:
        """Return an event of the worker's own."""
        return self._own_events.event(kind, self.now_ns or self._wall_ns(), row, owner)

    def doubt_live(self, reason: str | None) -> None:
        """Enter nothing live while there is a reason not to."""
        self.notes.doubt(reason, packets_ago=int(self.follows_feed))
        self.engine.doubt_live(reason)

    def halt(self, config_ids: Collection[str]) -> None:
        """Let these configs enter nothing live, and all others again."""
        self.note("halts", {"config_ids": sorted(config_ids)})
        self.engine.halt(config_ids)

    def _apply(self, wanted: list[Wanted]) -> None:
        if not self.follows_feed:
            self.notes.answer(wanted)
        self.before_signals()
        for _, config_id, signal in wanted:
            began = time.perf_counter()
            self.signalled_ns[config_id] = self.now_ns
            digest = self.digests.get(config_id, "")
            try:
                effects = self.engine.signal(config_id, signal, digest)
            except TradingError as error:  # Such as an instrument that nobody watches.
                self.on_bad_signal(config_id, str(error))
                continue
            self.decision_times.add(time.perf_counter() - began)
            self.take_effects(effects)

    def _show(self, route: Route, price: float) -> None:
        """Show a tick to those whose turn it is."""
        key = route.instrument.key
        names = self.pace.take(key, route.time_ns)
        route.wanted_ns = self.pace.due_ns(key)
        self.rounds.show(Tick(key, route.time_ns, price, route.volume), names)

    def _on_control(self, fields: Fields) -> None:
        if fields[0] == PacketKind.DISCONNECT:
            self.on_told_to_go(fields[4])
        elif fields[0] == PacketKind.MARKET_STATUS and self.follows_feed:
            self.take_effects(self.clock.end_session())


def _timed(recorder: Recorder, wall_ns: Callable[[], int]) -> Callable[[bytes], None]:
    """Return what records a message with the time of day."""

    def record(message: bytes) -> None:
        recorder.write(wall_ns(), message)

    return record


def _nobody(*_: object) -> None:
    """Stand in for a listener until there is one."""
