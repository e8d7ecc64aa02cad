"""Point of control and value area: where most of the volume was traded.

In:  volume by price row.
Out: `Profile`: the busiest row and the rows around it that hold 70 % of the volume.
Next: `core/indicators/volume_profile.py`, which gathers the rows.
"""

from collections.abc import Mapping
from math import fsum
from typing import Final, NamedTuple

_SHARE: Final = 0.7
_STEP: Final = 2  # Rows looked at together on either side.
# Volumes spread over rows carry rounding errors; within this they are the same.
_TOLERANCE: Final = 1e-9


class Profile(NamedTuple):
    """Volume by price, summed up.

    Attributes
    ----------
    poc
        Point of control: the middle of the row with most volume, rupees.
    val, vah
        Lower edge of the value area's lowest row and upper edge of its highest, rupees.
    volume, poc_volume, area_volume
        Units traded: in all, in the point of control's row, in the value area.
    rows
        From the lowest to the highest with volume, empty ones between included.
    """

    poc: float
    val: float
    vah: float
    volume: float
    poc_volume: float
    area_volume: float
    rows: int


def profile_of(volumes: Mapping[int, float], row: float) -> Profile | None:
    """Return the profile of volumes by row, None where there are none.

    Most volume, in a tie nearest the middle of the range, then the lower, is the point of
    control. From there the two rows above are compared with the two below and the larger pair
    is added (in a tie the upper) until 70 % of the volume is in; at an end of the range, what
    is left of a pair.

    Parameters
    ----------
    volumes
        Units by row; row k is ``[k * row, (k + 1) * row)``. Only rows with volume.
    row
        Height of a row, rupees.

    References
    ----------
    James Dalton, Mind over Markets, 1993; TradingView's volume profile.
    """
    if not volumes:
        return None
    lowest = min(volumes)
    grid = [volumes.get(number, 0.0) for number in range(lowest, max(volumes) + 1)]
    total = fsum(grid)
    busiest = _point_of_control(grid)
    first, last, area = _value_area(grid, busiest, total)
    return Profile(
        poc=(lowest + busiest + 0.5) * row,
        val=(lowest + first) * row,
        vah=(lowest + last + 1) * row,
        volume=total,
        poc_volume=grid[busiest],
        area_volume=area,
        rows=len(grid),
    )


def _point_of_control(grid: list[float]) -> int:
    enough = max(grid) * (1 - _TOLERANCE)
    middle = (len(grid) - 1) / 2
    found, distance = 0, float(len(grid))
    for place, volume in enumerate(grid):
        if volume >= enough and abs(place - middle) < distance:
            found, distance = place, abs(place - middle)
    return found


def _value_area(grid: list[float], busiest: int, total: float) -> tuple[int, int, float]:
    first = last = busiest
    area = grid[busiest]
    enough = total * _SHARE * (1 - _TOLERANCE)
    while area < enough:
        below = fsum(grid[max(0, first - _STEP) : first])
        above = fsum(grid[last + 1 : last + 1 + _STEP])
        is_at_top, is_at_bottom = last + 1 == len(grid), first == 0
        if is_at_bottom or (not is_at_top and above >= below * (1 - _TOLERANCE)):
            last = min(len(grid) - 1, last + _STEP)
            area += above
        else:
            first = max(0, first - _STEP)
            area += below
    return first, last, area
