"""`vercel.json` by the rules that Vercel's own validator holds it to, without deploying."""

import ast
import json
import re
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.pool import VERCEL_BINARY
from functions.jobs import CLAIM_SECONDS
from functions.routes import ROUTES

ROOT = Path(__file__).resolve().parents[2]
CONFIG: dict[str, Any] = json.loads((ROOT / "vercel.json").read_text())
SERVICE_KEYS = {"root", "entrypoint", "framework", "functions", "headers"}
FUNCTION_KEYS = {"memory", "maxDuration", "regions", "excludeFiles", "includeFiles"}
# These may stand at the top only where there are no services.
NOT_WITH_SERVICES = {"functions", "framework", "buildCommand", "installCommand", "outputDirectory"}


def test_only_legal_keys_are_used() -> None:
    assert set(CONFIG) <= {"$schema", "regions", "services", "rewrites", "crons"}
    assert not set(CONFIG) & NOT_WITH_SERVICES
    for service in CONFIG["services"].values():
        assert set(service) <= SERVICE_KEYS
        for function in service.get("functions", {}).values():
            assert set(function) <= FUNCTION_KEYS
            assert 128 <= function["memory"] <= 10240
            assert 1 <= function["maxDuration"] <= 300  # The most a Hobby project may.
            assert len(function["excludeFiles"]) <= 256


def test_a_job_is_claimed_for_longer_than_a_function_may_run() -> None:
    functions = CONFIG["services"]["api"]["functions"]
    assert functions["functions/wsgi.py"]["maxDuration"] < CLAIM_SECONDS


def test_the_dashboard_is_where_it_is_said_to_be() -> None:
    web = CONFIG["services"]["web"]
    package = json.loads((ROOT / web["root"] / "package.json").read_text())
    assert web["framework"] == "nextjs"
    assert "next" in package["dependencies"]
    # The build's second half takes the inline scripts away: the policy allows none.
    assert "finish-build" in package["scripts"]["build"]


def test_the_api_is_where_it_is_said_to_be() -> None:
    service = CONFIG["services"]["api"]
    root = ROOT / service["root"]
    assert root.is_dir()
    module, _, variable = service["entrypoint"].partition(":")
    source = root / Path(*module.split(".")).with_suffix(".py")
    # Found by reading the file, as Vercel does, not by running it.
    assigned = {
        target.id
        for node in ast.parse(source.read_text()).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert variable in assigned & {"app", "application", "handler"}
    assert all((root / path).is_file() for path in service["functions"])


def test_what_the_functions_need_is_sent_and_the_rest_is_not() -> None:
    pattern = CONFIG["services"]["api"]["functions"]["functions/wsgi.py"]["excludeFiles"]
    found = re.fullmatch(r"\{([a-z,]+)\}/\*\*", pattern)
    assert found is not None
    excluded = set(found[1].split(","))
    assert not excluded & {"functions", "core", "strategies", "adapters"}
    assert {"worker", "devstack", "tests", "supabase"} <= excluded
    ignored = (ROOT / ".vercelignore").read_text().splitlines()
    assert {".env", ".env.*", ".venv"} <= set(ignored)
    for name in ("functions", "core", "strategies", "adapters", "pyproject.toml"):
        assert not any(fnmatch(name, line) for line in ignored)


def test_the_sandbox_program_is_sent_along_to_where_it_is_looked_for() -> None:
    name = "api"
    sent = CONFIG["services"][name]["functions"]["functions/wsgi.py"]["includeFiles"]
    # Vercel installs a service's packages there and leaves out what they put beside Python.
    assert sent == f".vercel/python/services/{name}/.venv/bin/monty"
    assert Path("/var/task") / sent == VERCEL_BINARY
    assert (Path(sys.executable).parent / "monty").is_file()
    ignored = (ROOT / ".vercelignore").read_text().splitlines()
    assert not any(fnmatch(".vercel", line.rstrip("/")) for line in ignored)


def test_every_request_reaches_a_service_that_exists() -> None:
    for rewrite in CONFIG["rewrites"]:
        assert rewrite["destination"]["service"] in CONFIG["services"]
    assert CONFIG["rewrites"][0]["source"] == "/api/(.*)"
    assert all(route.path.startswith("/api/") for route in ROUTES)


def test_cron_paths_are_routes_that_take_get() -> None:
    cron_routes = {route.path for route in ROUTES if route.method == "GET"}
    assert {cron["path"] for cron in CONFIG["crons"]} <= cron_routes


@pytest.mark.parametrize("cron", CONFIG["crons"], ids=lambda cron: cron["path"])
def test_a_schedule_is_one_that_a_hobby_project_may_have(cron: dict[str, str]) -> None:
    # Numbers only, no names; not both days set; once a day, or the deployment fails.
    minute, hour, day, month, weekday = cron["schedule"].split()
    assert re.fullmatch(r"[0-9*,/-]+", f"{minute}{hour}{day}{month}{weekday}")
    assert minute.isdigit()
    assert hour.isdigit()
    assert "*" in {day, weekday}
    # Vercel is up to 59 minutes late and speaks UTC: never before 15:15 in India.
    assert (int(hour), int(minute)) >= (9, 45)
