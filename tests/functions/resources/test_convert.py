"""A paste into strategy code: Python as it is, the rest by a language model if there is one."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx

from tests.functions.code_market import SMA
from tests.functions.conftest import Caller, Environ, pointers, problem, running_app
from tests.supabase.people import Person

PATH = "/api/convert"
URL = "https://model.example.com/v1"
KEY = "sk-test-of-a-model-0123456789"
ENGLISH = "Buy when the price is above its 20 candle average, sell when below."


@pytest.fixture(scope="module")
def modelled(environ: Environ) -> Iterator[Any]:
    """Yield the application with a language model."""
    model = {"LLM_API_URL": URL, "LLM_API_KEY": KEY, "LLM_MODEL": "tiny"}
    with running_app({**environ, **model}) as app:
        yield app


@pytest.fixture
def author(modelled: Any, user: Person) -> Caller:
    """Return a user of that application."""
    return Caller(modelled, user.token)


@pytest.fixture
def model() -> Iterator[respx.Route]:
    """Yield the model's endpoint; everything else is the real thing."""
    with respx.mock(assert_all_called=False) as mocked:
        route = mocked.post(f"{URL}/chat/completions")
        mocked.route().pass_through()
        yield route


def says(text: Any) -> httpx.Response:
    return httpx.Response(200, json={"choices": [{"message": {"content": text}}]})


def converted(caller: Caller, source: str, **more: Any) -> dict[str, Any]:
    reply = caller.post(PATH, {"source": source, **more})
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.get_json()
    return answer


def test_python_that_runs_is_explained_and_kept_as_it_is(caller: Caller) -> None:
    answer = converted(caller, SMA)
    assert (answer["language"], answer["converted_by"], answer["model"]) == ("python", "none", None)
    assert answer["python_code"] == SMA
    assert answer["check"]["ok"] is True
    assert answer["check"]["explanation"]["rules"]
    assert answer["check"]["dry_run"]["candles"] == "made_up"


def test_without_a_model_english_and_pine_are_said_to_need_one(caller: Caller) -> None:
    for source, language in ((ENGLISH, "english"), ("//@version=5\nstrategy('x')\n", "pine")):
        answer = converted(caller, source)
        assert (answer["language"], answer["converted_by"]) == (language, "none")
        assert "no language model is configured" in answer["note"]
        assert (answer["python_code"], answer["check"]) == (None, None)


def test_without_a_model_python_that_cannot_run_comes_back_with_its_findings(
    caller: Caller,
) -> None:
    answer = converted(caller, "import pandas\ndef strategy(context):\n    return {}\n")
    assert answer["language"] == "python"
    assert answer["check"]["ok"] is False
    assert [each["line"] for each in answer["check"]["findings"] if each["stops"]] == [1]
    assert "no language model is configured" in answer["note"]


def test_a_model_writes_what_is_checked_like_any_paste(author: Caller, model: respx.Route) -> None:
    model.mock(return_value=says(f"Here you are:\n```python\n{SMA}```\nGood luck!"))
    answer = converted(author, ENGLISH)
    assert (answer["converted_by"], answer["model"]) == ("model", "tiny")
    assert answer["python_code"] == SMA
    assert answer["check"]["ok"] is True
    (call,) = model.calls
    assert call.request.headers["authorization"] == f"Bearer {KEY}"
    sent = json.loads(call.request.content)
    assert sent["model"] == "tiny"
    assert [each["role"] for each in sent["messages"]] == ["system", "user"]
    assert f"<paste>\n{ENGLISH}\n</paste>" in sent["messages"][1]["content"]


def test_what_it_writes_is_repaired_once_and_then_shown_with_its_findings(
    author: Caller, model: respx.Route
) -> None:
    broken = "```python\nimport numpy\ndef strategy(context):\n    return {'signal': 'hold'}\n```"
    model.mock(side_effect=[says(broken), says(f"```python\n{SMA}```")])
    assert converted(author, ENGLISH)["check"]["ok"] is True
    again = json.loads(model.calls[-1].request.content)["messages"][-1]["content"]
    assert "- line 1: the module numpy is not available" in again
    model.mock(side_effect=[says(broken), says(broken)])
    answer = converted(author, ENGLISH)
    assert answer["check"]["ok"] is False
    assert "cannot run yet" in answer["note"]


def test_python_that_cannot_run_is_repaired_with_its_findings(
    author: Caller, model: respx.Route
) -> None:
    model.mock(return_value=says(f"```python\n{SMA}```"))
    answer = converted(author, "import pandas\ndef strategy(context):\n    return {}\n")
    assert (answer["language"], answer["converted_by"]) == ("python", "model")
    asked = json.loads(model.calls[0].request.content)["messages"][1]["content"]
    assert "As it is it cannot run:\n- line 1: the module pandas" in asked


def test_python_that_runs_is_not_shown_to_the_model(author: Caller, model: respx.Route) -> None:
    assert converted(author, SMA)["converted_by"] == "none"
    assert not model.called


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (httpx.Response(401, text="bad key"), "the model's endpoint refused with HTTP 401"),
        (httpx.Response(200, text="<html>"), "the model's answer cannot be read"),
        (httpx.Response(200, json={"choices": []}), "the model's answer cannot be read"),
        (says("  "), "the model answered without a text"),
        (says(["x"]), "the model answered without a text"),
        (httpx.Response(200, content=b"x" * 300_000), "the model's answer is longer than 262,144"),
        (httpx.ConnectError("refused"), "the model cannot be reached (ConnectError)"),
        (httpx.ReadTimeout("slow"), "the model cannot be reached (ReadTimeout)"),
    ],
)
def test_a_model_that_does_not_answer_is_said_to_be_unavailable(
    author: Caller, model: respx.Route, caplog: pytest.LogCaptureFixture, reply: Any, detail: str
) -> None:
    model.mock(side_effect=[reply])
    with caplog.at_level(logging.DEBUG):
        body = problem(author.post(PATH, {"source": ENGLISH}), 503, "model_unavailable")
    assert body["detail"].startswith(detail)
    assert KEY not in caplog.text
    assert KEY not in json.dumps(body)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/source"),
        ({"source": ""}, "/source"),
        ({"source": "x" * 65_537}, "/source"),
        ({"source": "x", "language": "cobol"}, "/language"),
        ({"source": "x", "parameters": 3}, "/parameters"),
        ({"source": "x", "more": 1}, "/more"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_by_field(
    caller: Caller, body: dict[str, Any], pointer: str
) -> None:
    assert pointers(problem(caller.post(PATH, body), 422, "invalid_value")) == [pointer]


def test_nobody_converts_without_signing_in(anybody: Caller) -> None:
    problem(anybody.post(PATH, {"source": "x"}), 401, "not_signed_in")
