"""A recorded run of the worker, played again: the same packets at the same places.

In:  `RunFacts`; the recorded messages one by one.
Out: what the same engine and strategies make of them, and what they decided.
Next: `core/replay/recorded.py`; `worker/replay/replay.py` and `backtest/recording.py`, which read
      files.

What the worker leaves out is left out here: instruments nobody watches, prices that are not
finite or not positive, trade times that cannot be true.
"""

from collections import deque
from typing import Final, Never

from core.brokers.dhan.border import (
    FUTURE_TOLERANCE_NS,
    LONGEST_PAUSE_NS,
    LTT_OFFSET_SECONDS,
)
from core.brokers.dhan.wire import Fields, Message, PacketKind, WireCounters, decode
from core.candle import NEVER_NS, InstrumentKey
from core.candle_builder import UNKNOWN
from core.engine import Engine
from core.errors import DataError, TradingError
from core.instrument import Instrument
from core.replay.facts import (
    AnswerFact,
    BusyFact,
    ClockFact,
    CommandFact,
    DeltaFact,
    DeployFact,
    DoubtFact,
    Fact,
    FeedFact,
    ForgetFact,
    GapFact,
    GuardFact,
    HaltFact,
    RunFacts,
    ShownFact,
    WatchFact,
)
from core.replay.recorded import RecordedDriver
from core.session import NS_PER_SECOND, TradingCalendar
from core.tick_pace import Tick
from core.trade import ExitReason

_TICKER: Final = int(PacketKind.TICKER)
_QUOTE: Final = int(PacketKind.QUOTE)
_FULL: Final = int(PacketKind.FULL)
_OPEN_INTEREST: Final = int(PacketKind.OPEN_INTEREST)
_ID_BITS: Final = 32


class Player:
    """The worker's intake and market without a worker.

    Parameters
    ----------
    facts
        Of the run.
    calendar
        When markets trade.

    Attributes
    ----------
    driver
        Has what happened so far.
    packets
        How many the engine was given: the place in the run.
    """

    def __init__(self, facts: RunFacts, calendar: TradingCalendar) -> None:
        engine = Engine(facts.run_id, calendar, repairs_gaps=facts.repairs_gaps)
        self.driver: Final = RecordedDriver(engine, follows_feed=facts.follows_feed)
        self.packets = 0
        self._follows_feed: Final = facts.follows_feed
        self._pending: Final = deque(facts.facts)
        self._routes: Final[dict[int, tuple[int, Instrument]]] = {}
        self._counters: Final = WireCounters()
        self._next = 0  # The packet before which something else happened.

    def message(self, received_ns: int, message: Message) -> None:
        """Take one recorded message."""
        for fields in decode(message, self._counters):
            if self.packets >= self._next:
                self._catch_up()
            route = self._routes.get(fields[2] << _ID_BITS | fields[3])
            if route is None:
                continue
            code = fields[0]
            if code == _OPEN_INTEREST:
                self.packets += 1
                self.driver.engine.open_interest(route[0], fields[4])
            elif code == _FULL:
                self.driver.engine.book(route[0], fields[18])
                self._tick(route, received_ns, (fields[4], fields[6], fields[8], fields[11]))
            elif code == _QUOTE:
                self._tick(route, received_ns, (fields[4], fields[6], fields[8], UNKNOWN))
            elif code == _TICKER:
                self._tick(route, received_ns, (fields[4], fields[5], 0, UNKNOWN))

    def finish(self) -> None:
        """Take what came after the last packet."""
        self._catch_up()
        self.driver.finish()

    def _tick(self, route: tuple[int, Instrument], received_ns: int, packet: Fields) -> None:
        slot, instrument = route
        told, ltt, volume, interest = packet
        time_ns = (ltt - LTT_OFFSET_SECONDS) * NS_PER_SECOND
        if not self._believes(time_ns, received_ns):
            return
        try:
            price = instrument.round_price(told)
        except DataError:
            return
        if price <= 0:
            return
        self.packets += 1
        self.driver.result.ticks += 1
        effects = self.driver.engine.tick(slot, time_ns, price, volume, interest)
        if effects:
            self.driver.take(effects)
        elif not self.driver.pace.is_idle:
            self.driver.tick(Tick(instrument.key, time_ns, price, volume))

    def _believes(self, time_ns: int, received_ns: int) -> bool:
        """Return whether a trade time can be true."""
        if not self._follows_feed:
            return time_ns <= received_ns + FUTURE_TOLERANCE_NS
        now_ns = self.driver.engine.now_ns
        return time_ns <= (now_ns + LONGEST_PAUSE_NS if now_ns else NEVER_NS)

    def _catch_up(self) -> None:
        """Do what happened in the worker after as many packets as have been played."""
        pending = self._pending
        while pending and pending[0].place.after <= self.packets:
            self._happen(pending.popleft())
        self._next = pending[0].place.after if pending else NEVER_NS

    def _happen(self, fact: Fact) -> None:  # noqa: C901, PLR0912 - one line for each kind.
        engine, driver = self.driver.engine, self.driver
        if isinstance(fact, ClockFact):
            driver.take(engine.advance(fact.now_ns))
        elif isinstance(fact, AnswerFact):
            driver.answered(fact.config_id, fact.signals)
        elif isinstance(fact, BusyFact):
            driver.is_busy(fact.config_id)
        elif isinstance(fact, ShownFact):
            driver.show(fact.config_id, fact.ticks)
        elif isinstance(fact, WatchFact):
            self._watch(fact)
        elif isinstance(fact, ForgetFact):
            engine.forget(fact.instrument)
            self._routes.pop(_route_key(fact.instrument), None)
        elif isinstance(fact, DeltaFact):
            for key, delta in fact.deltas:
                engine.delta(engine.slot_of(key), delta)
        elif isinstance(fact, DeployFact):
            self._deploy(fact)
        elif isinstance(fact, GuardFact):
            self._guard(fact)
        elif isinstance(fact, HaltFact):
            engine.halt(fact.config_ids)
        elif isinstance(fact, DoubtFact):
            engine.doubt_live(fact.reason)
        elif isinstance(fact, FeedFact):
            self._feed(fact)
        elif isinstance(fact, GapFact):
            self._close(fact)
        else:
            self._command(fact)

    def _watch(self, fact: WatchFact) -> None:
        instrument = fact.instrument
        slot = self.driver.engine.watch(instrument, has_derivatives=fact.has_derivatives)
        self._routes.setdefault(_route_key(instrument.key), (slot, instrument))

    def _deploy(self, fact: DeployFact) -> None:
        config = fact.deployment.config
        if fact.limits is not None:
            self.driver.engine.limit_portfolio(config.portfolio_id, fact.limits)
        self.driver.deploy(fact.deployment, fact.warm_up, changed=fact.replaces, left=fact.left)

    def _guard(self, fact: GuardFact) -> None:
        engine = self.driver.engine
        engine.deploy(fact.config)
        for kept in fact.left:
            try:
                engine.restore(kept.trade, kept.fills, kept.guard)
            except TradingError:
                continue  # It was not taken up then, either: its owner was told.
            self.driver.result.trades_by_id[kept.trade.id] = kept.trade

    def _feed(self, fact: FeedFact) -> None:
        engine = self.driver.engine
        if fact.event == "lost":
            engine.lose_feed(fact.heard_ns, fact.instruments)
        elif fact.event == "back":
            engine.regain_feed(fact.instruments)
        else:
            engine.be_silent(silent=fact.event == "silent")

    def _close(self, fact: GapFact) -> None:
        engine = self.driver.engine
        if fact.reason:
            self.driver.take(engine.give_up(fact.gap, fact.reason))
        else:
            self.driver.take(engine.repair(fact.gap, fact.minutes))

    def _command(self, fact: CommandFact) -> None:
        engine = self.driver.engine
        if fact.command == "PAUSE":
            engine.pause(fact.config_id)
        elif fact.command == "RESUME":
            engine.resume(fact.config_id)
        elif fact.command == "STOP":
            keep = fact.keep_positions
            self.driver.leave(fact.config_id)
            self.driver.take(engine.stop(fact.config_id, keep_positions=keep))
        elif fact.command == "LEAVE":
            self.driver.leave(fact.config_id)
        elif fact.command == "EXIT":
            self.driver.take(engine.exit_config(fact.config_id, ExitReason.MANUAL))
        else:
            _unknown(fact.command)


def _unknown(command: str) -> Never:
    raise DataError(f"command {command!r} of the recording is unknown")


def _route_key(key: InstrumentKey) -> int:
    return key[0].code << _ID_BITS | key[1]
