"""Hostile scripts are contained, refused beforehand where reading shows them, and leave no trace.

In:  `tests/adapters/hostile`.
Out: a failure that names the script and what it reached.

Every script runs in the one process of the sandbox, so that the neighbour that runs after it would
see whatever it left behind.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.code_strategy import CodeStrategy
from adapters.sandbox.limits import Limits
from adapters.sandbox.outcome import CodeResult, Decided, Failed, Outcome
from adapters.sandbox.pool import Sandbox
from adapters.sandbox.session import Job
from tests.adapters.hostile import CATALOGUE
from tests.adapters.hostile.script import Hostile
from tests.adapters.outside import SECRET, VARIABLE, Outside

AT = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
CANDLE = {"time": "", "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0, "volume": 1}
CONTEXT: dict[str, Any] = {
    "candles": [CANDLE] * 200,
    "current_price": 1.0,
    "position": None,
    "parameters": {"period": 20},
}
# It looks at everything that a script before it may have changed.
NEIGHBOUR = """
import decimal, json, math, random
def strategy(context):
    try:
        left = LEFT_BEHIND
    except NameError:
        left = "nothing"
    return {"signal": "hold", "reason": left, "indicators": {
        "root": math.sqrt(4.0),
        "length": len([1, 2]),
        "candles": len(context["candles"]),
        "period": context["parameters"]["period"],
        "random": random.random(),
        "digits": len(str(decimal.Decimal(1) / decimal.Decimal(3))),
        "encoded": len(json.dumps([1, 2])),
    }}
"""
PATIENT_SECONDS = 4.0
MOST_MILLISECONDS = 5_000  # 500 promised, a second until it is killed, the rest for a busy machine.
MOST_OWN_BYTES = 128 * 1024 * 1024


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with with_secret_outside(Limits()) as opened:
        yield opened


@pytest.fixture(scope="module")
def patient() -> Iterator[Sandbox]:
    """Return a sandbox whose other limits show on a busy machine before the time is up."""
    with with_secret_outside(Limits(seconds=PATIENT_SECONDS)) as opened:
        yield opened


@contextmanager
def with_secret_outside(limits: Limits) -> Iterator[Sandbox]:
    os.environ[VARIABLE] = SECRET  # Set before its process starts, which must not inherit it.
    try:
        with Sandbox(processes=1, limits=limits) as opened:
            yield opened
    finally:
        os.environ.pop(VARIABLE, None)  # The other sandbox may have taken it away.


@pytest.fixture(scope="module")
def undisturbed() -> Outcome:
    """Return what the neighbour decides where nobody ran before it."""
    with Sandbox(processes=1) as fresh:
        return fresh.run(job(NEIGHBOUR))


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    with Outside(tmp_path) as opened:
        yield opened


def job(source: str) -> Job:
    return Job(source, "strategy", CONTEXT, AT, seed="a")


def result_of(outcome: Outcome) -> CodeResult:
    assert isinstance(outcome, Decided), outcome
    return outcome.result


def became(outcome: Outcome) -> str:
    return outcome.kind if isinstance(outcome, Failed) else "harmless"


class OwnMemory:
    """The most memory our own process has held since this was made, in bytes above the start."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # Resets the high-water mark.
        self._start = self._read("VmRSS")

    def peak(self) -> int:
        return self._read("VmHWM") - self._start

    @staticmethod
    def _read(name: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))


@pytest.mark.parametrize("script", CATALOGUE, ids=lambda script: script.name)
def test_a_hostile_script_is_contained_and_its_neighbour_does_not_notice(
    script: Hostile,
    sandbox: Sandbox,
    patient: Sandbox,
    undisturbed: Outcome,
    outside: Outside,
) -> None:
    if script.contained not in {"time", "limit"}:
        sandbox = patient
    memory = OwnMemory()
    outcome = sandbox.run(job(outside.placed(script.source)))
    assert memory.peak() < MOST_OWN_BYTES
    allowed = {"time", "memory"} if script.contained == "limit" else {script.contained}
    assert became(outcome) in allowed, outcome
    assert outside.touched(outcome) == []
    assert outcome.milliseconds < MOST_MILLISECONDS
    assert result_of(sandbox.run(job(NEIGHBOUR))) == result_of(undisturbed)


@pytest.mark.parametrize("script", CATALOGUE, ids=lambda script: script.name)
def test_reading_a_hostile_script_refuses_it_with_a_line_or_leaves_it_to_the_sandbox(
    script: Hostile, outside: Outside
) -> None:
    code = CodeStrategy.read(outside.placed(script.source))
    assert [finding.kind for finding in code.problems[:1]] == (
        [script.refused] if script.refused else []
    )
    for finding in code.problems:
        assert finding.line is not None or finding.kind == "syntax"
        assert len(finding.sentence) < 400


def test_the_catalogue_holds_at_least_sixty_scripts_of_different_names() -> None:
    assert len({script.name for script in CATALOGUE}) == len(CATALOGUE) >= 60


def run_in_plain_python(source: str, context: dict[str, Any]) -> Outcome:
    """Run a script as no sandbox would: the proof that the checks above can fail."""
    names: dict[str, Any] = {}
    with redirect_stdout(StringIO()):
        exec(source, names)  # noqa: S102 - only scripts chosen below, which read and write tmp_path.
        said = names["strategy"](context)
    return Decided(CodeResult("hold", None, str(said.get("reason")), {}), (), 0.0)


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("reads a file with open", "it told the secret"),
        ("reads a file with pathlib", "it told the secret"),
        ("reads the environment", "it told the secret"),
        ("asks for one environment variable", "it told the secret"),
        ("writes a file with open", "it changed files"),
        ("writes a file with pathlib", "it changed files"),
        ("opens a socket", "it opened a connection"),
    ],
)
def test_without_the_sandbox_the_same_scripts_do_reach_what_they_are_after(
    name: str, reached: str, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, SECRET)
    script = next(script for script in CATALOGUE if script.name == name)
    outcome = run_in_plain_python(outside.placed(script.source), CONTEXT)
    assert outside.touched(outcome) == [reached]


def test_the_neighbour_would_notice_a_left_global(undisturbed: Outcome, sandbox: Sandbox) -> None:
    disturbed = sandbox.run(job(f'LEFT_BEHIND = "here"\n{NEIGHBOUR}'))
    assert result_of(disturbed) != result_of(undisturbed)


def test_the_meter_of_our_own_memory_sees_what_was_freed_again() -> None:
    memory = OwnMemory()
    block = bytearray(b"x") * (2 * MOST_OWN_BYTES)
    del block
    assert memory.peak() > MOST_OWN_BYTES
