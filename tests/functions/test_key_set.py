"""The key set: asked rarely, renewed after a rotation, kept through an outage."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions.key_set import KeySet
from functions.problems import ApiError


class Publisher:
    """Publishes keys, counts how often it is asked, and can be away."""

    def __init__(self, *key_ids: str) -> None:
        self.key_ids = list(key_ids)
        self.asked = 0
        self.is_away = False
        self.now = 1000.0

    def fetch(self) -> Mapping[str, Any]:
        self.asked += 1
        if self.is_away:
            raise ApiError(503, "database_unreachable", "away")
        return {"keys": [{"kid": key_id, "kty": "EC"} for key_id in self.key_ids]}

    def clock(self) -> float:
        return self.now

    def key_set(self) -> KeySet:
        return KeySet(self.fetch, self.clock)


def test_keys_are_asked_for_once_in_ten_minutes() -> None:
    publisher = Publisher("a")
    keys = publisher.key_set()
    for publisher.now in (1000.0, 1300.0, 1599.0):
        assert keys.find("a") is not None
    assert publisher.asked == 1
    publisher.now = 1600.0
    keys.find("a")
    assert publisher.asked == 2


def test_an_unknown_key_id_asks_again_but_not_more_than_every_thirty_seconds() -> None:
    publisher = Publisher("a")
    keys = publisher.key_set()
    for _ in range(100):
        assert keys.find("b") is None
    assert publisher.asked == 1
    publisher.key_ids.append("b")
    publisher.now += 30
    assert keys.find("b") is not None
    assert publisher.asked == 2


def test_old_keys_serve_while_new_ones_cannot_be_had() -> None:
    publisher = Publisher("a")
    keys = publisher.key_set()
    keys.find("a")
    publisher.is_away = True
    publisher.now += 601
    for _ in range(10):
        assert keys.find("a") is not None
    assert publisher.asked == 2


def test_without_any_keys_the_outage_is_the_answer() -> None:
    publisher = Publisher()
    publisher.is_away = True
    with pytest.raises(ApiError) as caught:
        publisher.key_set().find("a")
    assert caught.value.status == 503


def test_of_many_at_once_one_asks() -> None:
    publisher = Publisher("a")
    keys = publisher.key_set()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(keys.find, ["a"] * 50))
    assert None not in found
    assert publisher.asked == 1


def test_what_has_no_id_is_passed_over() -> None:
    keys = KeySet(lambda: {"keys": [{"kty": "EC"}, {"kid": "a", "kty": "EC"}]})
    assert keys.find("a") is not None
