"""The volume profile of whole sessions, against exact sums and by hand."""

from collections.abc import Sequence

import pytest

from core.indicators.value_area import Profile, profile_of
from core.indicators.volume_profile import Allocation, VolumeProfile
from tests.core.indicators import definitions
from tests.core.indicators.series import Bar, equals, generated_bars

BARS = generated_bars(400)  # Ten sessions of forty.
SHARES = {Allocation.UNIFORM: definitions.by_overlap, Allocation.CLOSE: definitions.by_close}


def fed(stream: VolumeProfile, bars: Sequence[Bar]) -> list[Profile | None]:
    return [stream.update(bar.session, bar.high, bar.low, bar.close, bar.volume) for bar in bars]


@pytest.mark.parametrize("row", [2.5, 10.0])
@pytest.mark.parametrize("allocation", list(Allocation))
def test_it_is_that_of_the_last_completed_sessions_all_day_long(
    row: float, allocation: Allocation
) -> None:
    found = fed(VolumeProfile(row, 4, 2, allocation), BARS)
    for session in range(10):
        window = [bar for bar in BARS if session - 4 <= bar.session < session]
        today = found[40 * session : 40 * session + 40]
        if session < 2:
            assert today == [None] * 40
            continue
        rows = definitions.volumes_by_row(window, row, SHARES[allocation])
        assert equals(today[0], definitions.profile(rows, row))
        assert today == [today[0]] * 40


def test_candles_without_volume_leave_no_trace_but_their_session_counts() -> None:
    silent = Bar(0, 1, 200.0, 100.0, 150.0, 0)
    stream = VolumeProfile(1.0, sessions=2, fewest=2)
    bars = [silent, Bar(1, 2, 10.5, 10.5, 10.5, 40), Bar(2, 3, 11.5, 11.5, 11.5, 10)]
    assert fed(stream, bars)[-1] == Profile(10.5, 10.0, 11.0, 40.0, 40.0, 40.0, 1)


def test_sessions_without_any_volume_have_no_profile() -> None:
    stream = VolumeProfile(1.0, sessions=1, fewest=1)
    assert fed(stream, [Bar(0, 1, 2.0, 1.0, 1.0, 0), Bar(1, 2, 2.0, 1.0, 1.0, 5)]) == [None, None]


@pytest.mark.parametrize(("price", "row"), [(0.3, 0.1), (100.0, 0.1), (1289.35, 0.05)])
def test_a_price_on_the_edge_of_a_row_belongs_to_the_row_above(price: float, row: float) -> None:
    stream = VolumeProfile(row, sessions=1, fewest=1)
    _, found = fed(stream, [Bar(0, 1, price, price, price, 7), Bar(1, 2, 1.0, 1.0, 1.0, 1)])
    assert found is not None
    assert equals((found.val, found.vah), (price, price + row))


@pytest.mark.parametrize(
    ("volumes", "poc", "area"),
    [
        ({5: 9.0}, 5.5, (5.0, 6.0)),
        # Three busiest rows: the one nearest the middle; then the lower of two as near.
        ({0: 9.0, 2: 9.0, 3: 1.0, 6: 9.0}, 2.5, (0.0, 7.0)),
        ({0: 1.0, 1: 9.0, 2: 1.0, 3: 9.0, 4: 1.0}, 1.5, (1.0, 4.0)),
        # Pairs as large on both sides: upwards first.
        ({0: 2.0, 1: 2.0, 2: 10.0, 3: 2.0, 4: 2.0}, 2.5, (2.0, 5.0)),
        # The larger pair, though the single row beside it is the smaller.
        ({0: 6.0, 1: 1.0, 2: 10.0, 3: 2.0, 4: 2.0}, 2.5, (0.0, 3.0)),
        # One row is left below, then nothing: upwards over the empty rows.
        ({0: 1.0, 1: 20.0, 8: 14.0}, 1.5, (0.0, 9.0)),
    ],
)
def test_point_of_control_and_value_area_by_hand(
    volumes: dict[int, float], poc: float, area: tuple[float, float]
) -> None:
    found = profile_of(volumes, 1.0)
    assert found is not None
    assert (found.poc, (found.val, found.vah)) == (poc, area)


def test_a_rounding_error_does_not_move_the_point_of_control() -> None:
    found = profile_of({0: 10.0, 1: 1.0, 2: 10.0 + 1e-12}, 1.0)
    assert found is not None
    assert found.poc == 0.5
