"""The place in the stream across lost connections."""

from devstack.supabase.realtime.pgoutput import Begin, Change, Commit, Event
from devstack.supabase.realtime.position import Position

ROW = Change("INSERT", 1, ("a",), None)


def admitted(position: Position, *events: Event) -> list[Event]:
    return [event for event in events if position.admits(event)]


def test_a_commit_moves_the_position() -> None:
    position = Position()
    admitted(position, Begin(5, 0, 1), ROW, Commit(0x1_0000_0010))
    assert position.lsn_text() == "1/10"


def test_a_transaction_sent_again_after_a_loss_goes_on_where_it_stopped() -> None:
    position = Position()
    assert len(admitted(position, Begin(5, 0, 1), ROW, ROW)) == 3
    again = admitted(position, Begin(5, 0, 1), ROW, ROW, ROW, Commit(9))
    assert again == [Begin(5, 0, 1), ROW, Commit(9)]


def test_a_transaction_lost_twice_is_still_told_once() -> None:
    position = Position()
    first = admitted(position, Begin(5, 0, 1), ROW, ROW)
    second = admitted(position, Begin(5, 0, 1), ROW)
    third = admitted(position, Begin(5, 0, 1), ROW, ROW, ROW, Commit(9))
    assert [event for event in first + second + third if event is ROW] == [ROW] * 3


def test_another_transaction_is_told_whole() -> None:
    position = Position()
    admitted(position, Begin(5, 0, 1), ROW)
    assert len(admitted(position, Begin(7, 0, 2), ROW, Commit(9))) == 3


def test_idle_wal_moves_the_position_only_between_transactions() -> None:
    position = Position()
    position.idle_at(50)
    admitted(position, Begin(60, 0, 1), ROW)
    position.idle_at(70)
    assert position.received == 50
    admitted(position, Commit(80))
    position.idle_at(75)
    assert position.received == 80
