"""Faults in force: for whom, how often, how long."""

import pytest

from core.errors import ConfigError
from devstack.dhan.counters import Counters
from devstack.dhan.faults import FaultBoard, FaultKind, parse_fault


class Wall:
    """Seconds that move when told."""

    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def counters() -> Counters:
    return Counters()


@pytest.fixture
def board(wall: Wall, counters: Counters) -> FaultBoard:
    return FaultBoard(counters, wall)


def test_a_counted_fault_is_played_so_often_and_counted(
    board: FaultBoard, counters: Counters
) -> None:
    board.add(parse_fault({"kind": "truncated", "count": 2}))
    played = [board.take(FaultKind.TRUNCATED, "1") is not None for _ in range(3)]
    assert played == [True, True, False]
    assert counters.faults == {"truncated": 2}


def test_a_lasting_fault_ends_after_its_seconds(board: FaultBoard, wall: Wall) -> None:
    board.add(parse_fault({"kind": "silence", "seconds": 3}))
    assert board.find(FaultKind.SILENCE, "1")
    wall.seconds += 3
    assert board.find(FaultKind.SILENCE, "1") is None
    assert board.in_force() == []


def test_a_fault_for_one_client_leaves_others_alone(board: FaultBoard) -> None:
    board.add(parse_fault({"kind": "silence", "seconds": 3, "client": "1"}))
    assert board.find(FaultKind.SILENCE, "1")
    assert board.find(FaultKind.SILENCE, "2") is None


def test_a_rest_fault_may_be_for_some_paths_only(board: FaultBoard) -> None:
    board.add(parse_fault({"kind": "rest_status", "path": "/v2/charts", "count": 1}))
    assert board.take(FaultKind.REST_STATUS, "1", "/v2/profile") is None
    assert board.take(FaultKind.REST_STATUS, "1", "/v2/charts/intraday")


def test_without_count_or_seconds_a_fault_is_played_once_or_for_five_seconds() -> None:
    assert parse_fault({"kind": "text"}).count == 1
    assert parse_fault({"kind": "stall"}).seconds == 5
    assert parse_fault({"kind": "disconnect"}).code == 800
    assert parse_fault({"kind": "reset"}).count is None


def test_cleared_faults_are_gone(board: FaultBoard) -> None:
    board.add(parse_fault({"kind": "silence"}))
    assert board.clear() == 1
    assert board.find(FaultKind.SILENCE, "1") is None


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"kind": "flood"}, "kind 'flood' is unknown; known: stall"),
        ({}, "kind None is unknown"),
        ({"kind": "stall", "for": 3}, "unknown field 'for'"),
        ({"kind": "stall", "seconds": -1}, "seconds is -1, must be a number above 0"),
        ({"kind": "stall", "seconds": "5"}, "seconds is '5'"),
        ({"kind": "stall", "count": 2}, "stall lasts: it needs seconds"),
        ({"kind": "text", "count": True}, "count is True"),
        ({"kind": "disconnect", "code": 70_000}, "code is 70000, .* at most 65535"),
        ({"kind": "rest_status", "code": 700}, "code is 700, .* at most 599"),
        ({"kind": "rest_status", "code": 1}, "code is 1, must be an HTTP error, 400"),
        ({"kind": "rest_html", "code": 204}, "code is 204, must be an HTTP error"),
        ({"kind": "rest_delay"}, "rest_delay needs delay"),
    ],
)
def test_a_fault_that_cannot_be_used_is_refused_by_its_value(
    given: dict[str, object], text: str
) -> None:
    with pytest.raises(ConfigError, match=text):
        parse_fault(given)
