"""Deltas of the option chain reach the engine; without them nothing stops."""

import json

import httpx
import pytest
import respx

from core.instrument import OptionSide
from core.signals import LegKind, LegRule, Side
from tests.worker.chain_scene import FUTURE, NEAREST, Scene, a_scene, an_option
from worker.broker import dhan as dhan_module
from worker.broker.deltas import Deltas, deltas_in
from worker.broker.dhan import Dhan
from worker.market.option_windows import windows_of

API = "https://api.example/v2"
CALL = an_option(26_000, OptionSide.CALL, NEAREST)
PUT = an_option(26_000, OptionSide.PUT, NEAREST)
FAR = an_option(25_000, OptionSide.CALL, NEAREST)


def quote(security_id: object, delta: object) -> dict[str, object]:
    return {"security_id": security_id, "greeks": {"delta": delta, "gamma": 0.001}}


CHAIN = {
    "26000.000000": {"ce": quote(CALL.security_id, 0.53), "pe": quote(PUT.security_id, -0.47)},
    "25000.000000": {"ce": quote(FAR.security_id, 0.99)},
}


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(dhan_module, "SECONDS_PER_CHAIN", 0.0)
    with a_scene() as made:
        window = windows_of([FUTURE], [LegRule(LegKind.OPTION, Side.BUY, OptionSide.CALL)])
        made.chains.want("c", [FUTURE], window, {FUTURE.key: 26_000.0})
        yield made


def told(scene: Scene, option: object) -> float | None:
    engine = scene.market.engine
    return engine.delta_of(engine.slot_of(option.key))  # type: ignore[attr-defined]


@respx.mock
async def test_deltas_of_what_is_watched_are_told(scene: Scene) -> None:
    route = respx.post(f"{API}/optionchain").respond(json={"data": {"oc": CHAIN}})
    async with Dhan(API, API, "1", "token") as dhan:
        deltas = Deltas(scene.market, scene.chains, scene.symbols, dhan)
        await deltas.ask_all()
    assert json.loads(route.calls[0].request.content) == {
        "UnderlyingScrip": 13,
        "UnderlyingSeg": "IDX_I",
        "Expiry": "2025-12-02",
    }
    assert (told(scene, CALL), told(scene, PUT)) == (0.53, -0.47)
    assert not scene.market.is_watched(FAR.key)
    assert deltas.counters == {"asked": 1, "taken": 2}


@respx.mock
async def test_a_chain_that_cannot_be_had_is_counted_and_the_others_are_asked(
    scene: Scene,
) -> None:
    respx.post(f"{API}/optionchain").mock(side_effect=httpx.ConnectError("away"))
    async with Dhan(API, API, "1", "token") as dhan:
        deltas = Deltas(scene.market, scene.chains, scene.symbols, dhan)
        await deltas.ask_all()
    assert deltas.counters == {"asked": 1, "failed": 1}
    assert told(scene, CALL) is None


@pytest.mark.parametrize(
    "bad",
    [
        {"1": {"ce": quote("x", 0.5)}},
        {"1": {"ce": quote(1, None)}},
        {"1": {"ce": quote(1, 0)}},
        {"1": {"ce": quote(1, 1.5)}},
        {"1": {"ce": quote(1, float("nan"))}},
        {"1": {"ce": {"security_id": 1}}},
        {"1": None},
    ],
)
def test_what_is_no_delta_is_left_out(bad: dict[str, object]) -> None:
    assert list(deltas_in(bad)) == []
