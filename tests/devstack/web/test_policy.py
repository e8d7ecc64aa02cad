"""The headers of the dashboard: strict, and the same wherever it is served."""

import json
from pathlib import Path

from devstack.web.policy import page_headers, sources_of

VERCEL = Path(__file__).resolve().parents[3] / "vercel.json"


def test_the_hosted_dashboard_sends_the_headers_the_demo_sends() -> None:
    (rule,) = json.loads(VERCEL.read_text())["services"]["web"]["headers"]
    sent = {header["key"]: header["value"] for header in rule["headers"]}
    assert rule["source"] == "/(.*)"
    assert sent == page_headers(["https://*.supabase.co", "wss://*.supabase.co"])


def test_no_script_but_our_own_files_may_run() -> None:
    policy = page_headers(["https://a.test"])["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["script-src"] == "'self'"
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self' https://a.test"
    assert "unsafe-eval" not in policy


def test_an_address_may_be_spoken_to_by_http_and_by_websocket() -> None:
    assert sources_of("http://127.0.0.1:54321", "https://x.test/path", "") == [
        "http://127.0.0.1:54321",
        "ws://127.0.0.1:54321",
        "https://x.test",
        "wss://x.test",
    ]
