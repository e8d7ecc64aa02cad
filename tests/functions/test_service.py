"""What every request goes through: paths, methods, limits, ids, headers, mistakes of ours."""

import io
import json

import pytest
from flask import Flask, Response, request
from pydantic import BaseModel

from functions.problems import ApiError
from functions.routing import Access, Call, Route
from functions.service import Service
from functions.settings import Settings
from tests.functions.conftest import ORIGIN, Caller, pointers, problem

LIMIT = 256 * 1024


def test_an_unknown_path_is_not_there(anybody: Caller) -> None:
    paths = ("/", "/api", "/api/", "/api/nothing", "/health", "/api/health/", "/api/%ff%00")
    # These the framework would answer itself, with HTML or a redirection.
    for path in (*paths, "/api/%0A", "/api//health", "/robots.txt", "/favicon.ico"):
        problem(anybody.get(path), 404, "unknown_path")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/health", "GET, HEAD, OPTIONS"),
        ("DELETE", "/api/strategies/create", "OPTIONS, POST"),
        ("PATCH", "/api/strategies/toggle/x", "OPTIONS, POST"),
        ("HEAD", "/api/cron/eod-exit", "GET, OPTIONS, POST"),
        ("BREW", "/api/trades/all", "GET, HEAD, OPTIONS"),
    ],
)
def test_an_unknown_method_is_told_the_known_ones(
    anybody: Caller, method: str, path: str, allowed: str
) -> None:
    reply = anybody.call(method, path)
    assert (reply.status_code, reply.headers["Allow"]) == (405, allowed)


def test_head_is_get_without_a_body(anybody: Caller) -> None:
    reply = anybody.call("HEAD", "/api/health")
    assert (reply.status_code, reply.data) == (200, b"")


def test_a_request_id_is_kept_when_it_can_be_and_made_when_not(anybody: Caller) -> None:
    kept = anybody.get("/api/nothing", headers={"X-Request-Id": "trace-12345678"})
    assert problem(kept, 404, "unknown_path")["request_id"] == "trace-12345678"
    for bad in ("short", "has space in it", 'quote"quote"', "x" * 129):
        made = anybody.get("/api/nothing", headers={"X-Request-Id": bad}).headers["X-Request-Id"]
        assert len(made) == 32


def test_no_answer_is_kept_by_a_cache(anybody: Caller, caller: Caller) -> None:
    for reply in (anybody.get("/api/health"), caller.get("/api/trades/all"), anybody.get("/")):
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_of_an_allowed_origin_may_read_and_ask(anybody: Caller) -> None:
    read = anybody.get("/api/health", headers={"Origin": ORIGIN})
    assert read.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Credentials" not in read.headers
    asked = anybody.call(
        "OPTIONS",
        "/api/strategies/create",
        headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"},
    )
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Methods"] == "OPTIONS, POST"
    assert "authorization" in asked.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("origin", ["https://evil.example", f"{ORIGIN}.evil.example", "null", ""])
def test_a_page_of_another_origin_is_not_named(anybody: Caller, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        reply = anybody.call(method, "/api/health", headers={"Origin": origin})
        assert reply.headers["Vary"] == "Origin"
        assert not any(name.startswith("Access-Control") for name in dict(reply.headers))


def test_a_refusal_may_be_read_by_an_allowed_page_too(anybody: Caller) -> None:
    reply = anybody.get("/api/trades/all", headers={"Origin": ORIGIN})
    assert reply.status_code == 401
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("path", ["/api/strategies/create", "/api/health", "/api/nothing"])
def test_a_body_that_says_it_is_too_long_is_refused_everywhere(anybody: Caller, path: str) -> None:
    problem(anybody.post(path, data=b"x" * (LIMIT + 1)), 413, "too_large")


def test_a_body_of_unknown_length_is_refused_when_it_becomes_too_long(anybody: Caller) -> None:
    endless = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    body = io.BytesIO(b"x" * 20_000_000)
    reply = anybody.call(
        "POST", "/api/strategies/create", input_stream=body, environ_overrides=endless
    )
    problem(reply, 413, "too_large")
    # It was let go by up to a limit, and the rest was not taken into memory.
    assert 8_000_000 < body.tell() < 10_000_000


def test_a_body_as_long_as_allowed_is_read(caller: Caller) -> None:
    body = json.dumps({"name": "x"}).encode().ljust(LIMIT)
    reply = caller.post("/api/strategies/create", data=body, content_type="application/json")
    assert reply.status_code == 422


def test_a_body_that_ends_early_is_refused(anybody: Caller) -> None:
    reply = anybody.call(
        "POST",
        "/api/strategies/create",
        input_stream=io.BytesIO(b"{}"),
        environ_overrides={"CONTENT_LENGTH": "100"},
    )
    problem(reply, 400, "incomplete_body")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1,]", b"{'a': 1}"])
def test_a_body_that_is_no_json_is_refused(stranger: Caller, body: bytes) -> None:
    reply = stranger.post("/api/strategies/create", data=body, content_type="application/json")
    problem(reply, 400, "malformed_json")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"1"])
def test_a_body_that_is_no_object_is_refused(stranger: Caller, body: bytes) -> None:
    reply = stranger.post("/api/strategies/create", data=body, content_type="application/json")
    assert pointers(problem(reply, 422, "invalid_value")) == [""]


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_does_not_say_it_is_json_is_refused(stranger: Caller, kind: str) -> None:
    reply = stranger.post("/api/strategies/create", data=b"{}", content_type=kind)
    problem(reply, 415, "not_json")


def test_a_refusal_does_not_repeat_what_was_sent(stranger: Caller) -> None:
    reply = stranger.post("/api/strategies/create", {"name": 5, "password": "hunter2-hunter2"})
    assert "hunter2" not in reply.text


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"parameters": {"a": ["b\0"]}}, "/parameters/a/0"),
        ({"parameters": {"a/b": {"c": "\0"}}}, "/parameters/a~1b/c"),
        ({"risk_parameters": {"\0": 1}}, "/risk_parameters"),
    ],
)
def test_the_null_character_is_refused_where_it_stands(
    stranger: Caller, body: dict[str, object], place: str
) -> None:
    design = {"name": "x", "strategy_type": "momentum", "symbols": ["NIFTY-FUT"]}
    refused = problem(stranger.post("/api/strategies/create", design | body), 422, "invalid_value")
    assert pointers(refused) == [place]


def test_a_query_where_none_is_taken_is_refused(anybody: Caller) -> None:
    body = problem(anybody.get("/api/health?verbose=1"), 422, "invalid_value")
    assert pointers(body) == ["/verbose"]


class Nothing(BaseModel):
    """An empty answer."""


def fail(call: Call) -> Nothing:  # noqa: ARG001 - a handler.
    """Fail as a bug does."""
    raise ZeroDivisionError("the secret is 42")


def refuse(call: Call) -> Nothing:  # noqa: ARG001 - a handler.
    """Refuse with a header."""
    raise ApiError(503, "closed", "closed for today", headers={"Retry-After": "7"})


@pytest.fixture
def broken(settings: Settings) -> Caller:
    """Return an application whose handlers fail."""
    routes = (
        Route("GET", "/api/bug", fail, access=Access.OPEN),
        Route("GET", "/api/closed", refuse, access=Access.OPEN),
    )
    service = Service(routes, settings)
    app = Flask("broken")

    def serve(path: str) -> Response:  # noqa: ARG001 - the service looks itself.
        return service.answer(request)

    app.add_url_rule("/<path:path>", view_func=serve)
    return Caller(app)


def test_a_bug_is_a_500_that_tells_nothing_outside_and_all_in_the_log(
    broken: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    reply = broken.get("/api/bug")
    body = problem(reply, 500, "internal")
    assert "42" not in reply.text.replace(body["request_id"], "")
    (record,) = [record for record in caplog.records if record.message == "request_failed"]
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError
    assert getattr(record, "facts", {})["request_id"] == body["request_id"]


def test_a_refusal_carries_its_headers(broken: Caller) -> None:
    reply = broken.get("/api/closed")
    problem(reply, 503, "closed")
    assert reply.headers["Retry-After"] == "7"
