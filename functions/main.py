"""The one target of functions-framework, `api`: every method of every path.

In:  the environment, read once; requests.
Out: answers of `Service`.
Next: `functions/service.py`.

    python -m functions_framework --source functions/main.py --target api --port 8080
    python -m gunicorn functions.wsgi:app --threads 4 --bind 127.0.0.1:8080

A setting that is missing ends the process at its start, with one sentence per setting.
"""

import atexit
import os

import functions_framework
from flask import Request, Response

from functions.logs import log_to_stderr
from functions.routes import ROUTES
from functions.service import Service
from functions.settings import read_settings

_settings = read_settings(os.environ)
log_to_stderr(_settings.secrets)
_service = Service(ROUTES, _settings)
atexit.register(_service.close)


@functions_framework.http
def api(request: Request) -> Response:
    """Serve one request."""
    return _service.answer(request)
