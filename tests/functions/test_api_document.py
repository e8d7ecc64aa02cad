"""docs/api.md is what the table of routes says, and its lines can be sent as they stand."""

import json
import re
import shlex
import subprocess
import sys

import pytest

from functions.api_document import FILE, curl, markdown
from functions.openapi import document_of
from functions.routes import ROUTES
from functions.routing import Route
from tests.functions.conftest import ROOT

DOCUMENT = document_of(ROUTES)


def line_of(route: Route) -> list[str]:
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    return shlex.split(curl(route.method, route.path, operation, DOCUMENT))


def test_the_file_is_current() -> None:
    current = FILE.read_text(encoding="utf-8") == markdown(DOCUMENT)
    assert current, "run .venv/bin/python -m functions.api_document"


def test_a_file_that_is_not_current_is_said_so_and_left_alone() -> None:
    code = (
        "import pathlib, sys, functions.api_document as it;"
        "it.FILE = pathlib.Path('no-such-file.md'); sys.exit(it.main(['--check']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "is not current" in done.stderr
    assert not (ROOT / "no-such-file.md").exists()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_has_a_line_that_can_be_sent(route: Route) -> None:
    words = line_of(route)
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    (address,) = [word for word in words if word.startswith("$API_URL")]
    path = re.sub(r"\$[A-Z_]+", "00000000-0000-4000-8000-000000000002", address[len("$API_URL") :])
    assert method == route.method
    assert route.values(path.partition("?")[0]) is not None
    if route.signature.body is not None:
        body = words[words.index("-d") + 1]
        assert route.signature.body.model_validate_json(body)
        assert json.loads(body)
