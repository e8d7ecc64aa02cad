"""Recorded messages: played byte for byte, and understood well enough for REST."""

import gzip
from pathlib import Path
from struct import pack

import pytest

from core.brokers.dhan.recording import HEAD, encode_record
from core.errors import DataError
from core.instrument import InstrumentKind, Segment
from core.session import NS_PER_SECOND, Market
from devstack.dhan.sources.recorded_frames import FrameFile, read_frame_file
from devstack.dhan.tape import EventKind
from tests.devstack.dhan.generated_days import DEFAULT_DAY, calendar

IST_OFFSET = 19_800


def opening() -> int:
    session = calendar().session(DEFAULT_DAY, Market.DERIVATIVES)
    assert session is not None
    return session.open_ns


def ticker(security_id: int, price: float, second: int, segment: int = 0) -> bytes:
    ltt = opening() // NS_PER_SECOND + second + IST_OFFSET
    return pack("<BHBIfI", 2, 16, segment, security_id, price, ltt)


def quote(security_id: int, price: float, volume: int) -> bytes:
    ltt = opening() // NS_PER_SECOND + IST_OFFSET
    head = pack("<BHBI", 4, 50, 2, security_id)
    return head + pack("<fHIfIIIffff", price, 65, ltt, price, volume, 130, 195, 1, 2, 3, 1)


OI = pack("<BHBII", 5, 12, 2, 777, 6_500)
PREVIOUS = pack("<BHBIfI", 6, 16, 2, 777, 99.5, 6_435)


def read(folder: Path, *messages: bytes, surplus: bytes = b"", packed: bool = False) -> FrameFile:
    content = HEAD
    for number, message in enumerate(messages):
        content += encode_record(opening() + number * NS_PER_SECOND, message)
    path = folder / "day.frames"
    content += surplus
    path.write_bytes(gzip.compress(content) if packed else content)
    return read_frame_file(path, calendar())


@pytest.mark.parametrize("packed", [False, True])
def test_messages_are_played_as_they_were(tmp_path: Path, packed: bool) -> None:  # noqa: FBT001
    messages = (ticker(13, 26_000.05, 0) + ticker(25, 58_000.1, 0), b"\xff garbage", PREVIOUS + OI)
    file = read(tmp_path, *messages, packed=packed)
    assert file.tape.frames == messages
    assert file.tape.between(opening(), opening() + NS_PER_SECOND) == (0, 1)
    assert file.counters.malformed == 1


def test_what_packets_say_is_on_the_tape_behind(tmp_path: Path) -> None:
    messages = (
        ticker(13, 26_000.05, 0), PREVIOUS, quote(777, 100.0, 650), quote(777, 100.5, 650), OI,
    )  # fmt: skip
    state = read(tmp_path, *messages).tape.state
    assert [each.symbol for each in state.instruments] == ["NIFTY", "NSE_FNO-777"]
    assert state.instruments[1].kind is InstrumentKind.EQUITY
    assert state.index_of(Segment.NSE_FNO, 777) == 1
    kinds = [EventKind(kind).name for kind in state.columns.kind]
    assert kinds == ["TRADE", "TRADE", "BOOK", "OPEN_INTEREST"]
    assert state.columns.oi.tolist() == [0, 0, 0, 6_500]
    assert state.columns.ltt[0] == opening() // NS_PER_SECOND
    assert state.sessions[0].previous_close[1] == 99.5
    assert state.sessions[0].previous_oi[1] == 6_435


def test_a_price_that_is_no_number_is_played_but_counted(tmp_path: Path) -> None:
    file = read(tmp_path, ticker(13, 26_000.0, 0), ticker(13, float("nan"), 1))
    assert len(file.tape) == 2
    assert file.unusable == 1
    assert len(file.tape.state) == 1


def test_a_previous_close_that_is_no_number_is_played_but_counted(tmp_path: Path) -> None:
    broken = pack("<BHBIfI", 6, 16, 2, 777, float("inf"), 6_435)
    file = read(tmp_path, quote(777, 100.0, 650), broken)
    assert len(file.tape) == 2
    assert file.unusable == 1
    assert file.tape.state.sessions[0].previous_close[0] == 0


def test_a_last_record_that_is_cut_off_is_reported(tmp_path: Path) -> None:
    whole = encode_record(opening(), b"x" * 20)
    file = read(tmp_path, ticker(13, 26_000.0, 0), surplus=whole[:-5])
    assert file.cut_off_bytes == len(whole) - 5
    assert len(file.tape) == 1


def test_what_is_no_recording_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "day.frames"
    path.write_bytes(b"not a recording")
    with pytest.raises(DataError, match=r"day\.frames: not a recording"):
        read_frame_file(path, calendar())
    with pytest.raises(DataError, match="holds no messages"):
        read(tmp_path)
    with pytest.raises(DataError, match=r"day\.frames: corrupt record at byte"):
        read(tmp_path, surplus=b"\0" * 40)
    with pytest.raises(DataError, match=r"nowhere\.frames: cannot be read"):
        read_frame_file(tmp_path / "nowhere.frames", calendar())


def test_a_time_that_no_tape_can_hold_is_refused(tmp_path: Path) -> None:
    late = encode_record(2**63, ticker(13, 26_000.0, 0))
    with pytest.raises(DataError, match=r"day\.frames: received at 9223372036854775808 ns"):
        read(tmp_path, surplus=late)
