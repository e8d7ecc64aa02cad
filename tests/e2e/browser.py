"""A browser without a screen: supabase-js in a Node process, asked from Python.

In:  the address and the publishable key of a stack.
Out: answers to what is asked, and in order of arrival whatever Realtime delivered.
Next: `tests/e2e/js/browser.mjs`, the other end.
"""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import TradingError
from tests.stacks import RunningStack

_HERE = Path(__file__).parent
_NODE = _HERE.parents[1] / ".venv" / "bin" / "node"
_ANSWER_SECONDS = 20.0

Row = dict[str, Any]


class RefusedError(TradingError):
    """Raised when supabase-js returns an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Heard(NamedTuple):
    """Something Realtime delivered.

    Attributes
    ----------
    channel
        Name of the topic or of the table.
    at
        When, in seconds since 1970.
    event
        What the callback was given.
    """

    channel: str
    at: float
    event: Row


class Browser:
    """One page with one client.

    Parameters
    ----------
    process
        A running `browser.mjs`.

    Attributes
    ----------
    heard
        All that came so far, oldest first.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._asked: dict[int, Future[Any]] = {}
        self._news = threading.Condition()
        self.heard: list[Heard] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def close(self) -> None:
        """Close the page."""
        self._process.kill()
        self._listener.join()

    def sign_in(self, email: str, password: str) -> str:
        """Sign in; return the user's id."""
        return str(self._ask("signIn", email=email, password=password))

    def sign_up(self, email: str, password: str) -> str:
        """Make an account and sign in; return the user's id."""
        return str(self._ask("signUp", email=email, password=password))

    def query(self, table: str, *steps: tuple[Any, ...]) -> Any:
        """Return what a chain on a table yields, each step a method and what it is given."""
        return self._ask("query", table=table, steps=steps)

    def call(self, name: str, **given: Any) -> Any:
        """Call a function of the database."""
        return self._ask("rpc", name=name, given=given)

    def listen_to_topic(self, topic: str) -> Row:
        """Join a private topic; return the server's answer."""
        answer: Row = self._ask("listenToTopic", topic=topic)
        return answer

    def listen_to_tables(self, *tables: str) -> Row:
        """Listen to all changes of tables; return the server's answer."""
        answer: Row = self._ask("listenToTables", tables=tables)
        return answer

    def heard_on(self, channel: str) -> list[Row]:
        """Return what came on a topic or of a table so far."""
        return [each.event for each in list(self.heard) if each.channel == channel]

    def wait_heard(
        self, what: str, is_it: Callable[[Heard], bool], since: int = 0, seconds: float = 20.0
    ) -> Heard:
        """Return the first thing heard that is what is wanted, past or future.

        Parameters
        ----------
        since
            How much of `heard` is not looked at.
        """
        until = time.monotonic() + seconds
        with self._news:
            while True:
                for each in self.heard[since:]:
                    since += 1
                    if is_it(each):
                        return each
                left = until - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    raise TimeoutError(f"heard no {what} within {seconds:g} s")

    def _ask(self, action: str, **given: Any) -> Any:
        future: Future[Any] = Future()
        number = len(self._asked)
        self._asked[number] = future
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(json.dumps({"number": number, "do": action, **given}) + "\n")
        stdin.flush()
        return future.result(_ANSWER_SECONDS)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "channel" in said:
                with self._news:
                    self.heard.append(Heard(said["channel"], said["at"] / 1000, said["event"]))
                    self._news.notify_all()
            elif "error" in said:
                error = said["error"]
                self._asked[said["number"]].set_exception(
                    RefusedError(error["code"], error["message"])
                )
            else:
                self._asked[said["number"]].set_result(said["data"])


@contextmanager
def open_browser(stack: RunningStack) -> Iterator[Browser]:
    """Yield a page that nobody has signed in on."""
    command: list[str | Path] = [
        _NODE,
        _HERE / "js" / "browser.mjs",
        stack.url,
        stack.publishable_key,
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        browser = Browser(process)
        try:
            yield browser
        finally:
            browser.close()
