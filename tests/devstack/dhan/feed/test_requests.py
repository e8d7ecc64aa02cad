"""Requests on the feed socket, read strictly."""

import json

import pytest

from core.brokers.dhan import subscription
from core.instrument import Segment
from devstack.dhan.encode import Mode
from devstack.dhan.feed.requests import Reason, Request, RequestRefusedError, parse_request

ENTRY = {"ExchangeSegment": "NSE_FNO", "SecurityId": "49081"}


def message(code: object = 15, entries: object = None, count: object = None) -> bytes:
    listed = [ENTRY] if entries is None else entries
    number = len(listed) if count is None and isinstance(listed, list) else count
    return json.dumps(
        {"RequestCode": code, "InstrumentCount": number, "InstrumentList": listed}
    ).encode()


@pytest.mark.parametrize(
    ("code", "mode", "subscribe"),
    [
        (15, Mode.TICKER, True),
        (16, Mode.TICKER, False),
        (17, Mode.QUOTE, True),
        (18, Mode.QUOTE, False),
        (21, Mode.FULL, True),
        (22, Mode.FULL, False),
    ],
)
def test_each_code_switches_its_mode(code: int, mode: Mode, subscribe: bool) -> None:  # noqa: FBT001 - a parameter of the case
    assert parse_request(message(code)) == Request(mode, subscribe, ((Segment.NSE_FNO, 49081),))


def test_a_disconnect_needs_no_instruments() -> None:
    assert parse_request(b'{"RequestCode": 12}') == Request(Mode.NONE, subscribe=False, keys=())


def test_what_our_own_client_sends_is_understood() -> None:
    keys = [(Segment.IDX_I, number) for number in range(1, 151)]
    sent = list(subscription.subscribe_messages(subscription.Mode.FULL, keys))
    understood = [parse_request(text.encode()) for text in sent]
    assert [key for request in understood for key in request.keys] == keys
    assert parse_request(subscription.disconnect_message().encode()).mode is Mode.NONE


@pytest.mark.parametrize(
    ("text", "reason", "what"),
    [
        (b"subscribe!", Reason.REQUEST, "is not JSON"),
        (b"\xff\xfe", Reason.REQUEST, "is not JSON"),
        (b"[" * 100_000, Reason.REQUEST, "is not JSON"),
        (b"[]", Reason.REQUEST, "is not an object"),
        (message(23), Reason.REQUEST, "RequestCode 23 is not one of"),
        (message("15"), Reason.REQUEST, "RequestCode '15'"),
        (message(entries=[]), Reason.REQUEST, "missing or empty"),
        (message(count=2), Reason.REQUEST, "InstrumentCount is 2 but InstrumentList has 1"),
        (message(entries=["13"]), Reason.REQUEST, "must hold objects"),
        (
            message(entries=[{"ExchangeSegment": "NSE", "SecurityId": "1"}]),
            Reason.REQUEST,
            "ExchangeSegment 'NSE' is unknown",
        ),
        (
            message(entries=[{"ExchangeSegment": "NSE_EQ", "SecurityId": 1}]),
            Reason.REQUEST,
            "SecurityId 1 must be digits as text",
        ),
        (
            message(entries=[{"ExchangeSegment": "NSE_EQ", "SecurityId": "9" * 5000}]),
            Reason.REQUEST,
            "SecurityId of 5000 digits, at most 10",
        ),
        (message(entries=[ENTRY] * 101), Reason.TOO_MANY_INSTRUMENTS, "101 instruments"),
    ],
)
def test_what_is_wrong_is_named_with_its_reason(text: bytes, reason: Reason, what: str) -> None:
    with pytest.raises(RequestRefusedError, match=what) as refused:
        parse_request(text)
    assert refused.value.reason is reason
