"""Faults in force: for whom, how often, how long."""

import pytest

from devstack.dhan.counters import Counters
from devstack.dhan.fault_board import FaultBoard
from devstack.dhan.faults import FaultKind, parse_fault


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


def test_cleared_faults_are_gone(board: FaultBoard) -> None:
    board.add(parse_fault({"kind": "silence"}))
    assert board.clear() == 1
    assert board.find(FaultKind.SILENCE, "1") is None
