"""`core/brokers/dhan/recording.py`: what was written comes back; what is broken is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.brokers.dhan.recording import (
    HEAD,
    LARGEST_MESSAGE,
    RECORD,
    Frame,
    Recording,
    encode_record,
)
from core.errors import DataError

FRAMES = [Frame(1_781_084_997_800_000_000, b"first"), Frame(1_781_084_998_000_000_001, b""),
          Frame(1_781_084_998_000_000_001, bytes(range(256)))]  # fmt: skip  # one table
CONTENT = HEAD + b"".join(encode_record(*frame) for frame in FRAMES)
frames = st.lists(st.builds(Frame, st.integers(0, 2**64 - 1), st.binary(max_size=300)), max_size=8)


def test_layout_is_the_documented_one() -> None:
    record = encode_record(0x0102030405060708, b"ab")
    assert CONTENT[:8] == b"DHANRAW\x01"
    assert record[:12] == bytes.fromhex("0807060504030201 02000000")
    assert record[16:] == b"ab"
    assert len(record) == 18


@given(frames)
def test_messages_come_back_byte_for_byte(written: list[Frame]) -> None:
    recording = Recording(HEAD + b"".join(encode_record(*frame) for frame in written))
    assert list(recording) == written
    assert recording.cut_off_bytes == 0


@pytest.mark.parametrize("size", [1, 7, 16, 1_000])
def test_recording_in_pieces_of_any_size_is_the_same(size: int) -> None:
    pieces = [CONTENT[at : at + size] for at in range(0, len(CONTENT), size)]
    assert list(Recording(pieces)) == FRAMES


@pytest.mark.parametrize("cut", range(1, RECORD.size + 256))
def test_cut_off_tail_is_left_out_and_reported(cut: int) -> None:
    recording = Recording(CONTENT[:-cut])
    assert list(recording) == FRAMES[:2]
    assert recording.cut_off_bytes == RECORD.size + 256 - cut


def test_changed_byte_is_named_by_the_offset_of_its_record() -> None:
    start = len(HEAD) + RECORD.size + len(FRAMES[0].message)
    for place in (start, start + 12, start + RECORD.size + 5):
        changed = bytearray(CONTENT)
        changed[place] ^= 1
        recording = iter(Recording(bytes(changed)))
        assert next(recording) == FRAMES[0]
        with pytest.raises(DataError, match="corrupt record at byte"):
            list(recording)


def test_record_is_named_where_its_checksum_fails() -> None:
    changed = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    offset = len(CONTENT) - RECORD.size - 256
    with pytest.raises(DataError, match=f"corrupt record at byte {offset}: its checksum"):
        list(Recording(changed))


def test_impossible_length_is_corrupt_and_not_a_cut_off_tail() -> None:
    broken = HEAD + RECORD.pack(1, LARGEST_MESSAGE + 1, 0)
    with pytest.raises(DataError, match="corrupt record at byte 8: length 1048577 is above"):
        list(Recording(broken))


@pytest.mark.parametrize("content", [b"", b"DHAN", b"\x08\xa2\x00\x01" * 4])
def test_file_of_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="not a recording"):
        Recording(content)


@pytest.mark.parametrize("content", [b"DHANRAW", b"DHANRAW\x02"])
def test_other_version_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match=r"recording of version .* cannot be read, must be 1"):
        Recording(content)


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_head_end_in_frames_or_a_clear_error(tail: bytes) -> None:
    recording = Recording(HEAD + tail)
    try:
        read = list(recording)
    except DataError as error:
        assert str(error).startswith("corrupt record at byte")  # noqa: PT017  # either is right
    else:
        assert sum(16 + len(f.message) for f in read) + recording.cut_off_bytes == len(tail)


def test_message_too_large_to_record_is_refused() -> None:
    with pytest.raises(DataError, match="message of 1048577 bytes is above 1048576"):
        encode_record(1, bytes(LARGEST_MESSAGE + 1))
    with pytest.raises(DataError, match="receive time -1 ns is outside"):
        encode_record(-1, b"")
