"""Frames of both protocol versions."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from devstack.supabase.realtime.phoenix import (
    Broadcast,
    ClientMessage,
    ServerMessage,
    Version,
    decode,
    encode,
    encode_broadcast,
)
from tests.devstack.supabase.realtime.clients import push_frame

JOIN = ClientMessage("realtime:a", "phx_join", {"config": {}}, "6", "5")


def test_a_version_2_message_is_an_array_of_five() -> None:
    frame = json.dumps(["5", "6", "realtime:a", "phx_join", {"config": {}}])
    assert decode(frame, Version.V2) == JOIN


def test_a_version_1_message_is_an_object_with_or_without_join_ref() -> None:
    parts: dict[str, Any] = {"topic": "realtime:a", "event": "phx_join", "payload": {"config": {}}}
    assert decode(json.dumps({**parts, "ref": 6, "join_ref": "5"}), Version.V1) == JOIN
    assert decode(json.dumps(parts), Version.V1).join_ref is None


def test_server_messages_are_written_in_the_clients_version() -> None:
    message = ServerMessage("realtime:é", "phx_reply", '{"n":1.50}', "6", "5")
    assert encode(Version.V2, message) == '["5","6","realtime:é","phx_reply",{"n":1.50}]'
    assert encode(Version.V1, message) == (
        '{"ref":"6","event":"phx_reply","topic":"realtime:é","payload":{"n":1.50}}'
    )


def test_a_captured_binary_push_is_read() -> None:
    frame = b'\x03\x02\x02\x0f\x03\x00\x011213realtime:room:1cur{"x":1}'
    expected = {"type": "broadcast", "event": "cur", "payload": {"x": 1}}
    assert decode(frame, Version.V2) == ClientMessage(
        "realtime:room:1", "broadcast", expected, "13", "12"
    )


def test_a_broadcast_becomes_the_captured_binary_frame() -> None:
    frame = encode_broadcast(Version.V2, "realtime:room:1", Broadcast("cur", '{"x":1}'))
    assert frame == b'\x04\x0f\x03\x00\x01realtime:room:1cur{"x":1}'


@given(st.binary(max_size=100), st.text(max_size=20), st.text(max_size=20))
def test_bytes_pass_through_a_push_unchanged(payload: bytes, topic: str, event: str) -> None:
    message = decode(push_frame(topic, event, payload), Version.V2)
    assert (message.topic, message.payload["event"]) == (topic, event)
    assert message.payload["payload"] == payload


def test_version_1_carries_json_broadcasts_with_their_meta_and_no_bytes() -> None:
    broadcast = Broadcast("cur", '{"x":1}', '{"id":"7"}')
    frame = encode_broadcast(Version.V1, "realtime:a", broadcast)
    assert json.loads(str(frame))["payload"] == {
        "type": "broadcast",
        "event": "cur",
        "payload": {"x": 1},
        "meta": {"id": "7"},
    }
    assert encode_broadcast(Version.V1, "realtime:a", Broadcast("cur", b"\0")) is None


def test_a_name_too_long_for_a_binary_frame_goes_as_text_if_it_can() -> None:
    long = "x" * 256
    frame = encode_broadcast(Version.V2, "realtime:a", Broadcast(long, "1"))
    assert json.loads(str(frame))[4] == {"type": "broadcast", "event": long, "payload": 1}
    assert encode_broadcast(Version.V2, "realtime:a", Broadcast(long, b"\0")) is None


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ("{", "is not JSON"),
        ("{}", "must be an array of 5"),
        ("[1,2,3,4]", "must be an array of 5"),
        ('[null,null,7,"e",{}]', "topic 7 and event 'e' must be text"),
        ('[null,null,"t","e",[]]', "payload of 'e' must be an object"),
        (b"", "is not a broadcast push"),
        (b"\x04\0\0\0\0\0\0", "is not a broadcast push"),
        (b"\x03\x09\0\0\0\0\0", "announces 9 in fields"),
        (b"\x03\0\0\0\0\0\x01{", "cannot be read"),
    ],
)
def test_a_frame_that_cannot_be_read_is_refused_in_words(
    frame: str | bytes, complaint: str
) -> None:
    with pytest.raises(DataError, match=complaint):
        decode(frame, Version.V2)


def test_a_version_1_frame_must_be_an_object() -> None:
    with pytest.raises(DataError, match="must be an object in protocol 1"):
        decode("[]", Version.V1)


@given(st.one_of(st.binary(max_size=40), st.text(max_size=40)), st.sampled_from(Version))
def test_random_frames_are_read_or_refused(frame: str | bytes, version: Version) -> None:
    with contextlib.suppress(DataError):  # Anything else fails the test.
        decode(frame, version)
