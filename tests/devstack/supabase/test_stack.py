"""The life of the whole stack: it starts, it stops, and nothing is left whatever dies."""

import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from core.errors import EXIT_CONFIGURATION, EXIT_OUTSIDE_WORLD
from devstack.supabase.scratch import scratch_of
from devstack.supabase.state import default_home
from tests.devstack.supabase.launching import (
    Ended,
    alive_in,
    as_ordinary_user,
    command,
    end,
    ready,
    run,
    share_servers,
    started,
    the_server,
    wait_until,
)
from tests.stacks import RunningStack, read_addresses


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Yield a home that the tests here use one after the other: each start follows a death."""
    yield from _home()


@pytest.fixture
def own_home() -> Iterator[Path]:
    """Yield a home for one test, which may damage it."""
    yield from _home()


@pytest.fixture
def no_home() -> Iterator[Path]:
    """Yield the path of a home that is still to be made."""
    for home in _home():
        shutil.rmtree(home)
        yield home


def _home() -> Iterator[Path]:
    # Not pytest's own directory: its path is long and closed to the account Postgres runs under.
    home = default_home().with_name(f"tradebase-test-{secrets.token_hex(4)}")
    share_servers(home)
    yield home
    run(command(home, "--remove-state"))
    assert not alive_in(home, scratch_of(home))
    for left in (scratch_of(home), home, home.with_name(f"{home.name}-empty")):
        shutil.rmtree(left, ignore_errors=True)  # What --remove-state refused: somebody else's.


def nothing_lives(home: Path) -> bool:
    return wait_until(lambda: not alive_in(home, scratch_of(home)))


def answers(stack: RunningStack) -> bool:
    reply = httpx.get(f"{stack.url}/rest/v1/", headers={"apikey": stack.secret_key})
    return reply.status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_asked_to_stop_stops_everything(home: Path, number: signal.Signals) -> None:
    with ready(home) as stack:
        assert answers(stack)
        stack.process.send_signal(number)
        assert end(stack.process).status == 0
        assert not alive_in(home)


@pytest.mark.parametrize("moment", ["postgres", "postgrest"])
def test_being_asked_to_stop_while_starting_stops_everything(home: Path, moment: str) -> None:
    with started(command(home)) as process:
        assert wait_until(
            lambda: any(moment in line.split()[0] for line in alive_in(home).values())
        )
        process.send_signal(signal.SIGINT)
        assert end(process).status == 0
        assert not alive_in(home)


def test_an_open_websocket_is_closed_and_does_not_hold_up_the_end(home: Path) -> None:
    with ready(home) as stack:
        address = stack.url.replace("http", "ws") + "/realtime/v1/websocket"
        with connect(f"{address}?apikey={stack.publishable_key}") as websocket:
            stack.process.send_signal(signal.SIGINT)
            with pytest.raises(ConnectionClosed) as closed:
                websocket.recv(timeout=10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
        assert end(stack.process).status == 0


def test_nothing_survives_a_killed_stack_and_the_next_one_starts(home: Path) -> None:
    with ready(home) as stack:
        stack.process.kill()
        assert nothing_lives(home)
    with ready(home) as stack:
        assert answers(stack)


def test_a_stack_that_starts_while_the_killed_one_is_dying_waits_for_it(home: Path) -> None:
    with ready(home) as stack:
        stack.process.kill()
        stack.process.wait()
        with ready(home) as next_stack:
            assert answers(next_stack)


def test_nothing_survives_a_killed_parent(home: Path) -> None:
    parent = f"import subprocess; subprocess.run({command(home)!r})"
    with started([sys.executable, "-c", parent]) as process:
        assert answers(read_addresses(process))
        process.kill()
        assert nothing_lives(home)


@pytest.mark.parametrize(
    ("program", "name"), [("bin/postgres", "Postgres"), ("postgrest-", "PostgREST")]
)
def test_the_stack_ends_with_a_sentence_when_a_server_of_it_is_killed(
    home: Path, program: str, name: str
) -> None:
    with ready(home) as stack:
        os.kill(the_server(home, program), signal.SIGKILL)
        ended = end(stack.process)
        assert ended.status == EXIT_OUTSIDE_WORLD
        assert f"stack: {name} ended (status -9)" in ended.stderr
        assert nothing_lives(home)


def test_data_are_kept_until_they_are_reset(home: Path) -> None:
    with ready(home) as stack, psycopg.connect(stack.database_url) as connection:
        connection.execute("create table kept ()")
        connection.commit()
        connection.close()
        stack.process.send_signal(signal.SIGINT)
        end(stack.process)
    for arguments, expected in (((), "kept"), (("--reset",), None)):
        with ready(home, *arguments) as stack, psycopg.connect(stack.database_url) as connection:
            row = connection.execute("select to_regclass('public.kept')::text").fetchone()
            assert row == (expected,)


def test_ephemeral_stacks_run_side_by_side_and_leave_no_data(home: Path) -> None:
    with ready(home, "--ephemeral") as one, ready(home, "--ephemeral") as other:
        assert answers(one)
        assert answers(other)
        with psycopg.connect(one.database_url) as connection:
            connection.execute("create table only_here ()")
        with psycopg.connect(other.database_url) as connection:
            row = connection.execute("select to_regclass('public.only_here')").fetchone()
            assert row == (None,)
        for stack in (one, other):
            stack.process.send_signal(signal.SIGINT)
            assert end(stack.process).status == 0
    assert not list((scratch_of(home) / "ephemeral").iterdir())


def test_nothing_is_removed_under_a_running_stack(home: Path) -> None:
    for more, words in (((), "another stack"), (("--ephemeral",), "an ephemeral stack is running")):
        with ready(home, *more) as stack:
            refused(run(command(home, "--remove-state")), EXIT_CONFIGURATION, words)
            assert answers(stack)


def test_what_a_killed_ephemeral_stack_left_is_swept_by_the_next(home: Path) -> None:
    with ready(home, "--ephemeral") as stack:
        os.kill(the_server(scratch_of(home), "bin/postgres"), signal.SIGKILL)
        stack.process.kill()
        assert nothing_lives(home)
    (left,) = (scratch_of(home) / "ephemeral").iterdir()
    with ready(home, "--ephemeral"):
        assert not left.exists()


def test_an_ordinary_user_runs_it_too(no_home: Path) -> None:
    line = as_ordinary_user(command(no_home))
    if line is None:
        pytest.skip("root, and no setpriv to become an ordinary user with")
    with started(line) as process:
        stack = read_addresses(process)
        assert answers(stack)
        uids = {Path(f"/proc/{pid}").stat().st_uid for pid in alive_in(no_home)}
        assert uids == {no_home.stat().st_uid}
        assert no_home.stat().st_uid != 0
        assert no_home.stat().st_mode & 0o777 == 0o700
        process.kill()
        assert nothing_lives(no_home)


def test_root_hands_the_servers_to_an_ordinary_account(home: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("not root: the servers are ours anyway")
    with ready(home):
        for program in ("bin/postgres", "postgrest-"):
            assert Path(f"/proc/{the_server(home, program)}").stat().st_uid != 0


def refused(ended: Ended, status: int, *words: str) -> None:
    """Assert that a start failed with one sentence, which holds `words`."""
    assert ended.status == status, ended.stderr
    (line,) = [
        line for line in ended.stderr.splitlines() if not line.startswith("stack: Postgres o")
    ]
    assert line.startswith("stack: ")
    for word in words:
        assert word in line


def test_a_port_in_use_is_refused_by_its_number(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for option, more in (("--port", ()), ("--db-port", ()), ("--db-port", ("--ephemeral",))):
            ended = run([*command(home), f"{option}={port}", *more])
            refused(ended, EXIT_CONFIGURATION, str(port), "Address already in use", option)
    assert not alive_in(home)


def test_a_second_stack_on_the_same_data_is_refused(home: Path) -> None:
    with ready(home):
        refused(run(command(home)), EXIT_CONFIGURATION, f"{home}/main", "another stack")


def test_a_broken_migration_is_named_and_nothing_is_left_running(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "1_bad.sql").write_text("select 1;\nselect nope;")
    for more in ((), ("--ephemeral",)):
        ended = run([*command(home), f"--migrations={tmp_path}", *more])
        refused(ended, EXIT_CONFIGURATION, '1_bad.sql:2: column "nope" does not exist')
        assert not alive_in(home, scratch_of(home))


def test_a_state_directory_of_somebody_else_is_refused(no_home: Path) -> None:
    theirs = Path("/usr/lib")  # root's; as root, a directory given to somebody else.
    if os.geteuid() == 0:
        theirs = no_home
        theirs.mkdir()
        os.chown(theirs, 65534, 65534)
    line = [*command(no_home), f"--state={theirs}"]
    refused(run(line), EXIT_CONFIGURATION, str(theirs), "belongs to user")
    if os.geteuid() == 0:
        os.chown(theirs, 0, 0)


def test_a_state_directory_that_cannot_be_made_is_refused(home: Path) -> None:
    line = as_ordinary_user([*command(home), "--state=/usr/lib/x"])
    if line is None:
        pytest.skip("root, and no setpriv to become an ordinary user with")
    refused(run(line), EXIT_CONFIGURATION, "/usr/lib/x", "Permission denied")


def test_damaged_data_are_reported_and_cured_by_a_reset(own_home: Path) -> None:
    with ready(own_home):
        pass
    assert nothing_lives(own_home)
    (own_home / "main/data/global/pg_control").write_bytes(b"nonsense")
    refused(run(command(own_home)), EXIT_OUTSIDE_WORLD, "pg_control", "--reset")
    with ready(own_home, "--reset") as stack:
        assert answers(stack)


def test_keys_that_do_not_fit_the_data_are_reported(own_home: Path) -> None:
    with ready(own_home):
        pass
    assert nothing_lives(own_home)
    (own_home / "keys.json").write_text("{}")
    refused(run(command(own_home)), EXIT_CONFIGURATION, "keys.json", "damaged")
    (own_home / "keys.json").unlink()
    refused(run(command(own_home)), EXIT_CONFIGURATION, "other keys", "--reset")
    for more in ("--ephemeral", "--reset"):
        with ready(own_home, more) as stack:
            assert answers(stack)
    assert nothing_lives(own_home)


def test_data_that_were_never_finished_are_made_anew(own_home: Path) -> None:
    with started(command(own_home)) as process:
        assert wait_until((own_home / "main/data/PG_VERSION").exists, 20)
        process.kill()
    with ready(own_home) as stack:
        assert answers(stack)
