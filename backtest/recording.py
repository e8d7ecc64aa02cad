"""A recorded run of the worker, played again: the same packets at the same places.

In:  the folder of a run: `frames.dhanraw` and `run.jsonl`.
Out: what the same engine makes of them; equal to what the worker made when it followed the feed.
Next: `backtest/report.py`.

What the worker leaves out is left out here: instruments nobody watches, prices that are not
finite or not positive, trade times that cannot be true.
"""

from collections import deque
from pathlib import Path
from typing import Any, Final, Never

from backtest.driver import Driver, Result
from backtest.run_file import (
    CommandFact,
    DeltaFact,
    DeployFact,
    Fact,
    FeedFact,
    ForgetFact,
    GapFact,
    RunFacts,
    WatchFact,
    read_run,
)
from core.brokers.dhan.border import trade_time_ns
from core.brokers.dhan.packets import Full, OpenInterest, Quote, Ticker, named
from core.brokers.dhan.recording import Recording
from core.brokers.dhan.wire import PacketKind, WireCounters, decode
from core.candle import COMPLETION_DELAY_NS, InstrumentKey
from core.candle_builder import UNKNOWN
from core.engine import Engine
from core.errors import DataError
from core.instrument import Instrument, Segment
from core.market_sessions import MarketSessions
from core.session import NS_PER_MINUTE, TradingCalendar, load_calendar, market_of
from core.tick_pace import Tick
from core.trade import ExitReason

_LONGEST_PAUSE_NS: Final = 10 * 24 * 60 * NS_PER_MINUTE  # No trade jumps further than this.
_LAST_MINUTES_NS: Final = 10 * NS_PER_MINUTE


def replay_recording(folder: Path, calendar: TradingCalendar | None = None) -> Result:
    """Play a recorded run.

    Raises
    ------
    DataError
        If the recording or its facts cannot be read.
    ConfigError
        If a strategy in it cannot be made any more.
    """
    facts = read_run(folder / "run.jsonl")
    try:
        content = (folder / "frames.dhanraw").read_bytes()
    except OSError as error:
        raise DataError(f"{folder}: frames.dhanraw cannot be read: {error.strerror}") from error
    replay = _Replay(facts, calendar or load_calendar())
    for frame in Recording(content):
        replay.message(frame.message)
    replay.finish()
    return replay.driver.result


class _Replay:
    """The worker's intake and market without a worker."""

    def __init__(self, facts: RunFacts, calendar: TradingCalendar) -> None:
        engine = Engine(facts.run_id, calendar, repairs_gaps=facts.repairs_gaps)
        self.driver = Driver(engine)
        self._calendar = calendar
        self._pending = deque(facts.facts)
        self._instruments: dict[InstrumentKey, tuple[int, Instrument]] = {}
        self._sessions: list[MarketSessions] = []
        self._counters = WireCounters()
        self._begun = False

    def message(self, message: bytes) -> None:
        """Take one recorded message."""
        for fields in decode(message, self._counters):
            packet = named(fields)
            if isinstance(packet, Ticker | Quote | Full):
                self._tick(packet)
            elif isinstance(packet, OpenInterest):
                slot = self._instruments.get(_key(packet), (None, None))[0]
                if slot is not None:
                    self.driver.engine.open_interest(slot, packet.open_interest)
            elif fields[0] == PacketKind.MARKET_STATUS:
                self._end_session()

    def finish(self) -> None:
        """Take what came after the last packet."""
        self._catch_up()

    def _tick(self, packet: Ticker | Quote | Full) -> None:
        self._catch_up()
        found = self._instruments.get(_key(packet))
        time_ns = trade_time_ns(packet.trade_time)
        if found is None or not self._believes(time_ns):
            return
        slot, instrument = found
        try:
            price = instrument.round_price(packet.price)
        except DataError:
            return
        if price <= 0:
            return
        engine, volume, interest = self.driver.engine, 0, UNKNOWN
        if not isinstance(packet, Ticker):
            volume = packet.volume
        if isinstance(packet, Full):
            interest = packet.open_interest
            engine.book(slot, packet.levels)
        self.driver.result.ticks += 1
        effects = engine.tick(slot, time_ns, price, volume, interest)
        if effects:
            self.driver.take(effects)
        else:
            self.driver.tick(Tick(instrument.key, time_ns, price, volume))

    def _believes(self, time_ns: int) -> bool:
        engine = self.driver.engine
        if self._begun:
            return time_ns <= engine.now_ns + _LONGEST_PAUSE_NS
        if any(sessions.at(time_ns) is not None for sessions in self._sessions):
            self._begun = True
            engine.advance(time_ns)
        return True

    def _catch_up(self) -> None:
        """Do what happened in the worker after as many ticks as have been played."""
        while self._pending and self._pending[0].place.after_ticks <= self.driver.result.ticks:
            self._happen(self._pending.popleft())

    def _happen(self, fact: Fact) -> None:
        engine = self.driver.engine
        if isinstance(fact, WatchFact):
            self._watch(fact)
        elif isinstance(fact, ForgetFact):
            engine.forget(fact.instrument)
            del self._instruments[fact.instrument]
        elif isinstance(fact, DeltaFact):
            for key, delta in fact.deltas:
                engine.delta(engine.slot_of(key), delta)
        elif isinstance(fact, DeployFact):
            self._deploy(fact)
        elif isinstance(fact, FeedFact):
            self._feed(fact)
        elif isinstance(fact, GapFact):
            self._close(fact)
        else:
            self._command(fact)

    def _deploy(self, fact: DeployFact) -> None:
        config = fact.deployment.config
        if fact.limits is not None:
            self.driver.engine.limit_portfolio(config.portfolio_id, fact.limits)
        self.driver.deploy(fact.deployment, fact.warm_up, changed=fact.replaces, left=fact.left)

    def _watch(self, fact: WatchFact) -> None:
        instrument = fact.instrument
        slot = self.driver.engine.watch(instrument, has_derivatives=fact.has_derivatives)
        self._instruments[instrument.key] = (slot, instrument)
        market = market_of(instrument.segment, has_derivatives=fact.has_derivatives)
        self._sessions.append(MarketSessions(self._calendar, market))

    def _feed(self, fact: FeedFact) -> None:
        if fact.heard_ns is None:
            self.driver.engine.regain_feed()
        else:
            self.driver.engine.lose_feed(fact.heard_ns)

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

    def _end_session(self) -> None:
        engine = self.driver.engine
        days = (sessions.on_day_of(engine.now_ns) for sessions in self._sessions)
        closes = [session.close_ns for session in days if session is not None]
        if closes and max(closes) - _LAST_MINUTES_NS <= engine.now_ns < max(closes):
            self.driver.take(engine.advance(max(closes) + COMPLETION_DELAY_NS))


def _unknown(command: str) -> Never:
    raise DataError(f"command {command!r} of the recording is unknown")


def _key(packet: Any) -> InstrumentKey:
    return (Segment.from_code(packet.segment), packet.security_id)
