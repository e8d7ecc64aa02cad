"""A recording of a feed's raw messages: what arrived, byte for byte, and when.

In:  the time and bytes of each WebSocket message (to write), or the bytes of a recording, in
     pieces of any size.
Out: bytes to append to a file, or the messages again, with the place of anything unreadable.
Next: `devstack/dhan` plays recordings; `core/brokers/dhan/wire.py` decodes the messages.

The form, all integers little-endian:

    head     8 bytes   b"DHANRAW" and the version, 1
    record  16 bytes   u64 received, ns UTC; u32 length of the message; u32 CRC-32
            length     the message

The CRC covers the first twelve bytes of the record and the message. A writer that was killed
leaves a last record that is cut off: it is left out and reported, and everything before it holds.
"""

from collections.abc import Iterable, Iterator
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
        The bytes of the recording, uncompressed: all of them, or piece by piece.

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
    >>> recording = Recording([content[:20], content[20:-1]])
    >>> list(recording), recording.cut_off_bytes
    ([Frame(received_ns=1, message=b'abc')], 17)
    """

    def __init__(self, content: bytes | Iterable[bytes]) -> None:
        self._pieces: Final = iter([content] if isinstance(content, bytes) else content)
        self._rest = b""
        while len(self._rest) < len(HEAD) and self._read():
            pass
        head = self._rest[: len(HEAD)]
        if head[: len(HEAD) - 1] != HEAD[:-1]:
            raise DataError(f"not a recording: it begins with {head!r}, must be {HEAD!r}")
        if head != HEAD:
            found = head[len(HEAD) - 1 :]
            raise DataError(f"recording of version {found!r} cannot be read, must be {VERSION}")
        self._rest = self._rest[len(HEAD) :]
        self._offset = len(HEAD)
        self.cut_off_bytes = 0

    def __iter__(self) -> Iterator[Frame]:
        while True:
            yield from self._whole_records()
            if not self._read():
                self.cut_off_bytes = len(self._rest)
                return

    def _read(self) -> bool:
        """Take the next piece; return whether there was one."""
        piece = next(self._pieces, b"")
        self._rest += piece
        return bool(piece)

    def _whole_records(self) -> Iterator[Frame]:
        """Yield what is whole of what was read, and keep the rest."""
        content, at, unpack = self._rest, 0, RECORD.unpack_from
        while at + RECORD.size <= len(content):
            received_ns, length, checksum = unpack(content, at)
            if length > LARGEST_MESSAGE:
                raise self._corrupt(at, f"length {length} is above {LARGEST_MESSAGE}")
            end = at + RECORD.size + length
            if end > len(content):
                break
            message = content[at + RECORD.size : end]
            if checksum != crc32(message, crc32(content[at : at + _COVERED.size])):
                raise self._corrupt(at, "its checksum does not match")
            yield Frame(received_ns, message)
            at = end
        self._rest = content[at:]
        self._offset += at

    def _corrupt(self, at: int, why: str) -> DataError:
        return DataError(f"corrupt record at byte {self._offset + at}: {why}")
