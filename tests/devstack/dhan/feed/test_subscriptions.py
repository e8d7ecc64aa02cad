"""What one socket holds."""

import pytest

from core.instrument import Segment
from devstack.dhan.encode import Mode
from devstack.dhan.feed.requests import Reason, Request, RequestRefusedError
from devstack.dhan.feed.subscriptions import Subscriptions
from tests.devstack.dhan.small_tape import FUTURE, INDEX, OPTION, small_tape

INDEX_FUTURE_OPTION = (INDEX.key, FUTURE.key, OPTION.key)


def ask(mode: Mode, *keys: tuple[Segment, int], subscribe: bool = True) -> Request:
    return Request(mode, subscribe, keys)


def test_modes_are_held_side_by_side_and_ended_one_by_one() -> None:
    held = Subscriptions(small_tape())
    assert held.apply(ask(Mode.TICKER, *INDEX_FUTURE_OPTION)) == (0, 1, 2)
    assert held.apply(ask(Mode.FULL, FUTURE.key)) == (1,)
    assert held.by_mode() == {"ticker": 3, "quote": 0, "full": 1}
    held.apply(ask(Mode.TICKER, FUTURE.key, subscribe=False))
    assert list(held.wanted) == [Mode.TICKER, Mode.FULL, Mode.TICKER]
    assert held.count == 3


def test_what_is_held_already_is_not_new() -> None:
    held = Subscriptions(small_tape())
    held.apply(ask(Mode.QUOTE, FUTURE.key))
    assert held.apply(ask(Mode.QUOTE, FUTURE.key, FUTURE.key, OPTION.key)) == (2,)


def test_an_unknown_instrument_refuses_the_whole_request() -> None:
    held = Subscriptions(small_tape())
    with pytest.raises(RequestRefusedError, match="no instrument 13 in segment NSE_EQ") as refused:
        held.apply(ask(Mode.QUOTE, FUTURE.key, (Segment.NSE_EQ, 13)))
    assert refused.value.reason is Reason.SECURITY_ID
    assert held.count == 0


def test_more_instruments_than_allowed_are_refused_however_they_come() -> None:
    held = Subscriptions(small_tape(), limit=2)
    held.apply(ask(Mode.TICKER, INDEX.key, FUTURE.key))
    held.apply(ask(Mode.FULL, INDEX.key, FUTURE.key))
    with pytest.raises(
        RequestRefusedError, match="3 instruments on a socket, at most 2"
    ) as refused:
        held.apply(ask(Mode.FULL, OPTION.key))
    assert refused.value.reason is Reason.TOO_MANY_INSTRUMENTS
