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

from core.candle import Candle
from core.errors import TradingError
from core.signals import Signal, check_signal
from core.strategy import Strategy
from worker.messages import (
    Answer,
    Candles,
    Crash,
    Decoder,
    Finish,
    Heard,
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
            if isinstance(message, Finish):
                return
            answer = host.take(message)
            if answer is not None:
                link.sendall(encode(answer))
            if isinstance(answer, Crash):
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
            self._warm_up(message.candles)
            return None
        if isinstance(message, Candles):
            signals = [self._hear(each) for each in message.heard]
            return Answer(message.round, tuple(each for each in signals if each is not None))
        return None

    def _load(self, message: Load) -> Message:
        # Not before: see the module.
        from strategies import code_digest, make, type_of  # noqa: PLC0415

        try:
            name = type_of(message.module_path, message.class_name).name
            digest = code_digest(name, message.parameters)
            self._next = make(name, message.parameters)
        except TradingError as error:
            return Refused(str(error))
        return Loaded(self._next.warm_up, digest)

    def _warm_up(self, candles: tuple[Candle, ...]) -> None:
        if self._next is None:
            return
        for candle in candles:
            self._next.on_candle(candle)
        self._strategy, self._next = self._next, None

    def _hear(self, heard: Heard) -> Signal | None:
        if self._strategy is None:
            return None
        if isinstance(heard, Candle):
            wanted = self._strategy.on_candle(heard)
            return None if wanted is None else check_signal(wanted)
        on_trade = getattr(self._strategy, "on_trade", None)
        if on_trade is not None:
            on_trade(heard)
        return None


def _end_with_parent() -> None:
    """Ask the kernel to kill us when the fork server ends, even inside an endless loop."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() == 1:  # It ended before we asked.
        os._exit(1)
