"""Values that a JSON Schema of the OpenAPI document takes, as small as they can be.

In:  a schema, the document it refers into.
Out: an example: the schema's own where it has one.
Next: `functions/api_document.py`.
"""

from collections.abc import Mapping
from typing import Any, Final

_ID: Final = "00000000-0000-4000-8000-000000000002"

type Json = Mapping[str, Any]


def example_of(schema: Json, document: Json) -> Json:
    """Return the smallest body that a schema takes."""
    required = schema.get("required") or list(schema["properties"])[:1]
    return {name: example(schema["properties"][name], document) for name in required}


def example(schema: Json, document: Json) -> Any:
    """Return a value that a schema takes."""
    schema = resolved(schema, document)
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], document)
    if schema.get("type") == "object" and "properties" in schema:
        return example_of(schema, document)
    if schema.get("type") == "array":
        return [example(schema["items"], document)] * max(1, schema.get("minItems", 1))
    plain = {"boolean": True, "integer": schema.get("minimum", 1), "number": 1.0, "object": {}}
    formats = {"uuid": _ID, "date": "2026-11-20", "date-time": "2026-11-20T09:15:00+05:30"}
    return plain.get(schema.get("type", ""), formats.get(schema.get("format", ""), "text"))


def resolved(schema: Json, document: Json) -> Json:
    """Return a schema, or the one it refers to."""
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name] | {
            key: value for key, value in schema.items() if key != "$ref"
        }
    return schema
