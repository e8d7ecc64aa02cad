"""Each trouble of the database once in a short day; `make chaos` plays them with the figures."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.chaos.away_drill import AWAY, FAILING, KINDS, POISON, RESTORED, Day, Drill
from tests.chaos.bad_gateway import bad_gateway
from tests.chaos.kill_drill import differences
from tests.chaos.kill_scene import kill_scene

pytestmark = pytest.mark.full
SAID = {
    AWAY: [],
    FAILING: [],
    POISON: ["event_refused: planted by the drill", "strategy_error: "],
    RESTORED: ["database_restored: the database was restored to an older state"],
}


@dataclass
class Days:
    """An undisturbed day, and each disturbed one."""

    undisturbed: Day
    disturbed: dict[str, Day]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    folder = tmp_path_factory.mktemp("away")
    with kill_scene(folder, speed="600") as scene, bad_gateway(scene.stack.url) as gateway:
        plain = Drill(scene, gateway, "plain").play(None)
        yield Days(plain, {kind: Drill(scene, gateway, kind[:4]).play(kind) for kind in KINDS})


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_the_day_ends_as_one_that_nobody_disturbed(days: Days, kind: str) -> None:
    assert len(days.undisturbed.books["trades"]) > 10
    day = days.disturbed[kind]
    assert differences(days.undisturbed.books, day.books) == []
    assert day.problems == []
    # Between two writes of which one fails nothing need be waiting when it is looked at.
    assert day.backlog > 0 if kind != FAILING else day.figures["store"]["retries"] > 0
    assert day.figures["outbox"] == day.figures["journal"]["held"] == 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_the_matter_is_named(days: Days, kind: str) -> None:
    said = days.disturbed[kind].said
    assert len(said) == len(SAID[kind])
    assert all(line.startswith(begin) for line, begin in zip(said, SAID[kind], strict=True))
