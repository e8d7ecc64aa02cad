"""The OpenAPI 3.1 document, made of the same declarations that serve the requests.

In:  the table of routes.
Out: the document, and the route that serves it.
Next: `functions/routes.py`.
"""

import inspect
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, Literal

from pydantic import BaseModel, RootModel
from pydantic.json_schema import models_json_schema

from functions.problems import PROBLEM_JSON, ProblemDocument
from functions.routing import Access, Call, Route
from functions.turnstile import KEY_HEADER, KEY_PATTERN, REPLAYED_HEADER

_REF: Final = "#/components/schemas/{model}"
_PROBLEM: Final = {"$ref": "#/components/responses/Problem"}
_INFO: Final = {
    "title": "Tradebase",
    "version": "1",
    "description": "Stateless functions of Tradebase. Money is text, in rupees.",
}
_SECURITY_SCHEMES: Final = {
    "user": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Access token of Supabase Auth.",
    },
    "cron": {"type": "http", "scheme": "bearer", "description": "CRON_SECRET."},
}

_KEY_PARAMETER: Final = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "description": (
        "Names this request, for a day at least: sent again with the same name it is answered as "
        "the first time and changes nothing."
    ),
    "schema": {"type": "string", "pattern": KEY_PATTERN, "examples": ["7c1c4c5e-create-1"]},
}
_REPLAYED: Final = {
    REPLAYED_HEADER: {
        "description": "Present when this is the answer of the first time.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}

type Json = dict[str, Any]
type _Mode = Literal["validation", "serialization"]
type _Schemas = Mapping[tuple[Any, _Mode], Json]


class OpenApiDocument(RootModel[dict[str, Any]]):
    """An OpenAPI 3.1 document."""


def with_document(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Return the routes and one more, which describes all of them and itself."""

    def read_openapi(call: Call) -> OpenApiDocument:  # noqa: ARG001 - the same for everybody.
        """Describe this interface as an OpenAPI 3.1 document."""
        return made()

    @cache
    def made() -> OpenApiDocument:
        return OpenApiDocument(document_of(table))

    own = Route("GET", "/api/openapi.json", read_openapi, access=Access.OPEN)
    table = (*routes, own)
    return table


def document_of(routes: Iterable[Route]) -> Json:
    """Return the document of a table of routes."""
    table = tuple(routes)
    schemas, components = _schemas(table)
    paths: dict[str, Json] = {}
    for route in table:
        operation = _operation(route, schemas, components)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    for route in table:  # A query's model is written out as parameters.
        if route.signature.query is not None:
            components.pop(route.signature.query.__name__, None)
    problem = {PROBLEM_JSON: {"schema": schemas[ProblemDocument, "serialization"]}}
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {"Problem": {"description": "What went wrong.", "content": problem}},
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def _schemas(routes: tuple[Route, ...]) -> tuple[_Schemas, dict[str, Json]]:
    wanted: dict[tuple[type[BaseModel], _Mode], None] = {(ProblemDocument, "serialization"): None}
    for route in routes:
        wanted[route.signature.answer, "serialization"] = None
        for model in (route.signature.query, route.signature.body):
            if model is not None:
                wanted[model, "validation"] = None
    schemas, definitions = models_json_schema(list(wanted), ref_template=_REF)
    return schemas, definitions.get("$defs", {})


def _operation(route: Route, schemas: _Schemas, components: dict[str, Json]) -> Json:
    signature = route.signature
    summary, _, description = (inspect.getdoc(route.handler) or "").partition("\n\n")
    answer = {"schema": schemas[signature.answer, "serialization"]}
    operation: Json = {
        "operationId": route.name,
        "tags": [route.path.split("/")[2].removesuffix(".json")],
        "summary": summary.rstrip("."),
        "description": description,
        "responses": _responses(route, {"application/json": answer}),
    }
    parameters = [*_path_parameters(route), *_query_parameters(route, components)]
    if route.takes_key:
        parameters.append(_KEY_PARAMETER)
    if parameters:
        operation["parameters"] = parameters
    if signature.body is not None:
        content = {"application/json": {"schema": schemas[signature.body, "validation"]}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.access is not Access.OPEN:
        operation["security"] = [{route.access.value: []}]
    return operation


def _responses(route: Route, content: Json) -> Json:
    problems = {str(status): _PROBLEM for status in _statuses(route)}
    done: Json = {"description": "Done.", "content": content}
    if route.takes_key:
        done["headers"] = _REPLAYED
    return {str(route.status): done, **problems, "default": _PROBLEM}


def _statuses(route: Route) -> list[int]:
    statuses = [413, 503]
    if route.access is not Access.OPEN:
        statuses.append(401)
    if route.access is not Access.CRON:
        statuses.append(429)
    if route.access is Access.USER:
        statuses.append(403)
    if route.signature.path:
        statuses.append(404)
    if route.signature.path or route.signature.query or route.signature.body or route.takes_key:
        statuses.append(422)
    if route.signature.body:
        statuses += [400, 415]
    if route.signature.body or route.takes_key:
        statuses.append(409)
    return sorted(statuses)


def _path_parameters(route: Route) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": kind.json_schema()}
        for name, kind in route.signature.path.items()
    ]


def _query_parameters(route: Route, components: dict[str, Json]) -> list[Json]:
    if route.signature.query is None:
        return []
    model = components[route.signature.query.__name__]
    required = model.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": {key: value for key, value in schema.items() if key != "description"},
            **({"description": schema["description"]} if "description" in schema else {}),
        }
        for name, schema in model["properties"].items()
    ]
