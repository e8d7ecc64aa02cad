"""Delays between tries."""

from hypothesis import given
from hypothesis import strategies as st

from worker.backoff import Backoff


@given(draw=st.floats(0, 1), failures=st.integers(1, 200))
def test_delays_stay_between_half_and_the_longest(draw: float, failures: int) -> None:
    backoff = Backoff(0.25, 30.0, lambda: draw)
    delays = [backoff.next() for _ in range(failures)]
    assert all(0.125 <= delay <= 30.0 for delay in delays)
    assert delays == sorted(delays)


@given(draw=st.floats(0, 1))
def test_a_wait_that_is_prescribed_is_never_shortened(draw: float) -> None:
    delay = Backoff(0.25, 30.0, lambda: draw).next(at_least=60.0)
    assert 60.0 <= delay <= 90.0


def test_two_workers_do_not_wait_alike() -> None:
    assert len({Backoff(1.0, 30.0).next() for _ in range(20)}) > 15
