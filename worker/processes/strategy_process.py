"""One strategy inside its process: made, warmed up, asked on every candle, told to end.

In:  messages of the supervisor.
Out: answers; when the strategy raises, that and why.
Next: `strategies/`.

The fork server imports this module beforehand and never `strategies`, so a process started later
sees the strategy's file as it is then. It has no credentials, no database, no broker.
"""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from core import hooks
from core.config_settings import risk_of
from core.errors import TradingError
from core.hearing import Heard
from core.signals import Signal, check_signal
from core.strategy import Strategy
from worker.processes.limits import memory_reason
from worker.processes.messages import (
    Answer,
    AskFigures,
    Candles,
    Crash,
    Figures,
    Finish,
    Load,
    Loaded,
    Message,
    Refused,
    WarmUp,
)

SENTENCES: Final = 100
"""Sentences for its owner that a strategy may have at once; what is more is counted."""

_LONGEST_REASON: Final = 2000


class Host:
    """Hold the strategy, and the one that is to replace it."""

    def __init__(self) -> None:
        self._strategy: Strategy | None = None
        self._next: Strategy | None = None

    def take(self, message: Message) -> Message | None:
        """Return the answer to a message, None where there is none."""
        try:
            return self._answer(message)
        except MemoryError:
            return Crash(memory_reason(), traceback.format_exc())
        # Whatever a strategy raises is its end, and is told; one that asks to exit is no exception.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            return Crash(_in_short(error), traceback.format_exc())

    def _answer(self, message: Message) -> Message | None:
        if isinstance(message, Load):
            return self._load(message)
        if isinstance(message, WarmUp):
            self._warm_up(message)
        elif isinstance(message, Candles):
            signals = [self._hear(each) for each in message.heard]
            wanted = tuple(each for each in signals if each is not None)
            return Answer(message.round, wanted, _bounded(hooks.said_by(self._strategy)))
        elif isinstance(message, AskFigures):
            return Figures({} if self._strategy is None else hooks.metrics_of(self._strategy))
        elif isinstance(message, Finish) and self._strategy is not None:
            hooks.stop(self._strategy)
        return None

    def _load(self, message: Load) -> Message:
        """Make the strategy; until it is warmed up the one before goes on."""
        self._next = None
        try:
            self._next, loaded = _made(message)
        except TradingError as error:
            return Refused(str(error))
        except MemoryError:
            return Refused(f"the strategy cannot be made: {memory_reason()}")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an edited file may raise anything.
            return Refused(f"the strategy cannot be made: {_in_short(error)}")
        return loaded

    def _warm_up(self, message: WarmUp) -> None:
        made, self._next = self._next, None
        if made is None:
            return
        for candle in message.candles:
            hooks.remember(made, candle)
        for trade in message.trades:
            hooks.tell(made, trade)
        before, self._strategy = self._strategy, made
        if before is not None:
            hooks.stop(before)

    def _hear(self, heard: Heard) -> Signal | None:
        strategy = self._strategy
        if strategy is None:
            return None
        wanted = hooks.hear(strategy, heard)
        return None if wanted is None else check_signal(wanted)


def _made(message: Load) -> tuple[Strategy, Loaded]:
    """Return a new strategy that has seen its config, and what it asks for.

    Raises
    ------
    ConfigError
        If it cannot work with what it is given.
    """
    # Not before: see the module.
    from strategies import code_digest, make, risk_defaults, type_of  # noqa: PLC0415

    with _from_source():
        # Not before: see the module.
        from strategies import code_digest, load, make, risk_defaults, type_of  # noqa: PLC0415

        found = type_of(message.module_path, message.class_name)
        load(found.module_path, found.class_name)
    name = found.name
    parameters = dict(message.settings.get("parameters") or {})
    strategy: Strategy
    if found.brings_code:
        from worker.processes.code_strategy import make_code  # noqa: PLC0415 - it brings the sandbox.

        strategy, digest = make_code(message, parameters)
    else:
        digest = code_digest(name, parameters)
        strategy = make(name, parameters)
    config = message.config._replace(
        intervals=hooks.intervals_for(strategy, message.config.intervals),
        risk=risk_of(message.settings, risk_defaults(name, parameters)),
    )
    hooks.start(strategy, config, changed=message.replaces)
    loaded = Loaded(
        config,
        {each: hooks.warm_up_of(strategy, each) for each in config.intervals},
        digest,
        hooks.option_legs_of(strategy),
        hooks.tick_seconds_of(strategy),
        hasattr(strategy, "metrics"),
    )
    return strategy, loaded


@contextmanager
def _from_source() -> Iterator[None]:
    """Import what is in the files, not what was compiled of them.

    Compiled code counts as current while time (in seconds) and size of its file are the same, and
    an edit may leave both as they were; the digest that approvals name is of the file.
    """
    before = sys.pycache_prefix, sys.dont_write_bytecode
    sys.pycache_prefix, sys.dont_write_bytecode = os.devnull, True
    try:
        yield
    finally:
        sys.pycache_prefix, sys.dont_write_bytecode = before


def _in_short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST_REASON]


def _bounded(said: tuple[str, ...]) -> tuple[str, ...]:
    more = len(said) - SENTENCES
    return (*said[:SENTENCES], f"{more} sentences more are not kept") if more > 0 else said
