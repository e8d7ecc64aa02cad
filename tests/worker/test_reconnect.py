"""When to connect again: by reason."""

import pytest

from core.errors import ConfigError
from worker.backoff import Backoff
from worker.feed.reconnect import Reconnect


@pytest.fixture
def reconnect() -> Reconnect:
    return Reconnect("wss://feed.example", Backoff(0.25, 30.0, lambda: 1.0))


def test_a_socket_that_just_ends_is_opened_again_later_each_time(reconnect: Reconnect) -> None:
    assert [reconnect.ended("reset", 1).seconds for _ in range(3)] == [0.25, 0.5, 1.0]
    reconnect.worked()
    assert reconnect.ended("reset", 1).seconds == 0.25


def test_too_many_connections_are_waited_out_by_all_sockets(reconnect: Reconnect) -> None:
    following = reconnect.told(805)
    assert following.seconds >= 60
    assert following.whole_account


def test_an_account_that_connects_too_often_waits_longer_each_time(reconnect: Reconnect) -> None:
    found = [reconnect.refused(429) for _ in range(8)]
    waits = [each.seconds for each in found]
    assert 2.5 <= waits[0] <= 3.75
    assert waits == sorted(waits)
    assert 60 <= waits[-1] <= 90
    assert all(each.whole_account for each in found)


@pytest.mark.parametrize("code", [804, 806, 810, 811, 812, 813, 814])
def test_what_does_not_go_away_is_told_to_a_person(reconnect: Reconnect, code: int) -> None:
    with pytest.raises(ConfigError, match=rf"refuses us: .* \({code}\)"):
        reconnect.told(code)


def test_an_expired_token_is_asked_for_again_and_again(reconnect: Reconnect) -> None:
    assert all(reconnect.told(807).asks_token for _ in range(5))


@pytest.mark.parametrize("code", [808, 809])
def test_a_refusal_that_comes_again_is_the_end_if_it_is_not_the_token(
    reconnect: Reconnect, code: int
) -> None:
    first, second = reconnect.told(code), reconnect.told(code)
    assert first.asks_token
    assert second.asks_token
    assert not first.refusal
    assert "check DHAN_CLIENT_ID, DHAN_ACCESS_TOKEN" in second.refusal


@pytest.mark.parametrize("code", [808, 809])
def test_the_same_refusal_hours_later_is_another_one(reconnect: Reconnect, code: int) -> None:
    reconnect.told(code)
    reconnect.worked()
    assert not reconnect.told(code).refusal


@pytest.mark.parametrize("code", [800, 999])
def test_everything_else_is_tried_for_ever(reconnect: Reconnect, code: int) -> None:
    assert all(reconnect.told(code).seconds <= 30 for _ in range(50))


@pytest.mark.parametrize("status", [401, 403])
def test_a_handshake_that_is_refused_twice_names_the_settings(
    reconnect: Reconnect, status: int
) -> None:
    first, second = reconnect.refused(status), reconnect.refused(status)
    assert first.asks_token
    assert not first.refusal
    assert f"DHAN_ACCESS_TOKEN (HTTP {status})" in second.refusal


@pytest.mark.parametrize("status", [400, 451])
def test_a_handshake_that_no_token_mends_is_the_end(reconnect: Reconnect, status: int) -> None:
    with pytest.raises(ConfigError, match=rf"DHAN_ACCESS_TOKEN \(HTTP {status}\)"):
        reconnect.refused(status)


def test_a_server_in_trouble_is_tried_again(reconnect: Reconnect) -> None:
    assert reconnect.refused(503).seconds == 0.25


def test_sockets_that_end_without_a_word_make_the_token_suspect(reconnect: Reconnect) -> None:
    assert not reconnect.ended("reset", 0).asks_token
    assert reconnect.ended("reset", 0).asks_token
    assert not reconnect.ended("reset", 7).asks_token
