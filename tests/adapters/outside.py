"""What hostile code must not reach: file, folder, port, variable; and how to see that it did.

In:  a folder of the test's own.
Out: `Outside`, which puts its places into a script and tells what has been touched.
Next: `tests/adapters/test_hostile_scripts.py`.
"""

from pathlib import Path
from socket import AF_INET, SOCK_STREAM, socket
from types import TracebackType
from typing import Self

from adapters.sandbox.outcome import Decided, Outcome

SECRET = "tradebase-canary-5f0c"
VARIABLE = "TRADEBASE_CANARY"


class Outside:
    """The world outside the sandbox, as far as scripts are pointed at it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "canary"
        self._file.write_text(SECRET)
        self._door = socket(AF_INET, SOCK_STREAM)
        self._door.bind(("127.0.0.1", 0))
        self._door.listen()
        self._door.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._door.close()

    def placed(self, source: str) -> str:
        """Return `source` with the real places in it."""
        port = self._door.getsockname()[1]
        named = source.replace("CANARY_FILE", repr(str(self._file)))
        return named.replace("CANARY_FOLDER", repr(str(self._folder))).replace(
            "CANARY_PORT", str(port)
        )

    def touched(self, outcome: Outcome) -> list[str]:
        """Return what a script got hold of, in words; empty when it got nothing."""
        said = outcome.result.reason or "" if isinstance(outcome, Decided) else outcome.sentence
        found = []
        if SECRET in said or any(SECRET in line for line in outcome.log):
            found.append("it told the secret")
        if sorted(self._folder.iterdir()) != [self._file] or self._file.read_text() != SECRET:
            found.append("it changed files")
        try:
            self._door.accept()[0].close()
        except BlockingIOError:
            pass
        else:
            found.append("it opened a connection")
        return found
