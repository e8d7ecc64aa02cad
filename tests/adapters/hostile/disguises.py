"""Scripts that pretend: forged limits, hidden errors, code that hurts its reader."""

from tests.adapters.hostile.script import hostile

SCRIPTS = (
    hostile(
        "forges a time limit",
        """
        def strategy(context):
            raise TimeoutError("feed time limit exceeded: 500ms > 500ms")
        """,
        contained="error",
    ),
    hostile(
        "raises what is no error",
        """
        def strategy(context):
            raise 42
        """,
        contained="error",
    ),
    hostile(
        "raises KeyboardInterrupt",
        """
        def strategy(context):
            raise KeyboardInterrupt
        """,
        contained="error",
    ),
    hostile(
        "raises an error without end of causes",
        """
        def strategy(context):
            error = ValueError("a")
            for _ in range(100000):
                try:
                    raise ValueError("b") from error
                except ValueError as caught:
                    error = caught
            raise error
        """,
        contained="error",
    ),
    hostile(
        "nests brackets",
        "def strategy(context):\n    return " + "(" * 190 + "1" + ")" * 190,
        contained="result",
    ),
    hostile(
        "nests signs",
        "def strategy(context):\n    return " + "-" * 60_000 + "1",
        contained="syntax",
        refused="syntax",
    ),
    hostile(
        "nests sums",
        "def strategy(context):\n    return " + "1 + " * 15_000 + "1",
        contained="syntax",
        refused="syntax",
    ),
    hostile(
        "nests lambdas",
        "def strategy(context):\n    return " + "lambda: " * 7_000 + "1",
        contained="syntax",
        refused="syntax",
    ),
    hostile(
        "nests blocks",
        "def strategy(context):\n"
        + "".join(" " * depth + "if context:\n" for depth in range(1, 99))
        + " " * 99
        + "return 1",
        contained="result",
        refused="syntax",
    ),
    hostile(
        "hides a null character",
        "def strategy(context):\n    return 1 \0 + 1",
        contained="syntax",
        refused="syntax",
    ),
    hostile(
        "is not Python",
        "def strategy(context:\n    return {",
        contained="syntax",
        refused="syntax",
    ),
    hostile(
        "is larger than allowed",
        "def strategy(context):\n    return 1\n" + "# padding\n" * 7_000,
        contained="result",
        refused="syntax",
    ),
    hostile(
        "closes our own lines in an open text",
        'def strategy(context):\n    return {"signal": "hold"}\nx = """',
        contained="syntax",
        refused="syntax",
    ),
    hostile(
        "ends in a line that goes on",
        'def strategy(context):\n    return {"signal": "hold"}\nx = 1 + \\',
        contained="syntax",
        refused="syntax",
    ),
)
