"""The dashboard's files over HTTP: settings of their own, strict headers, nothing else."""

from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from devstack.web.server import Dashboard

SUPABASE = "http://127.0.0.1:54321"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a small static export, and a secret beside it."""
    out = tmp_path / "out"
    (out / "trades").mkdir(parents=True)
    (out / "_next" / "static").mkdir(parents=True)
    (out / "index.html").write_text("<h1>Dashboard</h1>")
    (out / "trades" / "index.html").write_text("<h1>Trades</h1>")
    (out / "_next" / "static" / "a.js").write_text("1")
    (out / "404.html").write_text("<h1>Not here</h1>")
    (tmp_path / "secret.txt").write_text("secret")
    return out


async def test_pages_settings_and_headers(folder: Path) -> None:
    served = Dashboard(folder, SUPABASE, "key", "http://127.0.0.1:8080").application()
    async with TestClient(TestServer(served)) as client:
        page = await client.get("/trades/")
        assert (page.status, await page.text()) == (200, "<h1>Trades</h1>")
        policy = page.headers["Content-Security-Policy"]
        assert "ws://127.0.0.1:54321 http://127.0.0.1:8080" in policy
        settings = await (await client.get("/settings.json")).json()
        assert settings == {
            "supabaseUrl": SUPABASE,
            "supabaseKey": "key",
            "apiUrl": "http://127.0.0.1:8080",
        }
        hashed = await client.get("/_next/static/a.js")
        assert "immutable" in hashed.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/nowhere/", "/%2e%2e/secret.txt", "/trades/../../secret.txt"])
async def test_what_is_not_of_the_export_is_not_served(folder: Path, path: str) -> None:
    served = Dashboard(folder, SUPABASE, "key", "").application()
    async with TestClient(TestServer(served)) as client:
        answer = await client.get(path)
        assert (answer.status, await answer.text()) == (404, "<h1>Not here</h1>")
        assert "Content-Security-Policy" in answer.headers
