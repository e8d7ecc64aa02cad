"""The functions as a WSGI application: functions-framework, with every path left to the service.

In:  `functions/main.py`, which the framework executes (therefore a file of its own).
Out: a Flask object.
Next: `functions/wsgi.py`.
"""

from pathlib import Path
from typing import Any, Final

import functions_framework
from flask import Flask

_SOURCE: Final = Path(__file__).with_name("main.py")


def make_application() -> Flask:
    """Return the application, its settings read from the environment.

    Raises
    ------
    ConfigError
        If a setting is missing or malformed.
    """
    app: Flask = functions_framework.create_app("api", str(_SOURCE))  # type: ignore[no-untyped-call]  # has no types
    serve = app.view_functions["run"]

    @app.before_request
    def _serve_every_path() -> Any:
        # Before the framework looks at the path: it answers some itself, with HTML (a line's end
        # in a path, two slashes, robots.txt).
        return serve(path="")

    return app
