"""Write docs/api.md, the HTTP interface for people, from the OpenAPI document.

In:  the table of routes.
Out: Markdown: per operation who may call, what it takes and answers, and a curl.
Next: `functions/openapi.py`, where the document comes from.

    python -m functions.api_document           writes docs/api.md
    python -m functions.api_document --check   only says whether it is current
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from functions.openapi import document_of
from functions.routes import ROUTES
from functions.schema_examples import Json, example, example_of, resolved

FILE: Final = Path(__file__).resolve().parent.parent / "docs" / "api.md"
_CALLERS: Final = {
    "user": ("a signed-in user", "TOKEN"),
    "cron": ("whoever knows `CRON_SECRET`", "CRON_SECRET"),
}
_INTRODUCTION: Final = """\
# The HTTP interface

Written by `functions/api_document.py` from the OpenAPI document, which is served at
`/api/openapi.json`; do not edit. Who may do what, and why: [security.md](security.md).

- JSON in and out. Money and prices are text (`"6337.30"`), times have an offset.
- A refusal is `application/problem+json`: `status`, `code` for programs, `detail` for people,
  `errors` with a pointer to each value that is wrong, `request_id` to find it in the log.
- What is not yours is answered as what does not exist: 404.
- `Idempotency-Key`, a header, names a request: sent again with the same key, for a day at least, it
  is answered as the first time (`Idempotency-Replayed: true`) and changes nothing. While the first
  one is being served: 409 with `Retry-After`; the key of another request: 422. After a refusal the
  key is free again.
- Every answer to a user carries `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`
  (seconds); too many requests in a minute: 429 with `Retry-After`. Routes that anybody may call are
  limited by address.
- Lists are paged: `next_cursor` of one page is `cursor` of the next; `null` at the end.
- Bodies are at most 256 KiB; unknown fields and query names are refused.

The lines below need `API_URL` (where the functions are), and a `TOKEN` or `CRON_SECRET`. A token:

```bash
curl "$SUPABASE_URL/auth/v1/token?grant_type=password" -H "apikey: $SUPABASE_PUBLISHABLE_KEY" \\
  -d '{"email": "demo@tradebase.local", "password": "tradebase-demo"}'
```
"""


def main(arguments: list[str]) -> int:
    """Write the file, or say whether it is current; return 1 when it is not."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m functions.api_document")
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args(arguments).check
    text = markdown(document_of(ROUTES))
    is_current = FILE.exists() and FILE.read_text(encoding="utf-8") == text
    if not is_check:
        FILE.write_text(text, encoding="utf-8")
    elif not is_current:
        sys.stderr.write(f"{FILE.name} is not current: run python -m functions.api_document\n")
    return int(is_check and not is_current)


def markdown(document: Json) -> str:
    """Return the document as Markdown."""
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            said = "\n".join(_operation(method.upper(), path, operation, document))
            groups.setdefault(operation["tags"][0], []).append(said)
    parts = [f"## {tag}\n\n{'\n'.join(said)}" for tag, said in groups.items()]
    return "\n".join([_INTRODUCTION, *parts])


def _operation(method: str, path: str, operation: Json, document: Json) -> Iterator[str]:
    caller, _ = _CALLERS.get(_access(operation), ("anybody", ""))
    yield f"### {method} {path}\n"
    parameters = operation.get("parameters", [])
    takes_key = any(each["in"] == "header" for each in parameters)
    key = " Takes `Idempotency-Key`." if takes_key else ""
    yield f"{operation['summary']}. For {caller}.{key}\n"
    if operation["description"]:
        yield f"{operation['description']}\n"
    yield from _values(operation, document)
    yield from _answer(operation, document)
    yield f"```bash\n{curl(method, path, operation, document)}\n```\n"


def _values(operation: Json, document: Json) -> Iterator[str]:
    rows = [
        (each["name"], each["in"], each["required"], each["schema"], each.get("description"))
        for each in operation.get("parameters", [])
        if each["in"] != "header"
    ]
    body = _body(operation, document)
    if body is not None:
        required = body.get("required", [])
        rows += [
            (name, "body", name in required, schema, schema.get("description"))
            for name, schema in body["properties"].items()
        ]
    if not rows:
        return
    yield "| takes | in | type | default | |\n|---|---|---|---|---|"
    for name, place, is_required, schema, said in rows:
        default = "required" if is_required else _default(schema)
        note = said or next((each.get("description", "") for each in schema.get("anyOf", [])), "")
        yield f"| `{name}` | {place} | {_kind(schema, document)} | {default} | {note} |"
    yield ""


def _answer(operation: Json, document: Json) -> Iterator[str]:
    done = next(status for status in operation["responses"] if status.startswith("2"))
    schema = operation["responses"][done]["content"]["application/json"]["schema"]
    answer = resolved(schema, document)
    fields = ", ".join(f"`{name}`" for name in answer.get("properties", {}))
    text = f": {fields}" if fields else ""
    note = " ".join(answer.get("description", "").split())
    yield f"Answers {done}{text}. {note}\n"


def curl(method: str, path: str, operation: Json, document: Json) -> str:
    """Return a line that calls an operation."""
    for each in operation.get("parameters", []):
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", f"${each['name'].upper()}")
    query = "&".join(
        f"{each['name']}={example(each['schema'], document)}"
        for each in operation.get("parameters", [])
        if each["in"] == "query" and each["required"]
    )
    address = f'"$API_URL{path}{"?" if query else ""}{query}"'
    verb = "" if method == "GET" else f" -X {method}"
    lines = [f"curl{verb} {address}"]
    _, secret = _CALLERS.get(_access(operation), ("", ""))
    if secret:
        lines.append(f'-H "Authorization: Bearer ${secret}"')
    body = _body(operation, document)
    if body is not None:
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d {_quoted(json.dumps(example_of(body, document)))}")
    return " \\\n  ".join(lines)


def _body(operation: Json, document: Json) -> Json | None:
    if "requestBody" not in operation:
        return None
    return resolved(operation["requestBody"]["content"]["application/json"]["schema"], document)


def _access(operation: Json) -> str:
    return next((name for each in operation.get("security", []) for name in each), "")


def _kind(schema: Json, document: Json) -> str:
    if "anyOf" in schema:
        kinds = (_kind(each, document) for each in schema["anyOf"] if each.get("type") != "null")
        return " or ".join(kinds)
    schema = resolved(schema, document)
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'], document)}"
    limits = [str(schema[key]) for key in ("minimum", "maximum") if key in schema]
    kind = str(schema.get("format", schema.get("type", "any")))
    return f"{kind} {' to '.join(limits)}".strip()


def _default(schema: Json) -> str:
    value = schema.get("default")
    return "" if value is None or value == "" else f"`{json.dumps(value)}`"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
