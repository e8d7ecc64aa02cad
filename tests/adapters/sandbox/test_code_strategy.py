"""Reading code shows every problem with its line, and runs nothing."""

import warnings
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.code_strategy import CodeStrategy
from tests.adapters.sandbox.codes import SMA_EXAMPLE, returning

HOLD = returning('{"signal": "hold"}')


def problems(source: str) -> list[tuple[str, int | None, str]]:
    return [
        (finding.kind, finding.line, finding.sentence)
        for finding in CodeStrategy.read(source).problems
    ]


def test_the_example_of_the_product_has_no_findings() -> None:
    code = CodeStrategy.read(SMA_EXAMPLE)
    assert (code.entry, code.findings) == ("trading_strategy", ())


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("def strategy(context:\n    pass", 1, "not Python: "),
        ("def strategy(context):\nreturn 1", 2, "expected an indented block"),
        ("x = 1\nreturn 2\n" + HOLD, 2, "'return' outside function"),
        ("break\n" + HOLD, 1, "'break' outside loop"),
        ("def strategy(a, a):\n    pass", 1, "duplicate argument"),
        ("x = '\ud800'\n" + HOLD, None, "half a character"),
        ("x = 1\0\n" + HOLD, None, "null bytes"),
        ("x = " + "9" * 5_000 + "\n" + HOLD, 1, "limit"),
        ("# " + "é" * 40_000 + "\n" + HOLD, None, "must have at most 65,536"),
        ("x = " + "-" * 50_000 + "1\n" + HOLD, None, "nested deeper than 100 levels"),
        ("x = " + "1 + " * 150 + "1\n" + HOLD, None, "nested deeper than 100 levels"),
    ],
)
def test_what_is_not_python_is_said_with_its_line(source: str, line: int | None, said: str) -> None:
    [(kind, where, sentence)] = problems(source)
    assert (kind, where) == ("syntax", line)
    assert said in sentence


@pytest.mark.parametrize(
    ("statement", "kind", "said"),
    [
        ("import numpy as np", "forbidden", "numpy is not available; use lists"),
        ("from pandas import DataFrame", "forbidden", "pandas is not available; candles are"),
        ("import os.path", "forbidden", "os.path is not available; available are bisect,"),
        ("from . import core", "forbidden", "no package to import from"),
        ("from math import *", "unsupported", "`import *` is not available"),
        ("x = open", "forbidden", "open is not available: there are no files"),
        ("x = eval('1')", "forbidden", "eval is not available: code made of text"),
        ("x = ().__class__", "forbidden", "__class__ belongs to Python's insides"),
        ("x = __builtins__", "forbidden", "__builtins__ belongs to Python's insides"),
        ("_tb_text = 1", "forbidden", "_tb_text is a name of ours"),
        ("d = {}\ndel d", "unsupported", "`del` is not available"),
        ("def g():\n    yield 1", "unsupported", "`yield` is not available; build a list"),
        ("def g():\n    yield from []", "unsupported", "`yield from` is not available"),
        ("async def g():\n    await g()", "unsupported", "`await` is not available"),
        ("type X = int", "unsupported", "`type X = ...` is not available"),
        ("try:\n    pass\nexcept* ValueError:\n    pass", "unsupported", "`except*` is not"),
        ("class A(Exception):\n    pass", "unsupported", "class A inherits"),
        ("class A:\n    class B:\n        pass", "unsupported", "class B stands inside a class"),
        (
            "class A:\n    @property\n    def b(self):\n        return 1",
            "unsupported",
            "the method b is decorated",
        ),
    ],
)
def test_what_the_sandbox_does_not_offer_is_said_in_plain_words(
    statement: str, kind: str, said: str
) -> None:
    found = problems(f"{statement}\n{HOLD}")
    assert [what for what, _line, _sentence in found] == [kind] * len(found)
    assert said in found[0][2]
    assert found[0][1] is not None


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1", "must define one function trading_strategy(context) or evaluate(context)"),
        ("class strategy:\n    pass", "must define one function"),
        (HOLD + HOLD.replace("strategy", "evaluate"), "defines strategy, evaluate; which one"),
        ("async def strategy(context):\n    return {}", "is `async def`; write `def`"),
        ("def strategy():\n    return {}", "called with one argument, the context; it takes 0"),
        ("def strategy(a, b):\n    return {}", "it takes 2"),
        ("def strategy(a, *, b):\n    return {}", "called with one argument"),
    ],
)
def test_there_must_be_exactly_one_function_to_call(source: str, said: str) -> None:
    [(kind, _line, sentence)] = problems(source)
    assert kind == "entry"
    assert said in sentence


@pytest.mark.parametrize("arguments", ["context", "ctx, /", "context, depth=1", "*context"])
def test_any_function_that_can_be_called_with_the_context_is_an_entry(arguments: str) -> None:
    assert problems(f'def strategy({arguments}):\n    return {{"signal": "hold"}}') == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return clsoes", "nothing defines clsoes"),
        ("closes = []\n    return cloze(closes)", "nothing defines cloze"),
        ("return sume([])", "nothing defines sume; did you mean sum?"),
        ("return callable(context)", "callable is not available in the sandbox"),
        ("return [x for x in context if y]", "nothing defines y"),
        ("return (lambda a: a + b)(1)", "nothing defines b"),
    ],
)
def test_an_unknown_name_is_found_before_it_runs(body: str, said: str) -> None:
    [(kind, line, sentence)] = problems(f"def strategy(context):\n    {body}\n")
    assert kind == "unknown"
    assert sentence == said
    assert line in (2, 3)


@pytest.mark.parametrize(
    "source",
    [
        "import math\n" + returning("math.sqrt(len(context))"),
        "from collections import deque as queue\n" + returning("queue()"),
        "def mean(v):\n    return sum(v) / len(v)\n" + returning("mean([1])"),
        "def strategy(c):\n    def inner():\n        return k\n    k = 1\n    return inner()",
        "def strategy(c):\n    return [a + b for a in c for b in c if a]",
        "def strategy(c):\n    global seen\n    seen = 1\n    return seen",
        "def strategy(c):\n try:\n  return c\n except KeyError as e:\n  return str(e)",
        "class A:\n    x = 1\n    def f(self):\n        return self.x\n" + returning("A().f()"),
        "def strategy(c):\n    if (n := len(c)) > 1:\n        return n\n    return c",
        "def strategy(c):\n match c:\n  case {'a': b}:\n   return b\n return c",
        "if __name__ == '__main__':\n    print(1)\n" + HOLD,
    ],
)
def test_names_that_are_defined_in_any_way_are_known(source: str) -> None:
    assert problems(source) == []


@pytest.mark.parametrize(
    ("source", "said", "line"),
    [
        ("import math\n" + HOLD, "math is never used", 1),
        ("def mean(v):\n    return v\n" + HOLD, "mean is never used", 1),
        ("def strategy(c):\n    fast = 1\n    return c", "fast is set and never used", 2),
        ("def strategy(c):\n    while True:\n        c = 1", "this loop never ends", 2),
        (
            "def strategy(c):\n    try:\n        return c\n    except:\n        return 1",
            "catches",
            4,
        ),
        ("n = 1\ndef strategy(c):\n    global n\n    n = 2\n    return n", "starts afresh", 3),
    ],
)
def test_what_will_run_but_may_not_be_meant_is_a_remark(source: str, said: str, line: int) -> None:
    code = CodeStrategy.read(source)
    assert code.problems == ()
    [caution] = code.cautions
    assert said in caution.sentence
    assert caution.line == line


def test_all_problems_are_found_at_once_in_the_order_of_their_lines() -> None:
    source = "import os\nimport socket\nx = open\nclass A(B):\n    pass\n"
    found = CodeStrategy.read(source).problems
    assert [(finding.line, finding.kind) for finding in found] == [
        (None, "entry"),
        (1, "forbidden"),
        (2, "forbidden"),
        (3, "forbidden"),
        (4, "unsupported"),
        (4, "unknown"),
    ]


def test_another_source_has_another_digest() -> None:
    first, second = CodeStrategy.read(HOLD), CodeStrategy.read(HOLD + " ")
    assert first.digest == CodeStrategy.read(HOLD).digest != second.digest
    assert len(first.digest) == 64


def test_reading_prints_no_remarks_of_python_s_own() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert problems('x = "\\d"\nprint(x is 1)\n' + HOLD) == []


@given(st.text() | st.text(alphabet="def strategy(c):\n return{}[]'\"\\1+*#@\t\r\0\x0cif"))
def test_any_text_is_read_without_an_error(source: str) -> None:
    code = CodeStrategy.read(source)
    assert code.problems or code.entry


# The work of reading is ours, not the sandbox's: code that is made to be slow to read.
SLOW_TO_READ = {
    "unknown names": "def strategy(c):\n" + "".join(f" n{i}x\n" for i in range(7_000)),
    "unknown long names": "def strategy(c):\n " + "a" * 30_000 + "\n " + "b" * 30_000,
    "unused names": "def strategy(c):\n" + "".join(f" n{i}=1\n" for i in range(6_500)),
    "unused functions": "".join(f"def f{i}(): pass\n" for i in range(3_000)) + HOLD,
    "imports": "".join(f"import m{i}\n" for i in range(4_500)) + HOLD,
    "one long condition": "def strategy(c):\n if "
    + " and ".join(f"c[{i}]" for i in range(3_000))
    + ":\n"
    + '  return {"signal":"buy"}\n' * 900,
    "branches": "def strategy(c):\n" + ' if c:\n  return {"signal":"buy"}\n' * 1_800,
    "comparisons": "def strategy(c):\n return " + "c<" * 30_000 + "c",
    "loops": "def strategy(c):\n"
    + "".join(" " * d + "while 1:\n" for d in range(1, 90))
    + " " * 90
    + "c;" * 20_000,
}


@pytest.mark.parametrize("name", SLOW_TO_READ)
def test_code_made_to_be_slow_to_read_is_read_soon_and_said_in_few_words(name: str) -> None:
    started = process_time()
    code = CodeStrategy.read(SLOW_TO_READ[name])
    assert process_time() - started < 3.0  # Some tenths of a second where nothing else runs.
    assert len(code.findings) <= 101
    assert all(len(finding.sentence) <= 403 for finding in code.findings)
    assert code.explanation is None or len(code.explanation.text) < 100_000


def test_findings_that_are_not_listed_are_counted() -> None:
    source = "".join(f"import m{number}\n" for number in range(150)) + HOLD
    code = CodeStrategy.read(source)
    assert len(code.problems) == 100
    assert code.cautions[0].sentence == "200 more findings are not listed"
