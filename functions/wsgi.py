"""The same as a WSGI application, for Vercel and any WSGI server: ``functions.wsgi:app``.

In:  `functions/main.py`, which the framework executes (therefore a file of its own).
Out: `app`, a Flask object.
Next: `functions/main.py`.
"""

from pathlib import Path

import functions_framework

_source = str(Path(__file__).with_name("main.py"))
app = functions_framework.create_app("api", _source)  # type: ignore[no-untyped-call]  # has no types
