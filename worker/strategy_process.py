"""The inside of a strategy process: one strategy, fed with candles, answering with signals.

In:  messages of the supervisor over one socket; nothing else reaches it.
Out: answers over the same socket.
Next: `strategies/`.

The fork server imports this module beforehand and never `strategies`, so a process started later
sees the strategy's file as it is then. It has no credentials, no database, no broker. It ends
when the socket does, when it is told to, or when its strategy raises.
"""

import ctypes
import os
import signal
import socket
import traceback
from typing import Final

from core import hooks
from core.config_settings import risk_of
from core.errors import TradingError
from core.hearing import Heard
from core.signals import Signal, check_signal
from core.strategy import Strategy
from worker.messages import (
    Answer,
    AskFigures,
    Candles,
    Crash,
    Decoder,
    Figures,
    Finish,
    Load,
    Loaded,
    Message,
    Refused,
    WarmUp,
    encode,
)

_PR_SET_PDEATHSIG: Final = 1
_CHUNK: Final = 1 << 16


def run(link: socket.socket) -> None:
    """Serve the supervisor until the end; the entry point of the process."""
    _end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the supervisor; it tells us.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    decoder, host = Decoder(), Host()
    while data := link.recv(_CHUNK):
        for message in decoder.feed(data):
            answer = host.take(message)
            if answer is not None:
                link.sendall(encode(answer))
            if isinstance(message, Finish) or isinstance(answer, Crash):
                return


class Host:
    """Hold the strategy, and the one that is to replace it."""

    def __init__(self) -> None:
        self._strategy: Strategy | None = None
        self._next: Strategy | None = None

    def take(self, message: Message) -> Message | None:
        """Return the answer to a message, None where there is none."""
        try:
            return self._answer(message)
        except Exception:  # noqa: BLE001 - whatever a strategy raises is its end, and is told.
            return Crash(traceback.format_exc())

    def _answer(self, message: Message) -> Message | None:
        if isinstance(message, Load):
            return self._load(message)
        if isinstance(message, WarmUp):
            self._warm_up(message)
        elif isinstance(message, Candles):
            signals = [self._hear(each) for each in message.heard]
            wanted = tuple(each for each in signals if each is not None)
            return Answer(message.round, wanted, hooks.said_by(self._strategy))
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
        except Exception as error:  # noqa: BLE001 - an edited file may raise anything.
            return Refused(f"the strategy cannot be made: {type(error).__name__}: {error}")
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

    found = type_of(message.module_path, message.class_name)
    name = found.name
    parameters = dict(message.settings.get("parameters") or {})
    strategy: Strategy
    if found.brings_code:
        from worker.code_strategy import make_code  # noqa: PLC0415 - it brings the sandbox.

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


def _end_with_parent() -> None:
    """Ask the kernel to kill us when the fork server ends, even inside an endless loop."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() == 1:  # It ended before we asked.
        os._exit(1)
