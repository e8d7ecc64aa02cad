"""A folder of strategies with more of them, as a user adds one: a file, and a line in the registry.

In:  a new folder.
Out: the settings that make a worker take its strategies from there; files to edit.
"""

import os
import shutil
from pathlib import Path

from tests.worker.running import PROJECT

BAD = '''"""Strategies that misbehave, each on the first candle it gets."""

import os
import sys
import time
from dataclasses import dataclass

WORDS = "first words"


@dataclass(frozen=True)
class NoParameters:
    pass


class Bad:
    warm_up = 0
    Parameters = NoParameters

    def __init__(self, parameters):
        self.candles = 0


class Looper(Bad):
    name = "looper"

    def on_candle(self, candle):
        while True:
            pass


class Hog(Bad):
    name = "hog"

    def on_candle(self, candle):
        kept = []
        while True:
            kept.append(bytearray(1 << 20))


class Crasher(Bad):
    name = "crasher"

    def on_candle(self, candle):
        raise RuntimeError("this cannot work")


class Quitter(Bad):
    name = "quitter"

    def on_candle(self, candle):
        os._exit(3)


class Printer(Bad):
    name = "printer"

    def on_candle(self, candle):
        while True:
            print("and so on")


class Burner(Bad):
    """Answers in time, after more CPU than it is allowed in a minute."""

    name = "burner"

    def on_candle(self, candle):
        until = time.process_time() + 0.25
        while time.process_time() < until:
            pass


class Fainter(Bad):
    """Cannot bear the past."""

    name = "fainter"
    warm_up = 5

    def on_candle(self, candle):
        raise RuntimeError("not this again")


class Chatter(Bad):
    """Prints a great deal and goes on."""

    name = "chatter"

    def on_candle(self, candle):
        self.candles += 1
        print(f"candle {self.candles}")
        print("to stderr", file=sys.stderr)
        for _ in range(5_000):
            print("x" * 60)


class Teller(Bad):
    """Says what it finds around itself, and at the end that it ended."""

    name = "teller"

    def on_candle(self, candle):
        self.candles += 1
        if self.candles == 1:
            print(WORDS)
            print("stdin:", repr(sys.stdin.read()))
            print("environment:", " ".join(sorted(os.environ)))

    def on_stop(self):
        print("last words")
'''
NAMES = ("Looper", "Hog", "Crasher", "Quitter", "Printer", "Burner", "Fainter", "Chatter", "Teller")
MODULE = "strategies.misbehaving"
_END = "    )\n}\n"


class StrategyTree:
    """Strategies of ours and the misbehaving ones.

    Parameters
    ----------
    folder
        Where they are put.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        package = folder / "strategies"
        shutil.copytree(PROJECT / "strategies", package, ignore=shutil.ignore_patterns("*.pyc"))
        self.file = package / "misbehaving.py"
        self.file.write_text(BAD)
        registry = package / "__init__.py"
        lines = "".join(
            f'        StrategyType("{name.lower()}", "{MODULE}", "{name}"),\n' for name in NAMES
        )
        before = registry.read_text()
        assert before.count(_END) == 1
        registry.write_text(before.replace(_END, f"{lines}{_END}"))

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a worker that takes its strategies from here."""
        return {
            "PYTHONPATH": os.pathsep.join((str(self._folder), str(PROJECT))),
            "PYTHONSAFEPATH": "1",  # Or the current folder would come first.
        }

    def edit(self, before: str, after: str) -> None:
        """Change a text in the file of the misbehaving ones."""
        text = self.file.read_text()
        assert text.count(before) == 1
        self.file.write_text(text.replace(before, after))
