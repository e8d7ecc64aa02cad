"""Market time by hand."""

import pytest

from core.errors import ConfigError
from devstack.dhan.rest.control_clock import parse_market_time
from tests.devstack.dhan.running import api, simulate, until
from tests.devstack.dhan.small_tape import OPEN, SECOND


async def test_the_clock_can_be_held_moved_and_let_go() -> None:
    async with simulate(hold=False) as simulator, api(simulator) as control:
        held = await control.clock(hold=True)
        assert held["holds"] == ["control"]
        moved = await control.clock(rewind="12:30:15")
        assert moved["now"] == "2026-11-20T12:30:15.000+05:30"
        await until(lambda: simulator.player.rows_left == 0)
        assert (await control.call("GET", "/_control/clock"))[1]["now_ns"] == moved["now_ns"]
        running = await control.clock(hold=False, speed=1000)
        assert (running["holds"], running["speed"]) == ([], 1000)
        assert (await control.clock(speed="max"))["speed"] == "max"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("09:16", 60),
        ("09:15:01", 1),
        ("2026-11-20T09:15:02+05:30", 2),
        ("2026-11-20T03:45:03+00:00", 3),
        (OPEN + 4 * SECOND, 4),
    ],
)
def test_a_market_time_may_be_given_in_three_forms(given: object, seconds: int) -> None:
    assert parse_market_time(given, OPEN) == OPEN + seconds * SECOND


@pytest.mark.parametrize(
    "given",
    ["noon", "25:00", "2026-11-20T09:15:00", -1, True, None, 1.5, 2**63, "9999-12-31T23:59:59Z"],
)
def test_a_market_time_that_cannot_be_read_is_named(given: object) -> None:
    with pytest.raises(ConfigError, match=r"market time .* cannot be read"):
        parse_market_time(given, OPEN)
