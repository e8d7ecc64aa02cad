"""The table of routes: paths are told apart, and a declaration that does not fit is seen."""

from uuid import UUID

import pytest
from pydantic import BaseModel

from functions.problems import ApiError
from functions.routes import ROUTES
from functions.routing import Access, Call, Route, Router


class Nothing(BaseModel):
    """An empty answer."""


def one(call: Call, thing_id: UUID) -> Nothing:  # noqa: ARG001 - only its signature matters.
    """Take one."""
    return Nothing()


def every(call: Call) -> Nothing:  # noqa: ARG001 - only its signature matters.
    """Take all."""
    return Nothing()


def test_a_value_is_one_segment_of_the_path() -> None:
    route = Route("GET", "/api/things/{thing_id}", one)
    assert route.values("/api/things/7") == {"thing_id": "7"}
    for path in ("/api/things/", "/api/things/7/8", "/api/things", "/api/things/7/"):
        assert route.values(path) is None


def test_a_dot_in_a_path_is_a_dot() -> None:
    assert Route("GET", "/api/openapi.json", every).values("/api/openapiXjson") is None


def test_the_earlier_of_two_routes_wins() -> None:
    fixed, any_ = Route("GET", "/api/all", every), Route("GET", "/api/{thing_id}", one)
    assert Router((fixed, any_)).find("GET", "/api/all")[0] is fixed
    assert Router((fixed, any_)).find("GET", "/api/7") == (any_, {"thing_id": "7"})


def test_a_name_is_not_taken_for_a_value_by_another_method_either() -> None:
    routes = (
        Route("GET", "/api/things/list", every),
        Route("GET", "/api/things/{thing_id}", one),
        Route("DELETE", "/api/things/{thing_id}", one),
    )
    router = Router(routes)
    assert router.find("DELETE", "/api/things/7") == (routes[2], {"thing_id": "7"})
    assert router.methods("/api/things/list") == ("GET", "HEAD", "OPTIONS")
    with pytest.raises(ApiError) as caught:
        router.find("DELETE", "/api/things/list")
    assert (caught.value.status, caught.value.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_a_handler_that_does_not_fit_its_path_is_a_mistake_in_the_table() -> None:
    with pytest.raises(TypeError, match="one takes"):
        Route("GET", "/api/things/{id}", one)
    with pytest.raises(TypeError, match="every takes"):
        Route("GET", "/api/{thing_id}", every)


def test_head_of_a_cron_route_does_nothing() -> None:
    router = Router((Route("GET", "/api/cron/x", every, access=Access.CRON),))
    with pytest.raises(ApiError) as caught:
        router.find("HEAD", "/api/cron/x")
    assert caught.value.headers == {"Allow": "GET, OPTIONS"}


def test_every_route_of_the_table_has_a_name_of_its_own() -> None:
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert all(route.path.startswith("/api/") for route in ROUTES)


def test_only_health_and_the_document_are_open_and_only_cron_paths_take_the_cron_secret() -> None:
    opened = {route.path for route in ROUTES if route.access is Access.OPEN}
    assert opened == {"/api/health", "/api/openapi.json"}
    for route in ROUTES:
        assert (route.access is Access.CRON) == route.path.startswith("/api/cron/")
