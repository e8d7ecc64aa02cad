"""The type checker says what does not fit, with its line, and runs nothing of the code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sandbox.code_strategy import CodeStrategy
from adapters.sandbox.outcome import Decided
from adapters.sandbox.pool import Sandbox
from tests.adapters.sandbox.codes import ENDLESS, SMA_EXAMPLE, evaluation, returning
from tests.adapters.sandbox.processes import children

HOLD = returning('{"signal": "hold"}')


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(processes=1) as opened:
        yield opened


def said(sandbox: Sandbox, source: str) -> list[tuple[int | None, str]]:
    findings = sandbox.type_findings(CodeStrategy.read(source))
    assert all(finding.kind == "type" and not finding.stops for finding in findings)
    return [(finding.line, finding.sentence) for finding in findings]


@pytest.mark.parametrize(
    "source",
    [
        SMA_EXAMPLE,
        HOLD,
        "def strategy(context: dict) -> dict:\n    return {'signal': context['x']}",
        "def strategy(context):\n    if context:\n        return {'signal': 'buy'}\n    return {}",
    ],
)
def test_good_code_has_no_remarks(source: str, sandbox: Sandbox) -> None:
    assert said(sandbox, source) == []


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("x = 'a' + 1\nprint(x)\n" + HOLD, 1, "Operator `+` is not supported"),
        ("import math\r\ny = 1\rx = math.sqroot(y)\nprint(x)\n" + HOLD, 3, "no member `sqroot`"),
        (returning("len(5)"), 2, "Expected `Sized`"),
        ("def strategy(context) -> int:\n    return 3", None, "strategy must return a dict"),
    ],
)
def test_what_does_not_fit_is_said_with_its_line(
    source: str, line: int | None, words: str, sandbox: Sandbox
) -> None:
    [(where, sentence)] = said(sandbox, source)
    assert where == line
    assert words in sentence


def test_nothing_runs_while_types_are_checked(sandbox: Sandbox) -> None:
    """Were it run, the endless loop would be stopped, and the checker said not to finish."""
    source = ENDLESS.replace("def", "for _ in iter(int, 1):\n    pass\ndef")
    assert said(sandbox, source) == []


def test_code_with_problems_is_not_checked(sandbox: Sandbox) -> None:
    assert said(sandbox, "import os\nx = 'a' + 1\n" + HOLD) == []


def test_code_that_the_checker_cannot_finish_is_said_and_hurts_nobody(sandbox: Sandbox) -> None:
    unions = "".join(f"if a:\n    a = (a, {number})\n" for number in range(2000))
    assert said(sandbox, f"a = 0\n{unions}" + returning("a")) == [
        (None, "the type checker could not finish with this code")
    ]
    assert isinstance(sandbox.evaluate(evaluation(SMA_EXAMPLE)), Decided)


def test_the_checker_s_process_may_not_take_all_memory() -> None:
    before = children()
    with Sandbox(processes=1) as sandbox:
        assert said(sandbox, HOLD) == []
        [pid] = children() - before
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    [line] = [line for line in limits if line.startswith("Max address space")]
    assert line.split()[3] == str(2 * 1024**3)
