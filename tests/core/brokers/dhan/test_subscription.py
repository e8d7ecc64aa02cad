"""`core/brokers/dhan/subscription.py`: our requests are those of the official client."""

import asyncio
import json

import pytest
from dhanhq import DhanContext
from dhanhq.marketfeed import MarketFeed

from core.brokers.dhan.subscription import (
    Mode,
    disconnect_message,
    subscribe_messages,
    unsubscribe_messages,
)
from core.instrument import Segment

KEYS = [(Segment.NSE_FNO, 49000 + number) for number in range(201)]


def test_request_codes_are_those_of_the_documentation() -> None:
    assert [(mode.value, mode.unsubscribe_code) for mode in Mode] == [(15, 16), (17, 18), (21, 22)]


def test_message_names_segment_and_id_as_text() -> None:
    (message,) = subscribe_messages(Mode.FULL, [(Segment.IDX_I, 13), (Segment.NSE_FNO, 49081)])
    assert json.loads(message) == {
        "RequestCode": 21,
        "InstrumentCount": 2,
        "InstrumentList": [
            {"ExchangeSegment": "IDX_I", "SecurityId": "13"},
            {"ExchangeSegment": "NSE_FNO", "SecurityId": "49081"},
        ],
    }


def test_at_most_a_hundred_instruments_go_into_one_message() -> None:
    messages = [json.loads(message) for message in unsubscribe_messages(Mode.QUOTE, KEYS)]
    assert [message["RequestCode"] for message in messages] == [18] * 3
    assert [message["InstrumentCount"] for message in messages] == [100, 100, 1]
    ids = [entry["SecurityId"] for message in messages for entry in message["InstrumentList"]]
    assert ids == [str(security_id) for _, security_id in KEYS]


def test_nothing_to_subscribe_sends_nothing() -> None:
    assert list(subscribe_messages(Mode.TICKER, [])) == []


def test_disconnect_message() -> None:
    assert json.loads(disconnect_message()) == {"RequestCode": 12}


class Socket:
    """What the official client believes to be its connection."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, text: str) -> None:
        self.sent.append(text)


@pytest.mark.parametrize("mode", list(Mode))
def test_subscription_equals_what_dhanhq_sends(mode: Mode) -> None:
    instruments = [(segment.code, str(security_id), mode.value) for segment, security_id in KEYS]
    feed = MarketFeed(DhanContext("1000000001", "token"), instruments)
    try:
        feed.ws = Socket()
        feed.loop.run_until_complete(feed.subscribe_instruments())
    finally:
        feed.loop.close()
        asyncio.set_event_loop(None)
    theirs = [json.loads(text) for text in feed.ws.sent]
    ours = [json.loads(text) for text in subscribe_messages(mode, KEYS)]

    def instruments_of(messages: list[dict[str, list[dict[str, str]]]]) -> list[list[str]]:
        # The package's order is that of a set.
        return sorted(list(entry.values()) for text in messages for entry in text["InstrumentList"])

    assert instruments_of(ours) == instruments_of(theirs)
    assert [list(message) for message in ours] == [list(message) for message in theirs]
    assert [message["RequestCode"] for message in ours] == [m["RequestCode"] for m in theirs]
