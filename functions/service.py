"""What every request goes through, in this order, whatever its route.

In:  a request of Flask.
Out: an answer; exactly one log line, without query, body or token.
Next: `functions/routing.py`; `functions/resources/`, where the work is done.

    body up to its limit -> route -> caller -> values as models -> turn -> handler -> JSON
"""

import logging
import re
import time
from collections.abc import Iterable
from typing import Any, Final
from uuid import uuid4

from flask import Request, Response
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from adapters.own_calendar import read_calendar
from functions.access import Doorkeeper
from functions.addresses import AddressLimit
from functions.cors import Cors
from functions.problems import PROBLEM_JSON, ApiError, invalid, invalid_values
from functions.request_body import parse_body, read_body
from functions.routing import Access, Call, Route, Router
from functions.settings import Settings
from functions.turnstile import REPLAYED_HEADER, Turn, take_turn

_log = logging.getLogger(__name__)

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,128}")
_COMMON_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Service:
    """Serve the routes of a table.

    Parameters
    ----------
    routes
        The table.
    settings
        Who may call, which database is asked, and when markets are open.

    Raises
    ------
    ConfigError
        If the operator's calendar file cannot be used.
    """

    def __init__(self, routes: Iterable[Route], settings: Settings) -> None:
        self._settings: Final = settings
        self._router: Final = Router(routes)
        self._door: Final = Doorkeeper(settings)
        self._cors: Final = Cors(settings.cors_origins)
        self._calendar: Final = read_calendar(settings.calendar_file)
        self._addresses: Final = AddressLimit(
            settings.open_requests_per_minute, settings.trusted_proxies
        )

    def close(self) -> None:
        """Let the connections go."""
        self._door.close()

    def answer(self, request: Request) -> Response:
        """Return the answer to a request; nothing is raised."""
        started = time.perf_counter()
        request_id = _request_id(request)
        facts: dict[str, Any] = {"request_id": request_id, "method": request.method}
        headers = dict(_COMMON_HEADERS)
        try:
            response = self._serve(request, request_id, facts, headers)
        except ApiError as error:
            facts["code"] = error.code
            response = _refused(error, request_id)
        except Exception:  # noqa: BLE001 - top of a request: a bug is logged whole and shown to nobody.
            _log.exception("request_failed", extra={"facts": facts})
            response = _refused(ApiError(500, "internal", "this is our mistake"), request_id)
        response.headers.update(headers)
        response.headers.update(self._cors.headers(request))
        response.headers["X-Request-Id"] = request_id
        facts |= {"status": response.status_code, "ms": _milliseconds(started)}
        _log.info("request_served", extra={"facts": facts})
        return response

    def _serve(
        self, request: Request, request_id: str, facts: dict[str, Any], headers: dict[str, str]
    ) -> Response:
        body = read_body(request)
        if request.method == "OPTIONS":
            methods = self._router.methods(request.path)
            return Response(status=204, headers=dict(self._cors.preflight(request, methods)))
        route, path_values = self._router.find(request.method, request.path)
        facts["route"] = route.path
        if route.access is Access.OPEN:
            self._addresses.count(request, headers)
        caller = self._door.admit(route.access, request.headers.get("Authorization", ""))
        if caller.user_id is not None:
            facts["user_id"] = str(caller.user_id)
        arguments = _arguments(route, path_values, request, body)
        call = Call(request_id, *caller, self._calendar, self._settings)
        if caller.user_id is None or not route.is_limited:
            return _json(_text(route.handler(call, **arguments)), route.status)
        turn = take_turn(route, request, body, caller.database, headers)
        return _in_turn(turn, route, call, arguments)


def _in_turn(turn: Turn, route: Route, call: Call, arguments: dict[str, Any]) -> Response:
    if turn.answered is not None:
        status, text = turn.answered
        replayed = _json(text, status)
        replayed.headers[REPLAYED_HEADER] = "true"
        return replayed
    try:
        text = _text(route.handler(call, **arguments))
    except ApiError as error:
        turn.give_up(error)
        raise
    turn.keep(route.status, text)
    return _json(text, route.status)


def _arguments(
    route: Route, path_values: dict[str, str], request: Request, body: bytes
) -> dict[str, Any]:
    signature = route.signature
    arguments: dict[str, Any] = {}
    for name, kind in signature.path.items():
        try:
            arguments[name] = kind.validate_strings(path_values[name])
        except ValidationError as error:
            message = error.errors(include_url=False, include_context=False)[0]["msg"]
            raise invalid("path", f"/{name}", message) from error
    query = _query(request.args, signature.query)
    if query is not None:
        arguments["query"] = query
    if signature.body is not None:
        arguments["body"] = parse_body(request, body, signature.body)
    return arguments


class _NoQuery(BaseModel, extra="forbid"):
    """What a route without a query takes."""


def _query(values: MultiDict[str, str], model: type[BaseModel] | None) -> BaseModel | None:
    for name, given in values.lists():
        if len(given) > 1:
            raise invalid("query", f"/{name}", f"{name} is given {len(given)} times", "repeated")
    try:
        query = (model or _NoQuery).model_validate_strings(values.to_dict())
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False, include_context=False)
        raise invalid_values("query", details) from error
    return None if model is None else query


def _text(answer: BaseModel) -> str:
    return answer.model_dump_json(by_alias=True)


def _json(text: str, status: int) -> Response:
    return Response(text, status, mimetype="application/json")


def _refused(error: ApiError, request_id: str) -> Response:
    text = error.document(request_id).model_dump_json()
    # As an iterator: the framework then leaves what was not read of a body that is too long.
    return Response(iter([text]), error.status, error.headers, mimetype=PROBLEM_JSON)


def _request_id(request: Request) -> str:
    given = request.headers.get("X-Request-Id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
