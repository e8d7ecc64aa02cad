"""Scripts that want all the memory: lists, text, numbers, printed floods."""

from tests.adapters.hostile.script import hostile

SCRIPTS = (
    hostile(
        "fills a list",
        """
        def strategy(context):
            return {"signal": "hold", "amount": len([0] * 10**10)}
        """,
        contained="memory",
    ),
    hostile(
        "grows a list",
        """
        def strategy(context):
            items = []
            while True:
                items.append("a" * 1000000)
        """,
        contained="limit",
    ),
    hostile(
        "doubles a text",
        """
        def strategy(context):
            text = "a"
            while True:
                text += text
        """,
        contained="limit",
    ),
    hostile(
        "joins a text",
        """
        def strategy(context):
            return {"signal": "hold", "reason": "a".join(["b" * 10000] * 1000000)}
        """,
        contained="memory",
    ),
    hostile(
        "makes bytes",
        """
        def strategy(context):
            return {"signal": "hold", "amount": len(bytes(10**10))}
        """,
        contained="memory",
    ),
    hostile(
        "builds a huge number by powers",
        """
        def strategy(context):
            return {"signal": "hold", "amount": 9**9**9}
        """,
        contained="memory",
    ),
    hostile(
        "builds a huge number by shifting",
        """
        def strategy(context):
            return {"signal": "hold", "amount": 1 << 10**11}
        """,
        contained="memory",
    ),
    hostile(
        "squares a number again and again",
        """
        def strategy(context):
            number = 3
            while True:
                number = number * number
        """,
        contained="limit",
    ),
    hostile(
        "fills a dict",
        """
        def strategy(context):
            return {"signal": "hold", "amount": len({i: str(i) for i in range(10**9)})}
        """,
        contained="limit",
    ),
    hostile(
        "catches the memory limit and asks again",
        """
        def strategy(context):
            kept = []
            while True:
                try:
                    kept.append("a" * 50000000)
                except MemoryError:
                    pass
        """,
        contained="memory",
    ),
    hostile(
        "pads with a format width",
        """
        def strategy(context):
            return {"signal": "hold", "reason": f"{1:9999999999}"}
        """,
        contained="memory",
    ),
    hostile(
        "pads with a percent width",
        """
        def strategy(context):
            return {"signal": "hold", "reason": "%9999999999d" % 1}
        """,
        contained="memory",
    ),
    hostile(
        "replaces into a huge text",
        """
        def strategy(context):
            return {"signal": "hold", "reason": ("a" * 100000).replace("a", "b" * 100000)}
        """,
        contained="memory",
    ),
    hostile(
        "multiplies candles",
        """
        import itertools
        def strategy(context):
            pairs = list(itertools.product(context["candles"], repeat=4))
            return {"signal": "hold", "amount": len(pairs)}
        """,
        contained="memory",
    ),
    hostile(
        "floods the log",
        """
        def strategy(context):
            while True:
                print("x" * 1000)
        """,
        contained="output",
    ),
    hostile(
        "floods the log at once",
        """
        def strategy(context):
            print("x" * 30000000)
            return {"signal": "hold"}
        """,
        contained="output",
    ),
    hostile(
        "floods the log with empty lines",
        """
        def strategy(context):
            for _ in range(10**9):
                print()
        """,
        contained="output",
    ),
    hostile(
        "floods the log and hides the error",
        """
        def strategy(context):
            while True:
                try:
                    print("x" * 100000)
                except BaseException:
                    pass
        """,
        contained="output",
    ),
    hostile(
        "raises a huge error",
        """
        def strategy(context):
            raise ValueError("x" * 30000000)
        """,
        contained="error",
    ),
)
