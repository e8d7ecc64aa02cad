"""The same as a WSGI application, for Vercel and any WSGI server: ``functions.wsgi:app``.

In:  the environment.
Out: `app`, a Flask object.
Next: `functions/application.py`.
"""

from functions.application import make_application

app = make_application()
