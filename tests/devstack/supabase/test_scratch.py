"""Short-lived databases: in memory when it is roomy, swept when their stack was killed."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from devstack.supabase.scratch import ephemeral_state, require_no_ephemeral, scratch_of
from devstack.supabase.state import open_home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a home, whose scratch directory is itself: no memory is roomy enough."""
    monkeypatch.setattr("devstack.supabase.scratch._MEMORY_BYTES", 1 << 62)
    monkeypatch.setattr("devstack.supabase.state._LONGEST_HOME", 200)  # pytest's paths are long
    return open_home(tmp_path / "home")


def test_an_ephemeral_state_is_removed(home: Path) -> None:
    state = ephemeral_state(home)
    (state.directory / "file").touch()
    state.remove()
    assert not list((home / "ephemeral").iterdir())


def test_an_ephemeral_state_in_use_is_not_swept_and_an_abandoned_one_is(home: Path) -> None:
    used, abandoned = ephemeral_state(home), ephemeral_state(home)
    (abandoned.directory / "data").mkdir()
    (abandoned.directory / "data/postmaster.pid").write_text("999999999\n")
    abandoned.close()  # As the kernel does when its stack is killed.
    other = ephemeral_state(home)
    assert {path.name for path in (home / "ephemeral").iterdir()} == {
        used.directory.name,
        other.directory.name,
    }
    used.remove()
    other.remove()


def test_short_lived_databases_move_to_memory_when_it_is_roomy(tmp_path: Path) -> None:
    scratch = scratch_of(tmp_path)
    if scratch == tmp_path:
        pytest.skip("less than 4 GB of memory is free for files")
    assert scratch.parent == Path("/dev/shm")  # noqa: S108 - what is tested
    assert scratch == scratch_of(tmp_path)
    scratch.rmdir()


def test_a_home_with_a_running_ephemeral_stack_is_refused(home: Path) -> None:
    require_no_ephemeral(home)
    used, abandoned = ephemeral_state(home), ephemeral_state(home)
    abandoned.close()
    with pytest.raises(ConfigError, match=rf"stack is running on {used.directory}; stop it"):
        require_no_ephemeral(home)
    assert not abandoned.directory.exists()
    used.remove()
    require_no_ephemeral(home)
