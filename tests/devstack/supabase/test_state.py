"""State directories: only ours, only one stack each."""

import os
from pathlib import Path

import pytest

from core.errors import ConfigError
from devstack.supabase.state import (
    Lock,
    default_home,
    main_state,
    make_directory,
    open_home,
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("devstack.supabase.state._LONGEST_HOME", 200)  # pytest's paths are long
    return open_home(tmp_path / "home")


def test_the_default_home_is_this_users_and_this_checkouts() -> None:
    assert default_home().name.startswith(f"tradebase-{os.geteuid()}-")
    assert default_home().parent == Path("/var/tmp")  # noqa: S108 - what is tested


def test_a_home_is_closed_to_others(home: Path) -> None:
    assert home.stat().st_mode & 0o777 == (0o711 if os.geteuid() == 0 else 0o700)


def test_a_home_whose_sockets_would_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has \d+ characters, at most 60 are possible"):
        open_home(tmp_path / ("x" * 60))


def test_a_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(ConfigError, match="is not a directory"):
        make_directory(tmp_path / "f")


def test_a_link_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(ConfigError, match="is not a directory"):
        make_directory(tmp_path / "link")


def test_a_directory_others_can_write_to_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(ConfigError, match=r"can be written by others \(mode 777\)"):
        make_directory(shared)
    assert shared.stat().st_mode & 0o777 == 0o777


def test_a_state_is_used_by_one_at_a_time(home: Path) -> None:
    state = main_state(home)
    with pytest.raises(ConfigError, match="another stack is running"):
        main_state(home)
    state.close()
    main_state(home).close()


def test_shared_locks_do_not_exclude_each_other(tmp_path: Path) -> None:
    one, other, third = (Lock(tmp_path / "lock") for _ in range(3))
    assert one.acquire(wait=False, shared=True)
    assert other.acquire(wait=False, shared=True)
    assert not third.acquire(wait=False)
    one.release()
    other.release()
    assert third.acquire(wait=False)
    third.release()
