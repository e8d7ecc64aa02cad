"""The OpenAPI document: says what is served, and says it of every route."""

from typing import Any

import pytest

from functions.openapi import document_of
from functions.routes import ROUTES
from tests.functions.conftest import Caller


@pytest.fixture(scope="module")
def document(anybody: Caller) -> dict[str, Any]:
    """Return the document as it is served."""
    reply = anybody.get("/api/openapi.json")
    assert reply.status_code == 200
    body: dict[str, Any] = reply.get_json()
    return body


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_every_route_is_described_and_no_other(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert set(operations(document)) == {(route.method, route.path) for route in ROUTES}
    for operation in operations(document).values():
        assert operation["summary"]
        assert operation["operationId"]


def test_every_reference_leads_somewhere_and_no_schema_is_left_over(
    document: dict[str, Any],
) -> None:
    found = references(document)
    for reference in found:
        at: Any = document
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert schemas <= found


def test_who_may_call_is_said(document: dict[str, Any]) -> None:
    said = {key: value.get("security") for key, value in operations(document).items()}
    assert said["GET", "/api/health"] is None
    assert said["GET", "/api/trades/all"] == [{"user": []}]
    assert said["POST", "/api/cron/eod-exit"] == [{"cron": []}]


def test_queries_paths_and_bodies_are_said_with_their_limits(document: dict[str, Any]) -> None:
    known = operations(document)
    listed = {each["name"]: each for each in known["GET", "/api/trades/all"]["parameters"]}
    assert set(listed) == {"strategy_id", "status", "mode", "from", "to", "limit", "cursor"}
    limit = listed["limit"]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 100, 10)
    toggle = known["POST", "/api/strategies/toggle/{strategy_id}"]
    places = {(each["name"], each["in"], each["required"]) for each in toggle["parameters"]}
    assert places == {
        ("strategy_id", "path", True),
        ("config_id", "query", False),
        ("Idempotency-Key", "header", False),
    }
    assert "Idempotency-Replayed" in toggle["responses"]["200"]["headers"]
    assert "409" in toggle["responses"]
    schemas = document["components"]["schemas"]
    positions = schemas["NewStrategy"]["properties"]["max_positions"]
    assert (positions["type"], positions["minimum"], positions["maximum"]) == ("integer", 1, 100)
    assert schemas["NewStrategy"]["additionalProperties"] is False
    assert schemas["NewStrategy"]["required"] == ["name", "strategy_type", "symbols"]


def test_a_key_is_taken_where_a_user_changes_something(document: dict[str, Any]) -> None:
    for (method, path), operation in operations(document).items():
        names = {each["name"] for each in operation.get("parameters", [])}
        is_users = operation.get("security") == [{"user": []}]
        # What stops trading may be sent as often as one likes, and is never one request too many.
        stops_trading = path.startswith(
            ("/api/live-trading/disable/", "/api/live-trading/emergency-stop")
        )
        if method == "GET" or not is_users or stops_trading:
            assert "Idempotency-Key" not in names, path
        elif method != "DELETE":
            assert "Idempotency-Key" in names, path


def test_a_refusal_is_a_problem_everywhere(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
    assert list(document["components"]["responses"]["Problem"]["content"]) == [
        "application/problem+json"
    ]


def test_a_served_answer_has_exactly_the_keys_described(
    document: dict[str, Any], anybody: Caller
) -> None:
    described = document["components"]["schemas"]["Health"]
    assert set(anybody.get("/api/health").get_json()) == set(described["required"])


def test_it_is_made_of_the_table_alone() -> None:
    assert set(document_of(ROUTES[:1])["paths"]) == {"/api/health"}
