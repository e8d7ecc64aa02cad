"""The sandbox runs many strategies, each alone, within limits, and the same way every time."""

import os
import signal
from collections.abc import Iterator
from threading import Thread
from time import monotonic
from typing import Any

import pydantic_monty
import pytest

from adapters.sandbox.limits import Limits
from adapters.sandbox.outcome import CodeResult, Decided, Failed, Outcome
from adapters.sandbox.pool import Sandbox
from core.errors import ConfigError
from tests.adapters.sandbox.codes import (
    ENDLESS,
    LONG,
    SMA_EXAMPLE,
    context,
    evaluation,
    returning,
)
from tests.adapters.sandbox.processes import children, processor_ticks


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


def failed(outcome: Outcome) -> Failed:
    assert isinstance(outcome, Failed), outcome
    return outcome


def decided(outcome: Outcome) -> Decided:
    assert isinstance(outcome, Decided), outcome
    return outcome


def test_the_example_of_the_product_runs_unchanged(sandbox: Sandbox) -> None:
    def result(given: Any) -> CodeResult:
        return decided(sandbox.evaluate(evaluation(SMA_EXAMPLE, given))).result

    # Closes are 1..200: the mean of the last 20 is 190.5, of the last 10 is 195.5.
    bought = CodeResult("buy", None, "price above SMA", {"sma": 190.5})
    sold = CodeResult("sell", None, "price below SMA", {"sma": 195.5})
    assert result(context(191.0)) == bought
    assert result(context(191.0, LONG, period=10)) == sold
    assert result(context(191.0, LONG)) == CodeResult("hold", None, None, {"sma": 190.5})


@pytest.mark.parametrize("name", ["trading_strategy", "evaluate", "strategy"])
def test_each_of_the_three_entry_functions_is_called(name: str, sandbox: Sandbox) -> None:
    source = f'def {name}(context):\n    return {{"signal": "buy", "amount": 75}}'
    assert decided(sandbox.evaluate(evaluation(source))).result == CodeResult("buy", 75, None, {})


def test_fifty_strategies_of_which_five_are_endless_end_in_time() -> None:
    evaluations = [evaluation(ENDLESS if number % 10 == 3 else SMA_EXAMPLE) for number in range(50)]
    with Sandbox() as sandbox:
        started = monotonic()
        outcomes = sandbox.evaluate_all(evaluations)
        spent = monotonic() - started
    assert spent < 6.0
    for number, outcome in enumerate(outcomes):
        if number % 10 == 3:
            assert failed(outcome).kind == "time"
            assert failed(outcome).sentence == "it ran longer than 0.5 seconds"
        else:
            assert decided(outcome).result.indicators == {"sma": 190.5}


def test_a_round_ends_with_its_budget_however_many_are_endless() -> None:
    with Sandbox(Limits(seconds=0.2), processes=1) as sandbox:
        outcomes = sandbox.evaluate_all([evaluation(ENDLESS)] * 20, budget_seconds=1.0)
    kinds = [failed(outcome).kind for outcome in outcomes]
    assert kinds == sorted(kinds, reverse=True)  # First those that ran out of time,
    assert set(kinds) == {"time", "sandbox"}  # then those that were not begun.
    assert "1 seconds were used up" in failed(outcomes[-1]).sentence


class Killer:
    """Kills the first sandbox process that it finds running under ours, once."""

    def __init__(self, before: set[int]) -> None:
        self._before = before
        self._thread = Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _run(self) -> None:
        deadline = monotonic() + 10
        while monotonic() < deadline:
            busy = [pid for pid in children() - self._before if processor_ticks(pid) >= 10]
            if busy:
                os.kill(busy[0], signal.SIGKILL)
                return


def test_a_killed_process_hurts_the_strategy_in_it_and_no_other() -> None:
    before = children()
    patient = Limits(seconds=3.0)
    with Sandbox(patient, processes=1) as sandbox, Killer(before):
        outcomes = sandbox.evaluate_all([evaluation(ENDLESS), evaluation(SMA_EXAMPLE)])
    assert failed(outcomes[0]).kind == "sandbox"
    assert "died" in failed(outcomes[0]).sentence
    assert decided(outcomes[1]).result.signal == "buy"


def test_nothing_is_remembered_from_one_run_to_the_next(sandbox: Sandbox) -> None:
    source = (
        "seen = []\n"
        "def strategy(context):\n"
        "    seen.append(1)\n"
        '    return {"signal": "hold", "indicators": {"seen": len(seen)}}'
    )
    for _ in range(8):
        outcome = decided(sandbox.evaluate(evaluation(source)))
        assert outcome.result.indicators == {"seen": 1}


def test_the_clock_stands_at_the_candle_and_random_numbers_follow_the_seed(
    sandbox: Sandbox,
) -> None:
    source = (
        "import random, time\n"
        "from datetime import datetime\n"
        "def strategy(context):\n"
        '    now = f"{datetime.now().isoformat()} {time.time()} {time.monotonic()}"\n'
        '    return {"signal": "hold", "reason": f"{now} {random.random()}"}'
    )

    def said(seed: str) -> str:
        outcome = decided(sandbox.evaluate(evaluation(source, seed=seed)))
        return outcome.result.reason or ""

    assert said("a").startswith("2026-11-20T04:00:00 1795147200.0")
    assert said("a") == said("a") != said("b")


def test_printed_lines_are_kept_also_when_the_code_fails(sandbox: Sandbox) -> None:
    good = (
        'def strategy(context):\n    print("a", 1)\n    print("b")\n    return {"signal": "hold"}'
    )
    bad = 'def strategy(context):\n    print("before")\n    return 1 / 0'
    assert decided(sandbox.evaluate(evaluation(good))).log == ("a 1", "b")
    outcome = failed(sandbox.evaluate(evaluation(bad)))
    assert (outcome.kind, outcome.line, outcome.log) == ("error", 3, ("before",))
    assert outcome.sentence == "it raised ZeroDivisionError: division by zero"


def test_what_is_said_can_always_be_stored(sandbox: Sandbox) -> None:
    source = 'def strategy(context):\n    print("a" + chr(0))\n    raise ValueError("b" + chr(0))'
    outcome = failed(sandbox.evaluate(evaluation(source)))
    assert outcome.log == ("a\ufffd",)
    assert outcome.sentence == "it raised ValueError: b\ufffd"


def test_an_error_names_the_line_where_it_was_raised(sandbox: Sandbox) -> None:
    source = (
        "def last(items):\n"
        "    return items[len(items)]\n"
        "\n"
        "def strategy(context):\n"
        '    return {"signal": "hold", "amount": last(context["candles"])}\n'
    )
    outcome = failed(sandbox.evaluate(evaluation(source)))
    assert (outcome.kind, outcome.line) == ("error", 2)


def test_an_entry_that_cannot_be_called_blames_no_line(sandbox: Sandbox) -> None:
    source = returning('{"signal": "hold"}') + "strategy = 5\n"
    outcome = failed(sandbox.evaluate(evaluation(source)))
    assert (outcome.kind, outcome.line) == ("error", None)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_counted_the_same_whatever_ends_them(newline: str, sandbox: Sandbox) -> None:
    source = newline.join(["x = 1", "def strategy(context):", "    return [][x]", ""])
    outcome = failed(sandbox.evaluate(evaluation(source)))
    assert (outcome.kind, outcome.line) == ("error", 3)


def test_printing_too_much_fails_and_keeps_no_more_than_the_limit() -> None:
    source = 'def strategy(context):\n    print("x" * 2000)\n    return {"signal": "buy"}'
    with Sandbox(Limits(log_characters=1000)) as sandbox:
        outcome = failed(sandbox.evaluate(evaluation(source)))
    assert outcome.kind == "output"
    assert outcome.sentence == "it printed more than 1,000 characters"
    assert sum(map(len, outcome.log)) == 1000


@pytest.mark.parametrize(
    ("limits", "source", "kind", "sentence"),
    [
        (Limits(seconds=0.1), ENDLESS, "time", "it ran longer than 0.1 seconds"),
        (
            Limits(memory_bytes=8 * 1024 * 1024),
            returning("[0] * 2_000_000"),
            "memory",
            "it needed more than 8 MiB of memory",
        ),
        (
            Limits(recursion=50),
            # Sixty levels: too many for these limits, not for those of every day.
            "def down(n):\n    return n and down(n - 1)\n" + returning("down(60)"),
            "recursion",
            "its functions call each other more than 50 levels deep",
        ),
        (
            Limits(result_characters=20),
            returning('{"signal": "hold", "reason": "too long for it"}'),
            "result",
            "the result has more than 20 characters",
        ),
    ],
)
def test_each_limit_is_what_was_asked_for(
    limits: Limits, source: str, kind: str, sentence: str
) -> None:
    with Sandbox(limits, processes=1) as sandbox:
        outcome = failed(sandbox.evaluate(evaluation(source)))
    assert (outcome.kind, outcome.sentence) == (kind, sentence)


def test_code_within_a_limit_is_not_stopped_by_it() -> None:
    source = (
        "def down(depth):\n"
        "    return depth and down(depth - 1)\n"
        "def strategy(context):\n"
        "    down(180)\n"
        "    kept = [0.0] * 4_000_000\n"
        '    return {"signal": "hold", "amount": len(kept)}\n'
    )
    with Sandbox(Limits(seconds=5.0)) as sandbox:
        assert decided(sandbox.evaluate(evaluation(source))).result.amount == 4_000_000


def test_code_with_problems_is_refused_with_the_first_and_never_run(sandbox: Sandbox) -> None:
    source = 'import os\nprint("ran")\n' + returning('{"signal": "hold"}')
    outcome = failed(sandbox.evaluate(evaluation(source)))
    assert (outcome.kind, outcome.line, outcome.log, outcome.milliseconds) == (
        "forbidden",
        1,
        (),
        0.0,
    )
    assert outcome.sentence.startswith("the module os is not available")


def test_a_context_that_cannot_cross_is_our_fault_not_the_code_s(sandbox: Sandbox) -> None:
    given = context(strange=threading_lock())
    outcome = failed(sandbox.evaluate(evaluation(SMA_EXAMPLE, given)))
    assert outcome.kind == "sandbox"


def threading_lock() -> object:
    from threading import Lock  # noqa: PLC0415 - any object that is no JSON.

    return Lock()


def test_a_missing_sandbox_program_is_said_with_its_cure() -> None:
    with pytest.raises(ConfigError, match="MONTY_BIN"), Sandbox(binary="/nowhere/monty"):
        pass


def test_a_sandbox_that_is_not_open_says_so() -> None:
    with pytest.raises(ConfigError, match="not open"):
        Sandbox().evaluate(evaluation(SMA_EXAMPLE))


def test_a_closed_sandbox_leaves_no_process_behind() -> None:
    before = children()
    with Sandbox() as sandbox:
        sandbox.evaluate_all([evaluation(SMA_EXAMPLE)] * 8)
        assert children() - before
    assert children() <= before


def test_sandbox_processes_start_with_an_empty_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BROKER_KEYS", "k1:secret")
    with (
        pydantic_monty.Monty(max_processes=1) as pool,
        pool.checkout() as session,
        open(f"/proc/{session.worker_pid}/environ", "rb") as file,  # noqa: PTH123 - a descriptor.
    ):
        assert file.read() == b""
