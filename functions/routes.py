"""The table of routes: everything the functions offer, one line each.

In:  the handlers in `functions/resources/`.
Out: `ROUTES`.
Next: `functions/resources/health.py`.
"""

from typing import Final

from functions.openapi import with_document
from functions.resources.health import read_health
from functions.routing import Access, Route

ROUTES: Final = with_document((Route("GET", "/api/health", read_health, access=Access.OPEN),))
