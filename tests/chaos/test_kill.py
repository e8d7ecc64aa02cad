"""A few days with kills; `make chaos` plays hundreds."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.chaos.kill_drill import PROCESS, drilled, undisturbed
from tests.chaos.kill_scene import Books, Scene, kill_scene
from tests.worker.running import PROJECT

ROTATING = 8


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with kill_scene(tmp_path_factory.mktemp("kill")) as scene:
        yield scene


@pytest.fixture(scope="module")
def expected(scene: Scene) -> Books:
    books = undisturbed(scene)
    assert len(books["trades"]) > 10
    assert len(books["candles"]) > 100
    return books


@pytest.mark.full
@pytest.mark.timeout(600)
def test_days_with_kills_end_as_undisturbed_ones(scene: Scene, expected: Books) -> None:
    """Other seeds at every commit."""
    for seed in _seeds():
        kind = PROCESS if seed % 4 == 0 else "gated"
        drill = drilled(scene, kind, seed, expected)
        assert not drill.problems, f"{kind} {seed}: {drill.kills}: {drill.problems[:5]}"
        assert drill.kills


def _seeds() -> list[int]:
    git = ["git", "-C", str(PROJECT), "rev-parse", "HEAD"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    first = int(done.stdout[:6] or "1", 16)  # Without git always the same ones.
    return list(range(first, first + ROTATING))
