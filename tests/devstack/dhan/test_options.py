"""The command line, read without starting anything."""

from datetime import date, time

import pytest

from core.errors import ConfigError
from devstack.dhan.clock import AS_FAST_AS_POSSIBLE
from devstack.dhan.options import DEFAULT_DAY, read_command


def test_nothing_said_means_a_generated_day_at_the_speed_of_the_wall() -> None:
    command = read_command([])
    assert (command.port_feed, command.port_rest) == (8765, 8766)
    assert (command.day, command.seed, command.speed) == (DEFAULT_DAY, 1, 1.0)
    assert (command.hold, command.snapshot, command.rate_limits) == (False, False, True)
    assert command.start is None


def test_what_is_said_is_read() -> None:
    command = read_command(
        ["--speed=max", "--day=2026-02-01", "--start=09:30", "--hold", "--no-rate-limits"]
    )
    assert command.speed == AS_FAST_AS_POSSIBLE
    assert (command.day, command.start) == (date(2026, 2, 1), time(9, 30))
    assert (command.hold, command.rate_limits) == (True, False)


def test_everything_that_is_malformed_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        read_command(["--speed=fast", "--day=tomorrow", "--clients=0", "--start=9.30"])
    said = str(refused.value)
    assert "--speed is 'fast', must be a number from 0.01 to 100000" in said
    assert "--day is 'tomorrow', must be YYYY-MM-DD" in said
    assert "--clients is '0', must be a whole number from 1 to 1000" in said
    assert "--start is '9.30', must be HH:MM" in said


def test_options_that_contradict_each_other_are_named() -> None:
    with pytest.raises(ConfigError) as refused:
        read_command(["--candles=a.csv", "--ticks=b.csv", "--day=2026-11-20", "--port-rest=8765"])
    said = str(refused.value)
    assert "--candles and --ticks exclude each other" in said
    assert "--candles FILE and --symbol NAME belong together" in said
    assert "--day is for a generated day, --candles brings its own" in said
    assert "--port-feed and --port-rest are both 8765" in said
