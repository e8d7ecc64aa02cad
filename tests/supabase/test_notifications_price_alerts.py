"""Price alerts: told once, when a price is reached, whoever's worker brings it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Worker, deploy
from tests.supabase.people import Person, refusal, sign_up


@pytest.fixture
def instrument_key() -> str:
    """Return an instrument that no other test trades."""
    return f"NSE_EQ:{int(events.new_id()[:8], 16)}"


def watch(user: Person, instrument_key: str, **changes: Any) -> dict[str, Any]:
    row = {"instrument_key": instrument_key, "symbol": "RELIANCE", "side": "ABOVE", "price": 100}
    return user.insert("price_alerts", row | changes)


def price_of(instrument_key: str, price: str, **changes: Any) -> dict[str, Any]:
    return events.last_price(instrument_key=instrument_key, price=price, **changes)


def told(user: Person) -> list[str]:
    rows = user.rows("notifications?kind=eq.price_alert&order=created_at")
    return [f"{row['title']}: {row['body']}" for row in rows]


def test_an_alert_fires_once_when_its_price_is_reached(
    user: Person, worker: Worker, instrument_key: str
) -> None:
    alert = watch(user, instrument_key, price="100.05", note="sell the rest")
    worker.must_write(price_of(instrument_key, "100.00"))
    assert told(user) == []
    worker.must_write(price_of(instrument_key, "100.05"))
    worker.must_write(price_of(instrument_key, "101.00"))
    assert told(user) == ["RELIANCE is at 100.05: sell the rest"]
    stored = user.row(f"price_alerts?id=eq.{alert['id']}")
    assert (stored["is_active"], stored["triggered_price"]) == (False, 100.05)
    assert stored["triggered_at"] == events.MORNING


def test_below_fires_when_the_price_falls(
    user: Person, worker: Worker, instrument_key: str
) -> None:
    watch(user, instrument_key, side="BELOW", price="99.50")
    worker.must_write(price_of(instrument_key, "99.55"), price_of(instrument_key, "99.50"))
    assert told(user) == ["RELIANCE is at 99.5: you asked to be told when it is below 99.5"]


def test_a_stale_price_and_an_expired_or_switched_off_alert_fire_nothing(
    user: Person, worker: Worker, database: Database, instrument_key: str
) -> None:
    watch(user, instrument_key, price=100)
    expired = watch(user, instrument_key, price=90)
    off = watch(user, instrument_key, price=90)
    database.execute(
        "update public.price_alerts set expires_at = now() where id = %s", (expired["id"],)
    )
    user.update(f"price_alerts?id=eq.{off['id']}", {"is_active": False})
    worker.must_write(price_of(instrument_key, "95.00", traded_at=events.NOON))
    (outcome,) = worker.write(price_of(instrument_key, "105.00", traded_at=events.MORNING))
    assert outcome["outcome"] == "stale"
    assert told(user) == []


def test_an_alert_that_is_switched_on_again_fires_again(
    user: Person, worker: Worker, instrument_key: str
) -> None:
    alert = watch(user, instrument_key)
    worker.must_write(price_of(instrument_key, "100.00"))
    (again,) = user.update(f"price_alerts?id=eq.{alert['id']}", {"is_active": True})
    assert again["triggered_at"] is None
    worker.must_write(price_of(instrument_key, "100.00", traded_at=events.NOON))
    assert len(told(user)) == 2


def test_a_poison_price_fires_nothing_and_takes_nothing_down(
    user: Person, worker: Worker, instrument_key: str
) -> None:
    watch(user, instrument_key)
    outcomes = worker.write(
        price_of(instrument_key, "much"),
        price_of(instrument_key, "-1"),
        events.last_price(),
    )
    assert [each["outcome"] for each in outcomes] == ["failed", "failed", "applied"]
    assert told(user) == []


def test_a_user_watches_a_bounded_number_of_prices(
    user: Person, database: Database, instrument_key: str
) -> None:
    database.execute(
        "insert into public.price_alerts (user_id, instrument_key, symbol, side, price) "
        "select %s, %s, 'X', 'ABOVE', n from generate_series(1, 100) as n",
        (user.id, instrument_key),
    )
    row = {"instrument_key": instrument_key, "symbol": "X", "side": "ABOVE", "price": 1}
    code, sentence = refusal(user.call("POST", "price_alerts", row))
    assert code == "TB422"
    assert sentence == "at most 100 price alerts are watched at a time; switch one off first"


def test_workers_who_fire_the_same_alerts_do_not_wait_in_a_circle(
    publishable: httpx.Client, secret: Person, instrument_key: str
) -> None:
    users = [sign_up(publishable) for _ in range(4)]
    mine = [deploy(user) for user in users]
    for user in users:
        for price in range(1, 26):
            watch(user, instrument_key, price=price)

    def work(number: int) -> None:
        worker = Worker(secret)
        worker.acquire()
        for price in range(1, 26):
            first, told_price, last = worker.write(
                events.order(mine[(number + price) % 4]),
                price_of(instrument_key, f"{price}.00", traded_at=_at(price, number)),
                events.order(mine[(number + price + 1) % 4]),
            )
            assert (first["outcome"], last["outcome"]) == ("applied", "applied")
            assert told_price["outcome"] in {"applied", "stale"}  # The other was faster.
        worker.release()

    def edit(number: int) -> None:
        for _ in range(25):
            users[number].update("price_alerts?is_active=is.true", {"note": "edited"})

    def _at(price: int, number: int) -> str:
        return f"2026-11-20T05:{price:02}:{number:02}+00:00"

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(work, number) for number in range(2)]
        running += [pool.submit(edit, number) for number in range(2)]
        for finished in running:
            finished.result()
    for user in users:
        assert len(told(user)) == 25
