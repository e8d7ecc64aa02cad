"""Health: each figure beyond its limit is named with a cure; the server says so in three forms."""

from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from core.errors import ConfigError
from worker.answer_times import AnswerTimes
from worker.health.figures import Report
from worker.health.health import Verdict, judged
from worker.health.health_server import STANDBY, HealthServer
from worker.health.metrics import MOST_CONFIGS, exposition
from worker.health.top_view import View, drawn

Row = dict[str, Any]


def a_report(**figures: Any) -> Report:
    """Return how a worker is that has nothing to complain of, but for these figures."""
    well: Row = {
        **dict.fromkeys(
            ("ticks", "messages", "dropped", "pauses", "malformed", "unknown_packets"), 0
        ),
        "rounds": 0,
        "restarts": 0,
        "trading": True,
        "sockets": [a_socket()],
        "lease": {"seconds_left": 12.0, "token": 3, "standby": False, "doubt": None},
        "journal": {"unsaved": 0, "refused": 0, "held": 0, "missing": 0},
        "outbox": 0,
        "store_age_seconds": 0.4,
        "token": {"seconds_left": 50_000, "is_refused": False},
        "clock_drift_seconds": 0.01,
        "lag_ms": 3.0,
        "configs": {"ACTIVE": 1},
        "odd": {"late": 2},
    }
    supervisor = {
        "process": "supervisor",
        "status": "running",
        "pid": 7,
        "feed_age_seconds": 0.2,
        "market_time": "2026-11-20T04:22:38+00:00",
        "started_at": "2026-11-20T03:22:38+00:00",
        "cpu_percent": 12.5,
        "memory_bytes": 90_000_000,
        "figures": {**well, **figures},
    }
    return Report(supervisor, [a_config(1)])


def a_socket(**changes: Any) -> Row:
    return {"number": 0, "is_up": True, "instruments": 29, "age_seconds": 0.2, **changes}


def a_config(number: int, **changes: Any) -> Row:
    figures = {"name": f"config {number}", "strategy": "Momentum", "restarts": 0, "pnl": "-12.50"}
    figures |= {"symbols": ["NIFTY-FUT"], "rounds_waiting": 2, "ticks_conflated": 5}
    return {
        "process": f"00000000-0000-4000-8000-{number:012}",
        "status": "ACTIVE",
        "pid": 100 + number,
        "figures": figures,
        "cpu_percent": 1.5,
        "memory_bytes": 22_000_000,
        **changes,
    }


def test_a_worker_that_is_well_is_told_nothing() -> None:
    health = judged(a_report())
    assert health.verdict is Verdict.OK
    assert not [each for each in health.checks if each.cure]


@pytest.mark.parametrize(
    ("figures", "name", "verdict", "cure"),
    [
        ({"sockets": [a_socket(age_seconds=9.0)]}, "feed", Verdict.FAIL, "doctor"),
        ({"sockets": [a_socket(), a_socket(number=1, is_up=False)]}, "feed 1", "fail", "doctor"),
        (
            {"lease": {"seconds_left": -3.0, "doubt": "the lease ended 3 s ago"}},
            "lease",
            Verdict.FAIL,
            "the lease ended 3 s ago; see whether the database can be reached",
        ),
        ({"journal": {"unsaved": 20_000}}, "journal", Verdict.WARN, "disk"),
        ({"journal": {"refused": 1}}, "refused", Verdict.WARN, "doctor"),
        ({"journal": {"held": 4}}, "held", Verdict.WARN, "doctor"),
        ({"journal": {"missing": 1}}, "missing", Verdict.WARN, "doctor"),
        ({"outbox": 6000}, "outbox", Verdict.WARN, "Supabase takes nothing"),
        ({"store_age_seconds": 90.0}, "store_age", Verdict.WARN, "Supabase takes nothing"),
        ({"token": {"seconds_left": 1800}}, "token", Verdict.WARN, "python -m worker token"),
        ({"token": {"seconds_left": -1}}, "token", Verdict.FAIL, "python -m worker token"),
        ({"token": {"is_refused": True}}, "token", Verdict.FAIL, "python -m worker token"),
        ({"clock_drift_seconds": -2.0}, "clock_drift", Verdict.WARN, "NTP"),
        ({"clock_drift_seconds": 60.0}, "clock_drift", Verdict.FAIL, "NTP"),
        ({"lag_ms": 900.0}, "loop_lag", Verdict.WARN, "too busy"),
        ({"configs": {"ERROR": 1}}, "configs_in_error", Verdict.WARN, ""),
    ],
)
def test_what_is_beyond_its_limit_is_named_with_its_cure(
    figures: Row, name: str, verdict: str, cure: str
) -> None:
    health = judged(a_report(**figures))
    (bad,) = [each for each in health.checks if each.verdict is not Verdict.OK]
    assert (bad.name, str(bad.verdict)) == (name, str(verdict))
    assert cure in bad.cure
    assert health.verdict is bad.verdict
    assert health.as_json()["checks"][name]["value"] == bad.value


def test_a_silent_feed_is_no_trouble_while_nothing_trades() -> None:
    assert judged(a_report(trading=False, sockets=[a_socket(age_seconds=3600.0)])).verdict is (
        Verdict.OK
    )


def test_configs_in_error_are_named() -> None:
    report = a_report(configs={"ERROR": 1})
    health = judged(report._replace(configs=[a_config(9, status="ERROR", pid=None)]))
    (bad,) = [each for each in health.checks if each.cure]
    assert bad.cure == "see strategy_logs of Momentum config 9 0009; then START"


def samples(report: Report, **times: AnswerTimes) -> dict[tuple[str, str], float]:
    """Return the samples of a scrape by name and last label."""
    text = exposition(report, times).decode()
    return {
        (each.name, next(reversed(list(each.labels.values())), "")): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


def test_prometheus_reads_every_figure() -> None:
    times = AnswerTimes()
    for seconds in (0.0002, 0.004, 0.004, 0.2, 9.0):
        times.add(seconds)
    found = samples(a_report(), store_write=times)
    assert found["tradebase_feed_age_seconds", ""] == 0.2
    assert found["tradebase_socket_up", "0"] == 1
    assert found["tradebase_odd_total", "late"] == 2
    assert found["tradebase_cpu_ratio", ""] == 0.125
    assert found["tradebase_health", "lease"] == 0
    assert found["tradebase_config_profit_rupees", "config 1"] == -12.5
    assert found["tradebase_config_ticks_conflated_total", "config 1"] == 5
    assert found["tradebase_config_status", "ACTIVE"] == 1
    buckets = [found["tradebase_store_write_seconds_bucket", at] for at in ("0.005", "1.0", "+Inf")]
    assert buckets == [3, 4, 5]
    assert found["tradebase_store_write_seconds_sum", ""] == pytest.approx(9.2082, rel=0.05)


def test_configs_beyond_the_limit_are_counted_not_shown() -> None:
    report = a_report()._replace(configs=[a_config(each) for each in range(MOST_CONFIGS + 3)])
    found = samples(report)
    assert found["tradebase_configs_not_shown", ""] == 3
    shown = [key for key in found if key[0] == "tradebase_config_restarts_total"]
    assert len(shown) == MOST_CONFIGS


async def get(server: HealthServer, path: str) -> tuple[int, str]:
    url = f"http://127.0.0.1:{server.port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_before_there_are_figures_it_says_what_it_waits_for() -> None:
    async with HealthServer(("127.0.0.1", 0)) as server:
        assert await get(server, "/healthz") == (503, '{"role": "starting", "status": "starting"}')
        server.role = STANDBY
        assert (await get(server, "/healthz"))[0] == 200
        assert await get(server, "/metrics") == (200, "")
        assert await get(server, "/status") == (200, '{"role": "standby"}')
        assert (await get(server, "/"))[0] == 404


async def test_a_port_that_is_taken_is_said_in_a_sentence() -> None:
    async with HealthServer(("127.0.0.1", 0)) as server:
        with pytest.raises(ConfigError, match=f"WORKER_HEALTH_ADDRESS 127.0.0.1:{server.port} ca"):
            await HealthServer(("127.0.0.1", server.port)).__aenter__()


async def test_switched_off_it_listens_nowhere() -> None:
    async with HealthServer(None) as server:
        assert server.port == 0


def test_an_operator_sees_what_is_wrong_first() -> None:
    report = a_report(store_age_seconds=90.0)
    report = report._replace(configs=[a_config(1), a_config(2, status="ERROR", pid=None)])
    text = screen(View("http://127.0.0.1:9464", "active", 0.0, report))
    places = [text.index(each) for each in ("WARN", "store_age", "ticks/s", "ERROR", "ACTIVE")]
    assert places == sorted(places)
    assert "-12.50" in text


def test_a_worker_that_fell_silent_and_one_without_figures_are_shown_as_such() -> None:
    silent = screen(View("database", "active", 42.0, a_report(), "Supabase cannot be reached"))
    assert "its last sign of life is 42 s old" in silent
    assert "Supabase cannot be reached" in silent
    assert "standby: no figures yet" in screen(View("here", "standby", 0.0, None))


def screen(view: View) -> str:
    console = Console(width=150, record=True, file=None, force_terminal=False)
    with console.capture() as capture:
        console.print(drawn(view))
    return capture.get()
