"""Scripts after modules that are not offered, by any road."""

from tests.adapters.hostile.script import hostile

SCRIPTS = (
    hostile(
        "imports ctypes",
        """
        import ctypes
        def strategy(context):
            return {"signal": "hold", "reason": str(ctypes.string_at(0))}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "imports inside the function",
        """
        def strategy(context):
            import socket
            return {"signal": "hold", "reason": str(socket)}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "imports by name",
        """
        def strategy(context):
            return {"signal": "hold", "reason": __import__("os").getcwd()}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "imports with importlib",
        """
        import importlib
        def strategy(context):
            return {"signal": "hold", "reason": str(importlib.import_module("os"))}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "imports our own packages",
        """
        from adapters.secrets import SecretSealer
        def strategy(context):
            return {"signal": "hold", "reason": str(SecretSealer)}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "imports through a relative path",
        """
        from .. import core
        def strategy(context):
            return {"signal": "hold", "reason": str(core)}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "finds loaded modules",
        """
        import sys
        def strategy(context):
            return {"signal": "hold", "reason": str(sys.modules["os"])}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "imports in code made of text",
        """
        def strategy(context):
            exec("import socket")
            return {"signal": "hold"}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "evaluates text that imports",
        """
        def strategy(context):
            return {"signal": "hold", "reason": eval("__import__('os').getcwd()")}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "catches the refused import and goes on",
        """
        try:
            import subprocess
        except ImportError:
            subprocess = None
        def strategy(context):
            return {"signal": "hold", "reason": str(subprocess.run)}
        """,
        contained="error",
        refused="forbidden",
    ),
)
