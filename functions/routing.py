"""A route, as data: its path and access, and the models its handler's signature names.

In:  ``Route("POST", "/api/strategies/toggle/{strategy_id}", toggle_strategy)``.
Out: which route a request means, or why none; types for validation and for the OpenAPI document.
Next: `functions/routes.py`, the table.

A handler is a plain function. Its first parameter is the `Call`; parameters named in the path are
path values; `query` and `body` are models; what it returns is a model.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple, get_type_hints
from uuid import UUID

from pydantic import BaseModel, TypeAdapter

from core.session import TradingCalendar
from functions.database import Database
from functions.problems import ApiError
from functions.settings import Settings

_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")


class Access(Enum):
    """Who may call a route, and as whom it speaks to the database."""

    OPEN = "open"
    USER = "user"
    CRON = "cron"


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request, as a handler sees it.

    Parameters
    ----------
    request_id
        Names it in answers and logs.
    database
        The database, asked in the caller's name.
    user_id
        Who is signed in; None on open and cron routes.
    calendar
        When markets are open.
    settings
        What the functions were told from outside.
    """

    request_id: str
    database: Database
    user_id: UUID | None
    calendar: TradingCalendar
    settings: Settings


class Route:
    """One method of one path.

    Parameters
    ----------
    method
        HTTP method.
    path
        Beginning with ``/api/``; ``{name}`` takes one segment.
    handler
        What serves it; its docstring describes the operation.
    access
        Who may call.
    status
        Of the answer when all goes well.
    name
        Operation id; the handler's name when empty.
    takes_key
        Whether an ``Idempotency-Key`` is taken; None: when a user's request can change something.
    is_limited
        Whether requests are counted and may be too many. What stops trading never is, and takes
        no key: it may be repeated as it is.

    Raises
    ------
    TypeError
        If the handler does not fit the path: a mistake in the table, seen at start.
    """

    def __init__(  # noqa: PLR0913 - a declaration, with names at the call.
        self,
        method: str,
        path: str,
        handler: Callable[..., BaseModel],
        *,
        access: Access = Access.USER,
        status: int = 200,
        name: str = "",
        takes_key: bool | None = None,
        is_limited: bool = True,
    ) -> None:
        self.method: Final = method
        self.path: Final = path
        self.handler: Final = handler
        self.access: Final = access
        self.status: Final = status
        self.name: Final = name or handler.__name__
        self.is_limited: Final = is_limited
        changes = access is Access.USER and method != "GET" and is_limited
        self.takes_key: Final = changes if takes_key is None else takes_key
        self.path_names: Final = tuple(_PARAMETER.findall(path))
        # Every other piece is a name, as `_PARAMETER` is split with its group kept.
        pieces = enumerate(_PARAMETER.split(path))
        self._pattern: Final = re.compile(
            "".join(f"(?P<{text}>[^/]+)" if odd % 2 else re.escape(text) for odd, text in pieces)
        )
        self.signature: Final = Signature.of(self)

    def values(self, path: str) -> dict[str, str] | None:
        """Return the path's values, or None when it is not this route's path."""
        found = self._pattern.fullmatch(path)
        return None if found is None else found.groupdict()


class Signature(NamedTuple):
    """What a handler takes and returns, by its annotations."""

    path: Mapping[str, TypeAdapter[Any]]
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    answer: type[BaseModel]

    @classmethod
    def of(cls, route: Route) -> "Signature":
        """Read a route's handler.

        Raises
        ------
        TypeError
            If its parameters do not fit the path.
        """
        hints = get_type_hints(route.handler, include_extras=True)
        answer = hints.pop("return")
        names = list(inspect.signature(route.handler).parameters)[1:]
        expected = {*route.path_names, *({"query", "body"} & set(names))}
        if set(names) != expected:
            raise TypeError(f"{route.name} takes {names}, its path {route.path} gives {expected}")
        path = {name: TypeAdapter[Any](hints[name]) for name in route.path_names}
        return cls(path, hints.get("query"), hints.get("body"), answer)


class Router:
    """Find the route of a request.

    Parameters
    ----------
    routes
        The table; of two paths that match, the earlier wins, with all of its methods: a name stands
        before the parameter that could be it.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: Final = tuple(routes)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and the path's values; HEAD finds the GET that changes nothing.

        Raises
        ------
        ApiError
            404 for an unknown path, 405 with ``Allow`` for an unknown method.
        """
        wanted = "GET" if method == "HEAD" else method
        for route in self._at(path):
            if route.method == wanted and not (method == "HEAD" and route.access is Access.CRON):
                return route, route.values(path) or {}
        allowed = ", ".join(self.methods(path))
        raise ApiError(
            405,
            "method_not_allowed",
            f"{path} takes {allowed}, not {method}",
            headers={"Allow": allowed},
        )

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods a path takes.

        Raises
        ------
        ApiError
            404 for an unknown path.
        """
        found = self._at(path)
        if not found:
            raise ApiError(404, "unknown_path", f"there is nothing at {path}")
        methods = {route.method for route in found} | {"OPTIONS"}
        if any(route.method == "GET" and route.access is not Access.CRON for route in found):
            methods.add("HEAD")
        return tuple(sorted(methods))

    def _at(self, path: str) -> list[Route]:
        first = next((route for route in self._routes if route.values(path) is not None), None)
        return [] if first is None else [each for each in self._routes if each.path == first.path]
