"""Scripts that want to leave something behind for the strategy that runs next."""

from tests.adapters.hostile.script import hostile

SCRIPTS = (
    hostile(
        "leaves a global behind",
        """
        LEFT_BEHIND = "here"
        def strategy(context):
            global LEFT_BEHIND
            LEFT_BEHIND = LEFT_BEHIND + "!"
            return {"signal": "hold"}
        """,
        contained="harmless",
    ),
    hostile(
        "replaces a built-in",
        """
        def len(value):
            return 999
        def strategy(context):
            return {"signal": "hold"}
        """,
        contained="harmless",
    ),
    hostile(
        "replaces a function of a module",
        """
        import math
        def wrong(value):
            return 999.0
        def strategy(context):
            math.sqrt = wrong
            return {"signal": "hold"}
        """,
        contained="error",
    ),
    hostile(
        "replaces the encoder of results",
        """
        import json
        def forged(value):
            return '{"signal": "buy"}'
        def strategy(context):
            json.dumps = forged
            return {"signal": "hold"}
        """,
        contained="error",
    ),
    hostile(
        "stands in for our own names",
        """
        class Forged:
            def dumps(self, value):
                return '{"signal": "buy"}'
        def strategy(context):
            global _tb_json, _tb_text
            _tb_json = Forged()
            _tb_text = '{"signal": "buy"}'
            return {"signal": "hold"}
        """,
        contained="harmless",
        refused="forbidden",
    ),
    hostile(
        "changes the context it was given",
        """
        def strategy(context):
            context["candles"].clear()
            context["parameters"]["period"] = 10**9
            context["current_price"] = 0
            return {"signal": "hold"}
        """,
        contained="harmless",
    ),
    hostile(
        "seeds everybody's random numbers",
        """
        import random
        def strategy(context):
            random.seed(1)
            return {"signal": "hold"}
        """,
        contained="harmless",
    ),
    hostile(
        "changes the precision of decimals",
        """
        import decimal
        def strategy(context):
            decimal.getcontext().prec = 1
            return {"signal": "hold"}
        """,
        contained="harmless",
    ),
)
