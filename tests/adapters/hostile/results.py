"""Scripts whose attack is what they return: bombs for our process, not for theirs."""

from tests.adapters.hostile.script import hostile

SCRIPTS = (
    hostile(
        "returns a list that unfolds without end",
        """
        def strategy(context):
            bomb = [1]
            for _ in range(60):
                bomb = [bomb, bomb]
            return {"signal": "hold", "indicators": bomb}
        """,
        contained="limit",
    ),
    hostile(
        "returns itself",
        """
        def strategy(context):
            result = {"signal": "hold"}
            result["indicators"] = result
            return result
        """,
        contained="result",
    ),
    hostile(
        "returns a very deep list",
        """
        def strategy(context):
            deep = []
            for _ in range(100000):
                deep = [deep]
            return deep
        """,
        contained="result",
    ),
    hostile(
        "returns a very long text",
        """
        def strategy(context):
            return {"signal": "hold", "reason": "a" * 1000000}
        """,
        contained="result",
    ),
    hostile(
        "returns a number of many digits",
        """
        def strategy(context):
            return {"signal": "buy", "amount": 10**4000}
        """,
        contained="result",
    ),
    hostile(
        "returns a number with more digits than can be written",
        """
        def strategy(context):
            return {"signal": "buy", "amount": 10**100000}
        """,
        contained="result",
    ),
    hostile(
        "returns an indicator without end",
        """
        def strategy(context):
            return {"signal": "buy", "indicators": {"a": float("inf")}}
        """,
        contained="result",
    ),
    hostile(
        "returns an object that lies about itself",
        """
        class Result:
            def __getitem__(self, key):
                return "buy"
            def __str__(self):
                return '{"signal": "buy"}'
        def strategy(context):
            return Result()
        """,
        contained="result",
    ),
    hostile(
        "returns a coroutine",
        """
        async def later():
            return {"signal": "buy"}
        def strategy(context):
            return later()
        """,
        contained="result",
    ),
    hostile(
        "names a field that only we should know",
        """
        def strategy(context):
            return {"_tb_unreadable": ["a", "b", {"c": 1}]}
        """,
        contained="result",
    ),
)
