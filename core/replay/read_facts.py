"""The facts of a recorded run, as they were written down, made values again.

In:  one JSON object per fact; what makes the strategies.
Out: `RunFacts`.
Next: `core/replay/player.py`, which plays them together with the packets.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.candle import Candle, InstrumentKey, Interval
from core.errors import DataError
from core.gap import Gap, GapState
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from core.loss_watch import PortfolioLimits
from core.parameters import parameters_from
from core.replay.decided import Decided
from core.replay.driver import Deployment
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
    Place,
    RunFacts,
    ShownFact,
    WatchFact,
)
from core.risk_parameters import RiskParameters
from core.stored_rows import kept_of
from core.strategy import ConfigStatus, Strategy, StrategyConfig
from core.tick_pace import Tick

Row = Mapping[str, Any]
MakeStrategy = Callable[[Row, StrategyConfig], Strategy]
"""Makes the strategy of a fact about a deployed config."""


def facts_of(rows: Iterable[Row], name: str, make: MakeStrategy) -> RunFacts:
    """Return the facts of a run.

    Parameters
    ----------
    rows
        As they were written down, the first one about the run itself.
    name
        Of the recording, for errors.
    make
        Makes the strategies.

    Raises
    ------
    DataError
        If something is missing or is not what it should be.
    ConfigError
        If a strategy in it cannot be made any more.
    """
    try:
        first, *others = rows
        facts: list[Fact] = []
        decisions: list[tuple[date, Decided]] = []
        for each in others:
            kind = each["fact"]
            if kind == "configs":
                facts.append(_deployed(each, make))
            elif kind == "decisions":
                decisions.append(decision_of(each))
            elif kind == _RESUMED:
                raise DataError(f"{name} went on with an earlier one, as only a simulator allows")
            elif kind not in _OF_THE_FILES:
                facts.append(_READERS[kind](each))
        return RunFacts(
            UUID(first["run_id"]),
            tuple(sorted(facts, key=lambda each: each.place)),
            bool(first.get("follows_feed", True)),
            bool(first.get("repairs_gaps", False)),
            tuple(decisions),
        )
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise DataError(f"{name}: {type(error).__name__} {error}") from error


def decision_of(fact: Row) -> tuple[date, Decided]:
    """Return a noted decision and its market day."""
    return date.fromisoformat(fact["day"]), Decided(*fact["decided"])


def _watched(fact: Row) -> WatchFact:
    return WatchFact(_place(fact), instrument_of(fact), bool(fact["has_derivatives"]))


def instrument_of(fact: Row) -> Instrument:
    """Return an instrument as it was noted when it came under watch."""
    return Instrument(
        Segment(fact["segment"]),
        int(fact["security_id"]),
        fact["symbol"],
        InstrumentKind(fact["kind"]),
        int(fact["lot_size"]),
        Decimal(fact["tick_size"]),
        underlying=fact["underlying"],
        display_name=fact["display_name"],
        expiry=date.fromisoformat(fact["expiry"]) if fact["expiry"] else None,
        strike=Decimal(fact["strike"]) if fact["strike"] else None,
        option_side=OptionSide(fact["option_side"]) if fact["option_side"] else None,
        freeze_quantity=fact["freeze_quantity"],
    )


def _config(fact: Row) -> StrategyConfig:
    return StrategyConfig(
        id=fact["id"],
        strategy_id=fact["strategy_id"],
        user_id=fact["user_id"],
        portfolio_id=fact["portfolio_id"],
        name=fact["name"],
        instruments=tuple(_key(each) for each in fact["instruments"]),
        intervals=tuple(Interval(each) for each in fact["intervals"]),
        capital=Decimal(fact["capital"]),
        risk=parameters_from(RiskParameters, fact["risk"]),
        status=ConfigStatus(fact.get("status", ConfigStatus.ACTIVE)),
    )


def _deployed(fact: Row, make: MakeStrategy) -> DeployFact:
    config = _config(fact)
    limits = fact.get("limits")
    return DeployFact(
        _place(fact),
        Deployment(config, make(fact, config), fact["digest"]),
        tuple(_candle(each) for each in fact["warm_up"]),
        bool(fact.get("replaces", False)),
        None
        if limits is None
        else PortfolioLimits(**limits | {"capital": Decimal(limits["capital"])}),
        tuple(kept_of(each) for each in fact.get("left", ())),
    )


def _forgotten(fact: Row) -> ForgetFact:
    return ForgetFact(_place(fact), _key(fact["instrument"]))


def _deltas(fact: Row) -> DeltaFact:
    told = tuple((_key(key), float(delta)) for key, delta in fact["deltas"])
    return DeltaFact(_place(fact), told)


def _command(fact: Row) -> CommandFact:
    return CommandFact(
        _place(fact),
        fact["config_id"],
        fact["command"],
        bool(fact.get("keep_positions", False)),
    )


def _guarded(fact: Row) -> GuardFact:
    return GuardFact(_place(fact), _config(fact), tuple(kept_of(each) for each in fact["left"]))


def _clock(fact: Row) -> ClockFact:
    return ClockFact(_place(fact), int(fact["now_ns"]))


def _halted(fact: Row) -> HaltFact:
    return HaltFact(_place(fact), tuple(fact["config_ids"]))


def _doubted(fact: Row) -> DoubtFact:
    return DoubtFact(_place(fact), fact["reason"])


def _answered(fact: Row) -> AnswerFact:
    signals = tuple((kind, _key(key), int(close_ns)) for kind, key, close_ns in fact["signals"])
    return AnswerFact(_place(fact), fact["config_id"], signals)


def _busy(fact: Row) -> BusyFact:
    return BusyFact(_place(fact), fact["config_id"])


def _shown(fact: Row) -> ShownFact:
    ticks = tuple(Tick(_key(key), *values) for key, *values in fact["ticks"])
    return ShownFact(_place(fact), fact["config_id"], ticks)


def _feed(fact: Row) -> FeedFact:
    about = fact.get("instruments")
    instruments = None if about is None else tuple(_key(each) for each in about)
    return FeedFact(_place(fact), fact["event"], int(fact.get("heard_ns", 0)), instruments)


def _gap(fact: Row) -> GapFact:
    key, from_ns, to_ns = fact["gap"]
    gap = Gap(_key(key), int(from_ns), int(to_ns), GapState.MISSING)
    minutes = tuple(_candle(each) for each in fact["minutes"])
    return GapFact(_place(fact), gap, minutes, fact["reason"])


def _place(fact: Row) -> Place:
    return Place(int(fact["after"]), int(fact.get("number", 0)))


def _candle(values: list[Any]) -> Candle:
    key, interval, *rest = values
    return Candle(_key(key), Interval(interval), *rest)


def _key(values: list[Any]) -> InstrumentKey:
    return (Segment(values[0]), int(values[1]))


_RESUMED: Final = "resumed"
"""The run began in the midst of another, see `worker/recovery/recovery.py`."""
_OF_THE_FILES: Final = frozenset(("mark", "lost", "end"))
"""Facts about the recording itself, see `adapters/recordings.py`."""

_READERS: Final[Mapping[str, Callable[[Row], Fact]]] = {
    "instruments": _watched,
    "forgotten": _forgotten,
    "deltas": _deltas,
    "guards": _guarded,
    "commands": _command,
    "clock": _clock,
    "halts": _halted,
    "doubts": _doubted,
    "answers": _answered,
    "busy": _busy,
    "shown": _shown,
    "feed": _feed,
    "gaps": _gap,
}
