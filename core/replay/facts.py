"""What came between the packets of a recorded run and decided what it did.

In:  made by `core/replay/read_facts.py`.
Out: `RunFacts`: instruments, strategies, commands, the clock, each with its place in the run.
Next: `core/replay/player.py`, which plays them together with the packets.
"""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from core.candle import Candle, InstrumentKey
from core.gap import Gap
from core.instrument import Instrument
from core.loss_watch import PortfolioLimits
from core.replay.decided import Decided
from core.replay.driver import Deployment
from core.stored_rows import KeptTrade
from core.strategy import StrategyConfig
from core.tick_pace import Tick


class Place(NamedTuple):
    """Where in a run a fact became true: after so many packets, and after so many other facts.

    Packets count that the engine was given: ticks, and open interest that came by itself.
    """

    after: int
    number: int


class WatchFact(NamedTuple):
    """An instrument came under watch."""

    place: Place
    instrument: Instrument
    has_derivatives: bool


class ForgetFact(NamedTuple):
    """An instrument was let go of."""

    place: Place
    instrument: InstrumentKey


class DeltaFact(NamedTuple):
    """The option chain told how much options move."""

    place: Place
    deltas: tuple[tuple[InstrumentKey, float], ...]


class DeployFact(NamedTuple):
    """A strategy began, or began anew.

    Attributes
    ----------
    replaces
        Whether it stood in for one that ran, because its config was changed.
    limits
        Of its portfolio, None where none were known.
    left
        Trades of an earlier run that were taken up with it.
    """

    place: Place
    deployment: Deployment
    warm_up: tuple[Candle, ...]
    replaces: bool
    limits: PortfolioLimits | None
    left: tuple[KeptTrade, ...]


class CommandFact(NamedTuple):
    """A config was paused, resumed or stopped, or its strategy fell silent."""

    place: Place
    config_id: str
    command: str
    keep_positions: bool


class GuardFact(NamedTuple):
    """Trades of an earlier run were taken up of a config that was not started."""

    place: Place
    config: StrategyConfig
    left: tuple[KeptTrade, ...]


class ClockFact(NamedTuple):
    """The market's time was told by something else than a packet."""

    place: Place
    now_ns: int


class HaltFact(NamedTuple):
    """Configs were halted by an emergency stop, and no others."""

    place: Place
    config_ids: tuple[str, ...]


class DoubtFact(NamedTuple):
    """Nothing may be entered live from here on, for a reason, or everything again."""

    place: Place
    reason: str | None


class AnswerFact(NamedTuple):
    """In real time: a strategy's answer was there, with these signals.

    Attributes
    ----------
    signals
        Type, instrument and end of the candle of each.
    """

    place: Place
    config_id: str
    signals: tuple[tuple[str, InstrumentKey, int], ...]


class BusyFact(NamedTuple):
    """In real time: a strategy was not shown the next tick because it still thought."""

    place: Place
    config_id: str


class ShownFact(NamedTuple):
    """In real time: the ticks that a strategy was shown when it had finished thinking."""

    place: Place
    config_id: str
    ticks: tuple[Tick, ...]


class FeedFact(NamedTuple):
    """The feed was lost, back, or silent.

    Attributes
    ----------
    event
        lost, back, silent or speaks.
    heard_ns
        Of one that was lost: when it was heard last.
    instruments
        Those it is about; None for all.
    """

    place: Place
    event: str
    heard_ns: int
    instruments: tuple[InstrumentKey, ...] | None


class GapFact(NamedTuple):
    """A gap was closed with the broker's minutes, or for a reason without them."""

    place: Place
    gap: Gap
    minutes: tuple[Candle, ...]
    reason: str


Fact = (
    WatchFact
    | ForgetFact
    | DeltaFact
    | DeployFact
    | GuardFact
    | CommandFact
    | ClockFact
    | HaltFact
    | DoubtFact
    | AnswerFact
    | BusyFact
    | ShownFact
    | FeedFact
    | GapFact
)


class RunFacts(NamedTuple):
    """Everything beside the packets that decided what a run did.

    Attributes
    ----------
    facts
        In the order in which they became true.
    follows_feed
        Whether the feed was the clock, and the market waited for the strategies.
    repairs_gaps
        Whether candles waited for the minutes that the feed had not brought.
    decisions
        What was decided, with the market day of each.
    """

    run_id: UUID
    facts: tuple[Fact, ...]
    follows_feed: bool
    repairs_gaps: bool
    decisions: tuple[tuple[date, Decided], ...]
