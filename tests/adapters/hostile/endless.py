"""Scripts that never end, or only after every limit."""

from tests.adapters.hostile.script import hostile

SCRIPTS = (
    hostile(
        "loops for ever",
        """
        def strategy(context):
            while True:
                pass
        """,
        contained="time",
    ),
    hostile(
        "loops for ever while it is defined",
        """
        while True:
            pass
        def strategy(context):
            return {"signal": "hold"}
        """,
        contained="time",
    ),
    hostile(
        "loops over a comprehension",
        """
        def strategy(context):
            return {"signal": "hold", "amount": sum(1 for i in range(10**12) if i < 0)}
        """,
        contained="time",
    ),
    hostile(
        "loops over an endless iterator",
        """
        import itertools
        def strategy(context):
            for number in itertools.count():
                number + 1
        """,
        contained="time",
    ),
    hostile(
        "consumes an endless iterator",
        """
        import itertools
        def strategy(context):
            return {"signal": "hold", "amount": sum(itertools.repeat(0))}
        """,
        contained="time",
    ),
    hostile(
        "catches the time limit",
        """
        def strategy(context):
            while True:
                try:
                    while True:
                        pass
                except BaseException:
                    pass
        """,
        contained="time",
    ),
    hostile(
        "goes on in finally",
        """
        def again():
            try:
                while True:
                    pass
            finally:
                again()
        def strategy(context):
            again()
        """,
        contained="time",
    ),
    hostile(
        "feeds the list it walks",
        """
        def strategy(context):
            items = [1]
            for item in items:
                items.append(item)
        """,
        contained="limit",
    ),
    hostile(
        "sorts with a slow key",
        """
        def slow(value):
            return sum(range(100000)) * value
        def strategy(context):
            return {"signal": "hold", "amount": sorted(range(100000), key=slow)[0]}
        """,
        contained="time",
    ),
    hostile(
        "computes Fibonacci the slow way",
        """
        def fibonacci(n):
            return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
        def strategy(context):
            return {"signal": "hold", "amount": fibonacci(60)}
        """,
        contained="time",
    ),
    hostile(
        "sleeps",
        """
        import time
        def strategy(context):
            time.sleep(1000)
            return {"signal": "hold"}
        """,
        contained="harmless",
    ),
    hostile(
        "waits for the clock to move",
        """
        import time
        def strategy(context):
            end = time.time() + 1
            while time.time() < end:
                pass
            return {"signal": "hold"}
        """,
        contained="time",
    ),
    hostile(
        "backtracks in a regular expression",
        """
        import re
        def strategy(context):
            return {"signal": "hold", "reason": str(re.match(r"(a+)+$", "a" * 40 + "b"))}
        """,
        contained="harmless",
    ),
    hostile(
        "backtracks with a back-reference",
        r"""
        import re
        def strategy(context):
            return {"signal": "hold", "reason": str(re.match(r"(a|a)*\1$", "a" * 60 + "b"))}
        """,
        contained="error",
    ),
    hostile(
        "searches a long text with a slow pattern",
        """
        import re
        def strategy(context):
            text = "a" * 1000000
            return {"signal": "hold", "reason": str(len(re.findall(r"(?:a*)*b|a*c", text)))}
        """,
        contained="harmless",
    ),
    hostile(
        "calls itself for ever",
        """
        def strategy(context):
            return strategy(context)
        """,
        contained="recursion",
    ),
    hostile(
        "calls itself through another",
        """
        def other(context):
            return strategy(context)
        def strategy(context):
            return other(context)
        """,
        contained="recursion",
    ),
    hostile(
        "recurses in a method that Python calls",
        """
        class Loop:
            def __repr__(self):
                return repr(self)
        def strategy(context):
            return {"signal": "hold", "reason": repr(Loop())}
        """,
        contained="recursion",
    ),
    hostile(
        "catches its recursion and recurses again",
        """
        def down(depth):
            try:
                return down(depth + 1)
            except RecursionError:
                return down(depth)
        def strategy(context):
            return {"signal": "hold", "amount": down(0)}
        """,
        contained="time",
    ),
)
