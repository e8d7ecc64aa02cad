"""Scripts that walk attributes from a harmless object to the machine."""

from tests.adapters.hostile.script import hostile

SCRIPTS = (
    hostile(
        "walks to every class",
        """
        def strategy(context):
            return {"signal": "hold", "reason": str(().__class__.__bases__[0].__subclasses__())}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "walks with getattr and split names",
        """
        def strategy(context):
            return {"signal": "hold", "reason": str(getattr((), "__cla" + "ss__"))}
        """,
        contained="error",
    ),
    hostile(
        "reads a function's globals",
        """
        def strategy(context):
            return {"signal": "hold", "reason": str(strategy.__globals__)}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "reads a function's code",
        """
        def strategy(context):
            return {"signal": "hold", "reason": str(strategy.__code__.co_consts)}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "takes the built-ins from a module",
        """
        import math
        def strategy(context):
            return {"signal": "hold", "reason": str(math.__builtins__)}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "finds os inside a module it may import",
        """
        import random
        def strategy(context):
            return {"signal": "hold", "reason": str(random._os.environ)}
        """,
        contained="error",
    ),
    hostile(
        "climbs the frames of an error",
        """
        def strategy(context):
            try:
                1 / 0
            except ZeroDivisionError as error:
                return {"signal": "hold", "reason": str(error.__traceback__.tb_frame.f_back)}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "asks for the frames",
        """
        import sys
        def strategy(context):
            return {"signal": "hold", "reason": str(sys._getframe(1).f_globals)}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "walks inside a format string",
        """
        def strategy(context):
            return {"signal": "hold", "reason": "{0.__class__.__mro__}".format(context)}
        """,
        contained="error",
    ),
    hostile(
        "walks inside a format string of globals",
        """
        def strategy(context):
            return {"signal": "hold", "reason": "{f.__globals__[json]}".format(f=strategy)}
        """,
        contained="error",
    ),
    hostile(
        "makes a class with type",
        """
        def strategy(context):
            return {"signal": "hold", "reason": str(type("A", (object,), {})().__init__)}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "looks through all globals",
        """
        def strategy(context):
            return {"signal": "hold", "reason": str(globals())}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "looks a method up by a property's class",
        """
        class Door:
            def __getattr__(self, name):
                return open(CANARY_FILE).read()
        def strategy(context):
            return {"signal": "hold", "reason": Door().key}
        """,
        contained="error",
        refused="forbidden",
    ),
)
