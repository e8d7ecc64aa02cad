"""The instrument master is fetched and read once a day, and never used when it may be wrong."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import respx

from core.errors import BrokerError
from devstack.dhan.master_csv import detailed_lines
from tests.core.market import FUTURE, NIFTY, RELIANCE
from worker.broker.dhan import Dhan
from worker.market import listing as listing_module
from worker.market.listing import Listing, listing_day
from worker.market.symbols import Symbols

MASTER = "https://images.example"
PATH = "/api-scrip-master-detailed.csv"
TEXT = "\n".join(detailed_lines([FUTURE, NIFTY, RELIANCE]))
LISTED = 5  # The simulator lists two more that nobody trades.
DAY_NS = 86_400 * 10**9


class Place:
    """A folder with a master, and the time of day that workers take it to be."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "instruments.csv"
        self.kept = folder / "instruments.read"
        self.now_ns = time.time_ns()
        self.asked = respx.get(f"{MASTER}{PATH}").respond(text=TEXT)

    async def start(self, url: str = MASTER, *, is_simulated: bool = False) -> Symbols:
        """Return what a worker that starts now can trade."""
        async with Dhan("https://api.example", url, "1100000001", "token") as dhan:
            listing = Listing(
                dhan, self.file, is_simulated=is_simulated, wall_ns=lambda: self.now_ns
            )
            return await listing.ready()


@pytest.fixture
def place(tmp_path: Path, respx_mock: respx.MockRouter) -> Place:  # noqa: ARG001 - mocks the network.
    return Place(tmp_path)


def refuse(place: Place) -> None:
    place.asked = respx.get(f"{MASTER}{PATH}").respond(503)


async def test_a_restart_of_the_same_day_neither_fetches_nor_reads_the_file(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await place.start()
    monkeypatch.setattr(listing_module, "read_master", None)
    again = await place.start()
    assert place.asked.call_count == 1
    assert list(again) == list(first)
    assert [each.tick_paise for each in again] == [each.tick_paise for each in first]
    assert first.count == LISTED


async def test_the_next_day_it_is_fetched_anew(place: Place) -> None:
    await place.start()
    place.now_ns += DAY_NS
    await place.start()
    assert place.asked.call_count == 2


def damage(place: Place) -> None:
    place.kept.write_bytes(place.kept.read_bytes()[:-10])


def lose(place: Place) -> None:
    place.kept.unlink()


def edit(place: Place) -> None:
    place.file.write_text(TEXT + "\n")


@pytest.mark.parametrize("spoil", [damage, lose, edit])
async def test_what_was_kept_and_cannot_be_used_is_fetched(
    place: Place, spoil: Callable[[Place], None]
) -> None:
    await place.start()
    spoil(place)
    assert (await place.start()).count == LISTED
    assert place.asked.call_count == 2


async def test_other_code_reads_the_file_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.start()
    monkeypatch.setattr(listing_module, "release", lambda: "another")
    await place.start()
    assert place.asked.call_count == 2


async def test_another_broker_s_or_a_simulated_one_is_fetched(place: Place) -> None:
    await place.start()
    other = respx.get(f"https://other.example{PATH}").respond(text=TEXT)
    await place.start("https://other.example")
    assert other.call_count == 1
    await place.start(is_simulated=True)
    assert place.asked.call_count == 2


async def test_an_old_one_is_used_where_none_can_be_had_but_not_for_a_new_day(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    await place.start()
    refuse(place)
    place.now_ns += DAY_NS
    assert (await place.start()).count == LISTED
    assert "using the instrument master of the last run" in caplog.text
    async with Dhan("https://api.example", MASTER, "1100000001", "token") as dhan:
        listing = Listing(dhan, place.file, is_simulated=False)
        with pytest.raises(BrokerError, match="cannot be had"):
            await listing.fetched()


async def test_without_any_there_is_no_start(place: Place) -> None:
    refuse(place)
    with pytest.raises(BrokerError, match="cannot be had"):
        await place.start()


@pytest.mark.parametrize(("utc", "day"), [("2026-11-20 02:29", 19), ("2026-11-20 02:30", 20)])
def test_a_listing_holds_until_eight_in_india(utc: str, day: int) -> None:
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert listing_day(int(moment.timestamp()) * 10**9) == date(2026, 11, day)
