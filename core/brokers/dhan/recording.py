"""A recording of a feed's raw messages: what arrived, byte for byte, and when.

In:  the time and bytes of each WebSocket message (to write), or the bytes of a recording.
Out: bytes to append to a file, or the messages again, with the place of anything unreadable.
Next: `devstack/dhan` plays recordings; `core/brokers/dhan/wire.py` decodes the messages.

The form, all integers little-endian:

    head     8 bytes   b"DHANRAW" and the version, 1
    record  16 bytes   u64 received, ns UTC; u32 length of the message; u32 CRC-32
            length     the message

The CRC covers the first twelve bytes of the record and the message. A writer that was killed
leaves a last record that is cut off: it is left out and reported, and everything before it holds.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

from core.errors import DataError

VERSION: Final = 1
HEAD: Final = b"DHANRAW" + bytes([VERSION])
RECORD: Final = Struct("<QII")
LARGEST_MESSAGE: Final = 1 << 20
"""In bytes. Dhan's messages are a few kilobytes; a larger length means a corrupt record."""

_COVERED: Final = Struct("<QI")


class Frame(NamedTuple):
    """One recorded message.

    Attributes
    ----------
    received_ns
        When it arrived, ns UTC.
    message
        The WebSocket message, bytes.
    """

    received_ns: int
    message: bytes


def encode_record(received_ns: int, message: bytes) -> bytes:
    """Return one message as it is appended to a recording that begins with `HEAD`.

    Raises
    ------
    DataError
        If the message is larger than a recording may hold, or the time does not fit.
    """
    if len(message) > LARGEST_MESSAGE:
        raise DataError(f"message of {len(message)} bytes is above {LARGEST_MESSAGE}")
    if not 0 <= received_ns < 1 << 64:
        raise DataError(f"receive time {received_ns} ns is outside 0 to 2^64 - 1")
    covered = _COVERED.pack(received_ns, len(message))
    return covered + crc32(message, crc32(covered)).to_bytes(4, "little") + message


class Recording:
    """Iterate over the messages of a recording.

    Parameters
    ----------
    content
        All bytes of the recording, uncompressed.

    Attributes
    ----------
    cut_off_bytes
        Bytes of a last, incomplete record; known once the iteration has ended.

    Raises
    ------
    DataError
        At once if the head is not ours or of another version; while iterating, if a record is
        corrupt, with its offset in bytes.

    Examples
    --------
    >>> content = HEAD + encode_record(1, b"abc") + encode_record(2, b"de")
    >>> recording = Recording(content[:-1])
    >>> list(recording), recording.cut_off_bytes
    ([Frame(received_ns=1, message=b'abc')], 17)
    """

    def __init__(self, content: bytes) -> None:
        if content[: len(HEAD) - 1] != HEAD[:-1]:
            raise DataError(f"not a recording: it begins with {content[:8]!r}, must be {HEAD!r}")
        if content[: len(HEAD)] != HEAD:
            found = content[len(HEAD) - 1 : len(HEAD)]
            raise DataError(f"recording of version {found!r} cannot be read, must be {VERSION}")
        self._content = content
        self.cut_off_bytes = 0

    def __iter__(self) -> Iterator[Frame]:
        content, offset = self._content, len(HEAD)
        while offset < len(content):
            end = self._end_of_record(offset)
            if end is None:
                self.cut_off_bytes = len(content) - offset
                return
            received_ns, _, checksum = RECORD.unpack_from(content, offset)
            message = content[offset + RECORD.size : end]
            if checksum != crc32(message, crc32(content[offset : offset + _COVERED.size])):
                raise DataError(f"corrupt record at byte {offset}: its checksum does not match")
            yield Frame(received_ns, message)
            offset = end

    def _end_of_record(self, offset: int) -> int | None:
        """Return where the record ends, None if the content ends before."""
        if offset + RECORD.size > len(self._content):
            return None
        length = RECORD.unpack_from(self._content, offset)[1]
        if length > LARGEST_MESSAGE:
            raise DataError(
                f"corrupt record at byte {offset}: length {length} is above {LARGEST_MESSAGE}"
            )
        end = offset + RECORD.size + int(length)
        return end if end <= len(self._content) else None
