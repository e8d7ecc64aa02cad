"""Scripts after the network and other processes."""

from tests.adapters.hostile.script import hostile

SCRIPTS = (
    hostile(
        "opens a socket",
        """
        import socket
        def strategy(context):
            with socket.create_connection(("127.0.0.1", CANARY_PORT)) as door:
                door.send(b"here")
            return {"signal": "hold"}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "fetches an address",
        """
        from urllib.request import urlopen
        def strategy(context):
            return {"signal": "hold", "reason": urlopen(f"http://127.0.0.1:{CANARY_PORT}").read()}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "uses an HTTP package",
        """
        import httpx
        def strategy(context):
            return {"signal": "hold", "reason": httpx.get(f"http://127.0.0.1:{CANARY_PORT}").text}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "connects by asyncio",
        """
        import asyncio
        async def connect():
            await asyncio.open_connection("127.0.0.1", CANARY_PORT)
        def strategy(context):
            asyncio.run(connect())
            return {"signal": "hold"}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "runs a shell command",
        """
        import os
        def strategy(context):
            os.system("touch " + CANARY_FOLDER + "/written")
            return {"signal": "hold"}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "starts a process",
        """
        import subprocess
        def strategy(context):
            return {"signal": "hold", "reason": subprocess.check_output(["id"]).decode()}
        """,
        contained="forbidden",
        refused="forbidden",
    ),
    hostile(
        "forks itself",
        """
        import os
        def strategy(context):
            while True:
                os.fork()
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "kills its parent",
        """
        import os
        def strategy(context):
            os.kill(os.getppid(), 9)
            return {"signal": "hold"}
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "ends the process",
        """
        import sys
        def strategy(context):
            sys.exit(0)
        """,
        contained="error",
        refused="forbidden",
    ),
    hostile(
        "raises SystemExit",
        """
        def strategy(context):
            raise SystemExit(1)
        """,
        contained="error",
    ),
)
