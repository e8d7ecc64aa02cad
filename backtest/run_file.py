"""What was watched and deployed during a recorded run: the worker's `run.jsonl`.

In:  the JSON lines that stand beside the recorded frames; a last one cut short is left out.
Out: `RunFacts`: instruments, strategies, commands, deltas, each with the tick before which it came.
Next: `backtest/recording.py`, which plays both together.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import strategies
from backtest.driver import Deployment
from core.candle import Candle, InstrumentKey, Interval
from core.errors import DataError
from core.gap import Gap, GapState
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from core.loss_watch import PortfolioLimits
from core.parameters import parameters_from
from core.risk_parameters import RiskParameters
from core.stored_rows import KeptTrade, kept_of
from core.strategy import ConfigStatus, StrategyConfig


class Place(NamedTuple):
    """Where in a run a fact became true: after so many ticks, and after so many other facts."""

    after_ticks: int
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


class FeedFact(NamedTuple):
    """The feed was lost, and when it was heard last; or it was back."""

    place: Place
    heard_ns: int | None


class GapFact(NamedTuple):
    """A gap was closed with the broker's minutes, or for a reason without them."""

    place: Place
    gap: Gap
    minutes: tuple[Candle, ...]
    reason: str


type Fact = WatchFact | ForgetFact | DeltaFact | DeployFact | CommandFact | FeedFact | GapFact


class RunFacts(NamedTuple):
    """Everything beside the packets that decided what a run did."""

    run_id: UUID
    facts: tuple[Fact, ...]
    """In the order in which they became true."""
    repairs_gaps: bool
    """Whether candles waited for the minutes that the feed had not brought."""


def read_run(path: Path) -> RunFacts:
    """Return the facts of a run.

    Raises
    ------
    DataError
        If the file cannot be read or lacks something; names it.
    ConfigError
        If a strategy in it cannot be made any more.
    """
    try:
        first, *others = _lines(path.read_text(encoding="utf-8"))
        facts = [_READERS[each["fact"]](each) for each in others]
        in_order = tuple(sorted(facts, key=lambda each: each.place))
        return RunFacts(UUID(first["run_id"]), in_order, bool(first.get("repairs_gaps", False)))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise DataError(f"{path}: {type(error).__name__} {error}") from error


def _lines(text: str) -> list[dict[str, Any]]:
    whole, _, _ = text.rpartition("\n")  # A killed run may end in the middle of a line.
    return [json.loads(line) for line in whole.splitlines()]


def _watched(fact: Mapping[str, Any]) -> WatchFact:
    return WatchFact(_place(fact), _instrument(fact), bool(fact["has_derivatives"]))


def _instrument(fact: Mapping[str, Any]) -> Instrument:
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


def _deployed(fact: Mapping[str, Any]) -> DeployFact:
    found = strategies.type_of(fact["module_path"], fact["class_name"])
    config = StrategyConfig(
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
    strategy = strategies.make(found.name, fact["parameters"])
    limits = fact.get("limits")
    return DeployFact(
        _place(fact),
        Deployment(config, strategy, fact["digest"]),
        tuple(_candle(each) for each in fact["warm_up"]),
        bool(fact.get("replaces", False)),
        None
        if limits is None
        else PortfolioLimits(**limits | {"capital": Decimal(limits["capital"])}),
        tuple(kept_of(each) for each in fact.get("left", ())),
    )


def _forgotten(fact: Mapping[str, Any]) -> ForgetFact:
    return ForgetFact(_place(fact), _key(fact["instrument"]))


def _deltas(fact: Mapping[str, Any]) -> DeltaFact:
    told = tuple((_key(key), float(delta)) for key, delta in fact["deltas"])
    return DeltaFact(_place(fact), told)


def _command(fact: Mapping[str, Any]) -> CommandFact:
    return CommandFact(
        _place(fact),
        fact["config_id"],
        fact["command"],
        bool(fact.get("keep_positions", False)),
    )


def _feed(fact: Mapping[str, Any]) -> FeedFact:
    return FeedFact(_place(fact), fact["heard_ns"] if fact["event"] == "lost" else None)


def _gap(fact: Mapping[str, Any]) -> GapFact:
    key, from_ns, to_ns = fact["gap"]
    gap = Gap(_key(key), int(from_ns), int(to_ns), GapState.MISSING)
    minutes = tuple(_candle(each) for each in fact["minutes"])
    return GapFact(_place(fact), gap, minutes, fact["reason"])


def _place(fact: Mapping[str, Any]) -> Place:
    return Place(int(fact["after_ticks"]), int(fact.get("number", 0)))


def _candle(values: list[Any]) -> Candle:
    key, interval, *rest = values
    return Candle(_key(key), Interval(interval), *rest)


def _key(values: list[Any]) -> InstrumentKey:
    return (Segment(values[0]), int(values[1]))


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Fact]]] = {
    "instruments": _watched,
    "forgotten": _forgotten,
    "deltas": _deltas,
    "configs": _deployed,
    "commands": _command,
    "feed": _feed,
    "gaps": _gap,
}
