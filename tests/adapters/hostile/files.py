"""Scripts after files: reading, writing, listing, and the environment."""

from tests.adapters.hostile.script import hostile

SCRIPTS = (
    hostile(
        "reads a file with open",
        """
        def strategy(context):
            with open(CANARY_FILE) as file:
                return {"signal": "hold", "reason": file.read()}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "writes a file with open",
        """
        def strategy(context):
            with open(CANARY_FOLDER + "/written", "w") as file:
                file.write("here")
            return {"signal": "hold"}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "reads a file with pathlib",
        """
        from pathlib import Path
        def strategy(context):
            return {"signal": "hold", "reason": Path(CANARY_FILE).read_text()}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "writes a file with pathlib",
        """
        import pathlib
        def strategy(context):
            pathlib.Path(CANARY_FOLDER, "written").write_text("here")
            return {"signal": "hold"}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "deletes a file",
        """
        import os
        def strategy(context):
            os.remove(CANARY_FILE)
            return {"signal": "hold"}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "lists a folder",
        """
        import os
        def strategy(context):
            return {"signal": "hold", "reason": str(os.listdir(CANARY_FOLDER))}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "walks up with relative paths",
        """
        def strategy(context):
            return {"signal": "hold", "reason": open("../../../../../../" + CANARY_FILE).read()}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "opens a descriptor by number",
        """
        def strategy(context):
            return {"signal": "hold", "reason": str([open(number) for number in range(3, 20)])}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "reads its own process",
        """
        def strategy(context):
            return {"signal": "hold", "reason": open("/proc/self/environ").read()}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "reads the environment",
        """
        import os
        def strategy(context):
            return {"signal": "hold", "reason": os.environ["TRADEBASE_CANARY"]}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "asks for one environment variable",
        """
        import os
        def strategy(context):
            return {"signal": "hold", "reason": os.getenv("TRADEBASE_CANARY")}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "reads what is typed",
        """
        import sys
        def strategy(context):
            return {"signal": "hold", "reason": sys.stdin.read()}
        """,
        contained="error",
        refused="forbidden",
    ),
)
