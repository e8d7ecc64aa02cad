"""When to connect again: by reason."""

import pytest

from core.errors import ConfigError
from worker.backoff import Backoff
from worker.reconnect import Reconnect


@pytest.fixture
def reconnect() -> Reconnect:
    return Reconnect("wss://feed.example", Backoff(0.25, 30.0, lambda: 1.0))


def test_a_socket_that_just_ends_is_opened_again_later_each_time(reconnect: Reconnect) -> None:
    assert [reconnect.failed("reset") for _ in range(3)] == [0.25, 0.5, 1.0]
    reconnect.worked()
    assert reconnect.failed("reset") == 0.25


def test_too_many_connections_are_waited_out(reconnect: Reconnect) -> None:
    assert reconnect.told(805) >= 60
    assert reconnect.refused(429) >= 5


@pytest.mark.parametrize("code", [804, 806, 810])
def test_what_does_not_go_away_is_told_to_a_person(reconnect: Reconnect, code: int) -> None:
    with pytest.raises(ConfigError, match=rf"refuses us: .* \({code}\)"):
        reconnect.told(code)


@pytest.mark.parametrize("code", [807, 808, 809])
def test_a_reason_about_the_token_is_tried_once(reconnect: Reconnect, code: int) -> None:
    assert reconnect.told(code) < 1
    with pytest.raises(ConfigError, match="check DHAN_CLIENT_ID, DHAN_ACCESS_TOKEN"):
        reconnect.told(code)


@pytest.mark.parametrize("code", [800, 999])
def test_everything_else_is_tried_for_ever(reconnect: Reconnect, code: int) -> None:
    assert all(reconnect.told(code) <= 30 for _ in range(50))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_handshake_names_the_settings(reconnect: Reconnect, status: int) -> None:
    with pytest.raises(ConfigError, match=rf"DHAN_ACCESS_TOKEN \(HTTP {status}\)"):
        reconnect.refused(status)


def test_a_server_in_trouble_is_tried_again(reconnect: Reconnect) -> None:
    assert reconnect.refused(503) == 0.25
