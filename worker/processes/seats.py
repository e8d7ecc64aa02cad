"""The inside of a strategy process: its configs, each served over sockets of its own.

In:  at the door, the sockets of each config that moves in; messages on them.
Out: answers on the same sockets; what a strategy prints, on its other one.
Next: `worker/processes/strategy_process.py`, which has one strategy answer.

Mostly there is one config. Where a user has several share a process, they take turns: one message
of one of them at a time. The process ends when the door does.
"""

import ctypes
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from typing import Final

from core.errors import DataError
from worker.processes.limits import Limits, confine
from worker.processes.messages import Crash, Decoder, Finish, encode
from worker.processes.strategy_process import Host

_CHUNK: Final = 1 << 16
_SOCKETS_EACH: Final = 2
_PR_SET_PDEATHSIG: Final = 1


def run(door: socket.socket, limits: Limits) -> None:
    """Serve the supervisor until the end; the entry point of the process."""
    _end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the supervisor; it tells us.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _open_streams()
    confine(limits)
    Seats(door).serve()


class Seat:
    """One config: its strategy and its sockets."""

    def __init__(self, link: socket.socket, out: socket.socket) -> None:
        self.link: Final = link
        self.out: Final = out
        self._decoder: Final = Decoder()
        self._host: Final = Host()

    def serve(self) -> bool:
        """Answer what has come; return whether there is more to expect.

        Raises
        ------
        OSError
            If the supervisor has let go of it.
        """
        data = self.link.recv(_CHUNK)
        for message in self._decoder.feed(data):
            answer = self._host.take(message)
            if answer is not None:
                self.link.sendall(encode(answer))
            if isinstance(message, Finish) or isinstance(answer, Crash):
                return False
        return bool(data)

    def close(self) -> None:
        """Give the sockets back: the supervisor learns that it is over."""
        self.link.close()
        self.out.close()


class Seats:
    """Serve all configs of this process.

    Parameters
    ----------
    door
        Where their sockets come in.
    """

    def __init__(self, door: socket.socket) -> None:
        self._door: Final = door
        self._selector: Final = selectors.DefaultSelector()
        self._selector.register(door, selectors.EVENT_READ)
        self._speaking: Seat | None = None
        self._nobody: Final = os.open(os.devnull, os.O_WRONLY)

    def serve(self) -> None:
        """Serve until the door is closed."""
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    if not self._admit():
                        return
                else:
                    self._serve(key.data)

    def _admit(self) -> bool:
        """Let a config in; return False at the end of the door."""
        data, descriptors, _, _ = socket.recv_fds(self._door, 1, _SOCKETS_EACH)
        if not data:
            return False
        if len(descriptors) != _SOCKETS_EACH:
            raise DataError(f"{len(descriptors)} sockets came in, must be {_SOCKETS_EACH}")
        link, out = (socket.socket(fileno=each) for each in descriptors)
        link.setblocking(True)
        out.setblocking(True)
        self._selector.register(link, selectors.EVENT_READ, Seat(link, out))
        return True

    def _serve(self, seat: Seat) -> None:
        self._let_speak(seat)
        with suppress(OSError):  # That is the end of this config, not of the others.
            if seat.serve():
                return
        self._selector.unregister(seat.link)
        _speak_to(self._nobody)
        self._speaking = None
        seat.close()

    def _let_speak(self, seat: Seat) -> None:
        """Have what is printed from now on go to this config's owner."""
        if seat is not self._speaking:
            _speak_to(seat.out.fileno())
            self._speaking = seat


def _speak_to(listener: int) -> None:
    """Send stdout and stderr somewhere else from now on."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        with suppress(OSError):  # Nobody listens any more.
            stream.flush()
        os.dup2(listener, number)


def _open_streams() -> None:
    """Have streams of our own: those that came with the process are the supervisor's."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for good, as is stdin.
    sys.stdout, sys.stderr = (
        open(number, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
        for number in (1, 2)
    )
    os.close(nowhere)


def _end_with_parent() -> None:
    """Ask the kernel to kill us when the fork server ends, even inside an endless loop."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() == 1:  # It ended before we asked.
        os._exit(1)
