"""Random paths and trading time."""

import numpy as np

from devstack.dhan.sources.walk import TradingTime, bridge, inside, mean_reverting

SECOND = 1_000_000_000
TWO_WINDOWS = TradingTime(((100 * SECOND, 160 * SECOND), (400 * SECOND, 430 * SECOND)))


def test_trading_time_runs_through_a_session_without_its_pause() -> None:
    assert (TWO_WINDOWS.seconds, TWO_WINDOWS.minutes) == (90, 1)
    instants = TWO_WINDOWS.instants(np.array([0.0, 59.75, 60.0, 89.0]))
    assert (instants / SECOND).tolist() == [100.0, 159.75, 400.0, 429.0]


def test_the_end_of_a_window_is_outside() -> None:
    instants = np.array([99, 100, 159, 160, 400, 430]) * SECOND
    found = inside(TWO_WINDOWS.windows, instants)
    assert found.tolist() == [False, True, True, False, True, False]


def test_a_mean_reverting_path_has_its_deviation_and_half_life() -> None:
    path = mean_reverting(np.random.default_rng(1), 400_000, deviation=2.0, half_life=20)
    assert abs(path.std() - 2.0) < 0.1
    assert abs(np.corrcoef(path[:-20], path[20:])[0, 1] - 0.5) < 0.03


def test_a_bridge_arrives_where_it_must() -> None:
    path = bridge(np.random.default_rng(1), 500, 1.0, 3.0, 0.1)
    assert len(path) == 500
    assert abs(path[-1] - 3.0) < 1e-9
    assert abs(path[0] - 1.0) < 0.6
    assert 0.05 < np.diff(path).std() < 0.15
