"""The busy market: every share once a second, the same for the same seed."""

import numpy as np
import pytest

from core.brokers.dhan.border import trade_time_ns
from core.brokers.dhan.packets import Full, named
from core.brokers.dhan.wire import WireCounters, decode
from core.errors import CalendarError
from core.session import NS_PER_SECOND, load_calendar
from devstack.dhan.options import DEFAULT_DAY
from devstack.dhan.pulse import PulseTape, pulse
from tests.devstack.dhan.unframe import unframe

SHARES = 120


def a_pulse(seed: int = 1) -> PulseTape:
    return pulse(SHARES, seed, DEFAULT_DAY, load_calendar())


def packets(played: PulseTape, start: int, stop: int, wanted: int = 4) -> list[Full]:
    modes = np.full(SHARES, wanted, np.uint8)
    burst = played.encoder.burst(start, stop, modes)
    found = [
        named(fields)
        for message in unframe(burst.data)
        for fields in decode(message, WireCounters())
    ]
    assert len(found) == burst.packets == burst.frames
    assert all(isinstance(each, Full) for each in found)
    return [each for each in found if isinstance(each, Full)]


def test_every_share_trades_once_in_every_second() -> None:
    played = a_pulse()
    (session,) = played.state.sessions
    times = played.encoder.time_ns
    seconds = (session.close_ns - session.open_ns) // NS_PER_SECOND
    groups = len(times) // seconds
    assert len(times) == groups * seconds
    assert np.all(np.diff(times) > 0)
    for second in (0, 1, seconds - 1):
        sent = packets(played, second * groups, (second + 1) * groups)
        assert sorted(each.security_id for each in sent) == sorted(
            each.security_id for each in played.state.instruments
        )
        assert {trade_time_ns(each.trade_time) for each in sent} == {
            session.open_ns + second * NS_PER_SECOND
        }


def test_volume_grows_and_prices_stay_on_the_tick_and_near_their_level() -> None:
    played = a_pulse()
    groups = len(played.encoder.time_ns) // 22_500
    first, later = (packets(played, at * groups, at * groups + 1) for at in (0, 5_000))
    for before, after in zip(first, later, strict=True):
        assert after.volume > before.volume > 0
        assert abs(after.price / before.price - 1) < 0.03
        assert abs(after.price / 0.05 - round(after.price / 0.05)) < 0.01


def test_only_what_was_asked_for_is_sent_and_a_seed_is_a_day() -> None:
    assert a_pulse().encoder.burst(0, 1, np.zeros(SHARES, np.uint8)).packets == 0
    assert packets(a_pulse(), 0, 3) == packets(a_pulse(), 0, 3)
    assert packets(a_pulse(), 0, 3) != packets(a_pulse(2), 0, 3)


def test_a_day_without_a_session_is_refused() -> None:
    with pytest.raises(CalendarError, match="2026-11-21 is not a session day"):
        pulse(SHARES, 1, DEFAULT_DAY.replace(day=21), load_calendar())
