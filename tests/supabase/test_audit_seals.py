"""Seals and the verifier: whatever the owner of the database does to sealed rows is named.

A stack of its own: what these tests break stays broken. Triggers are switched off first, as whoever
owns the database can.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from functions import verify_audit
from functions.audit_sealing import Sealed, seal_new_rows
from functions.database import Database, Supabase
from functions.problems import ApiError
from functions.settings import Settings, read_settings
from tests.stacks import RunningStack, running_stack
from tests.supabase.deployments import deploy
from tests.supabase.people import sign_up
from tests.supabase.tampering import ALTER, ALTER_THE_OTHER, CUT_OFF, MANIPULATIONS

OLD_KEY = "k1:" + b64encode(bytes(range(32))).decode()
NEW_KEY = "k2:" + b64encode(bytes(range(32, 64))).decode()


@contextmanager
def triggers_off(connection: psycopg.Connection) -> Iterator[None]:
    """Switch the triggers of both tables off for a while."""
    tables = ("audit_log", "audit_seals")
    for table in tables:
        connection.execute(f"alter table public.{table} disable trigger user".encode())
    yield
    for table in tables:
        connection.execute(f"alter table public.{table} enable trigger user".encode())


class Ledger:
    """A sealed audit log of two users, and the hands of who owns the database."""

    def __init__(self, stack: RunningStack, subjects: list[str], heads: Path) -> None:
        self.heads = heads
        self.stack = stack
        self.subjects = subjects
        self.settings = self._read_settings(OLD_KEY)
        self.supabase = Supabase(self.settings)

    @property
    def database(self) -> Database:
        return self.supabase.service()

    def environ(self, keys: str = OLD_KEY) -> dict[str, str]:
        return {
            "SUPABASE_URL": self.stack.url,
            "SUPABASE_PUBLISHABLE_KEY": self.stack.publishable_key,
            "SUPABASE_SECRET_KEY": self.stack.secret_key,
            "CRON_SECRET": "c" * 32,
            "AUDIT_SEAL_KEY": keys,
            "AUDIT_SEAL_FILE": str(self.heads),
        }

    def seal(self, keys: str = OLD_KEY) -> Sealed:
        return seal_new_rows(self.database, self._read_settings(keys).audit_keys, self.heads)

    def tamper(self, script: str) -> None:
        """Do something as the owner of the tables, who can switch triggers off."""
        first, second = self.subjects
        with psycopg.connect(self.stack.database_url) as connection, triggers_off(connection):
            connection.execute(script.replace("{a}", first).replace("{b}", second).encode())

    def append(self, count: int, subject: int = 0) -> None:
        """Let the log of a user grow."""
        with psycopg.connect(self.stack.database_url) as connection:
            connection.execute(
                "select private.audit(user_id, 'tested', 'orders', null, "
                "jsonb_build_object('n', n)) "
                "from public.audit_subjects, generate_series(1, %s) as n where subject = %s",
                (count, self.subjects[subject]),
            )

    def _read_settings(self, keys: str) -> Settings:
        return read_settings(self.environ(keys))


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """Start a stack that nobody else uses."""
    with running_stack() as running:
        yield running


@pytest.fixture(scope="module")
def subjects(stack: RunningStack) -> list[str]:
    """Return the pseudonyms of two users."""
    key = {"apikey": stack.publishable_key}
    with httpx.Client(base_url=stack.url, headers=key) as publishable:
        users = [sign_up(publishable) for _ in range(2)]
        for user in users:
            deploy(user)
        return [str(user.row("audit_subjects")["subject"]) for user in users]


@pytest.fixture
def ledger(stack: RunningStack, subjects: list[str], tmp_path: Path) -> Iterator[Ledger]:
    """Yield a log of eight rows of each of two users, each sealed in two pieces."""
    with psycopg.connect(stack.database_url) as connection, triggers_off(connection):
        connection.execute("delete from public.audit_seals")
        connection.execute("delete from public.audit_log")
        connection.execute("update public.audit_subjects set last_sequence = 0")
    ledger = Ledger(stack, subjects, tmp_path / "heads")
    for count in (3, 5):
        for subject in range(2):
            ledger.append(count, subject)
        assert ledger.seal() == Sealed(seals=2, rows=2 * count)
    yield ledger
    ledger.supabase.close()


@pytest.fixture
def verifier(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> "Verifier":
    """Return the verifier's command line, with the environment of the functions."""
    return Verifier(ledger, monkeypatch, capsys)


class Verifier:
    """The command line as an operator uses it."""

    def __init__(
        self,
        ledger: Ledger,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self._patch = monkeypatch
        self._capsys = capsys
        self.set(ledger.environ())

    def set(self, environ: dict[str, str]) -> None:
        for name, value in environ.items():
            self._patch.setenv(name, value)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Return exit status, stdout and stderr."""
        self._capsys.readouterr()
        status = verify_audit.main(arguments)
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def flaws(self) -> list[dict[str, Any]]:
        status, out, _ = self.run("--json")
        verdict = json.loads(out)
        assert status == (1 if verdict["flaws"] else 0)
        flaws: list[dict[str, Any]] = verdict["flaws"]
        return flaws


def test_a_log_that_nobody_touched_is_whole(verifier: Verifier) -> None:
    assert verifier.run() == (
        0,
        "whole: 4 seals over 16 rows, 0 rows not sealed yet\n",
        "",
    )


def test_rows_after_the_last_seal_are_counted_and_the_next_run_seals_them(
    ledger: Ledger, verifier: Verifier
) -> None:
    ledger.append(3)
    assert "3 rows not sealed yet" in verifier.run()[1]
    assert ledger.seal() == Sealed(seals=1, rows=3)
    assert ledger.seal() == Sealed()
    assert "5 seals over 19 rows" in verifier.run()[1]


def test_more_rows_than_a_page_are_sealed_and_verified(ledger: Ledger, verifier: Verifier) -> None:
    ledger.append(2100)
    assert ledger.seal() == Sealed(seals=3, rows=2100)
    assert "7 seals over 2116 rows" in verifier.run()[1]
    ledger.tamper(
        "update public.audit_log set action = 'x' where subject = '{a}' and sequence = 1500"
    )
    (flaw,) = verifier.flaws()
    assert (flaw["kind"], flaw["sequence"]) == ("altered", 1500)


@pytest.mark.parametrize("name", MANIPULATIONS)
def test_the_first_bad_row_is_named(ledger: Ledger, verifier: Verifier, name: str) -> None:
    kind, sequence, script = MANIPULATIONS[name]
    ledger.tamper(script)
    flaw = verifier.flaws()[0]
    assert (flaw["kind"], flaw["sequence"], flaw["subject"]) == (
        kind,
        sequence,
        ledger.subjects[0],
    )
    status, out, _ = verifier.run()
    assert status == 1
    assert "TAMPERED WITH" in out
    assert f"row {sequence} of {ledger.subjects[0]}" in out


def test_the_other_user_s_rows_are_still_checked(ledger: Ledger, verifier: Verifier) -> None:
    ledger.tamper(ALTER)
    ledger.tamper(ALTER_THE_OTHER)
    found = {(flaw["subject"], flaw["sequence"]) for flaw in verifier.flaws()}
    assert found == {(ledger.subjects[0], 5), (ledger.subjects[1], 8)}


def test_an_altered_and_a_deleted_seal_are_named(ledger: Ledger, verifier: Verifier) -> None:
    ledger.tamper("update public.audit_seals set sealed_at = now() where number = 3")
    (flaw,) = verifier.flaws()
    assert (flaw["kind"], flaw["number"]) == ("seal_altered", 3)
    ledger.tamper("delete from public.audit_seals where number = 3")
    (flaw,) = verifier.flaws()
    assert (flaw["kind"], flaw["number"]) == ("seal_deleted", 3)


def test_seals_cut_off_with_their_rows_are_named_by_the_head_kept_outside(
    ledger: Ledger, verifier: Verifier
) -> None:
    ledger.tamper(CUT_OFF)
    (flaw,) = verifier.flaws()
    assert (flaw["kind"], flaw["number"]) == ("cut", 3)


def test_without_a_head_outside_a_clean_cut_cannot_be_told(
    ledger: Ledger, verifier: Verifier, tmp_path: Path
) -> None:
    empty = tmp_path / "no heads"
    empty.touch()
    ledger.tamper(CUT_OFF)
    assert verifier.run("--heads", str(empty))[0] == 0


def test_a_tail_cut_before_it_was_sealed_is_told_by_the_counter(
    ledger: Ledger, verifier: Verifier
) -> None:
    ledger.append(4)
    ledger.tamper("delete from public.audit_log where subject = '{a}' and sequence > 10")
    (flaw,) = verifier.flaws()
    assert (flaw["kind"], flaw["sequence"]) == ("cut", 11)


def test_a_row_deleted_before_it_was_sealed_is_sealed_as_missing(
    ledger: Ledger, verifier: Verifier
) -> None:
    ledger.append(3)
    ledger.tamper("delete from public.audit_log where subject = '{a}' and sequence = 10")
    assert ledger.seal() == Sealed(seals=1, rows=2, missing=1)
    (flaw,) = verifier.flaws()
    assert (flaw["kind"], flaw["sequence"]) == ("deleted", 10)
    assert "when its seal was made" in flaw["sentence"]


def test_who_stole_the_key_is_still_told_by_the_heads_kept_outside(
    ledger: Ledger, verifier: Verifier, tmp_path: Path
) -> None:
    ledger.tamper(ALTER)
    ledger.tamper("delete from public.audit_seals")
    seal_new_rows(ledger.database, ledger.settings.audit_keys, tmp_path / "forged heads")
    flaw = verifier.flaws()[0]
    assert (flaw["kind"], flaw["number"]) == ("seal_altered", 2)


def test_a_new_key_seals_on_and_the_old_one_still_verifies(
    ledger: Ledger, verifier: Verifier
) -> None:
    ledger.append(2)
    assert ledger.seal(f"{NEW_KEY},{OLD_KEY}").rows == 2
    verifier.set(ledger.environ(f"{NEW_KEY},{OLD_KEY}"))
    assert verifier.flaws() == []
    verifier.set(ledger.environ(NEW_KEY))
    (flaw,) = verifier.flaws()
    assert (flaw["kind"], flaw["number"]) == ("key_missing", 1)
    assert "k1" in flaw["sentence"]


def test_seals_that_do_not_continue_the_newest_are_refused_whole(ledger: Ledger) -> None:
    newest = ledger.database.rows("audit_seals", order="number.desc", limit="1")[0]
    ledger.append(1)
    unsealed = {"first_sequence": 9, "last_sequence": 9, "links": "0" * 64}
    good = newest | unsealed | {"number": 5, "subject": ledger.subjects[0]}
    for bad in ({"number": 6}, {"first_sequence": 8, "links": "0" * 128}, {"last_sequence": 10}):
        with pytest.raises(ApiError) as refused:
            ledger.database.rpc("store_audit_seals", {"p_seals": [good | bad]})
        assert refused.value.status in {409, 422}, refused.value
    with pytest.raises(ApiError):
        ledger.database.rpc("store_audit_seals", {"p_seals": [good, good]})
    assert len(ledger.database.rows("audit_seals")) == 4


def test_the_verifier_says_what_it_lacks_and_ends_with_two(
    ledger: Ledger, verifier: Verifier, tmp_path: Path
) -> None:
    verifier.set(ledger.environ(""))
    status, out, err = verifier.run()
    assert (status, out) == (2, "")
    assert "AUDIT_SEAL_KEY is not set" in err
    verifier.set(ledger.environ("k1:short"))
    assert "must be 32 bytes" in verifier.run()[2]
    verifier.set(ledger.environ())
    bad = tmp_path / "bad heads"
    bad.write_text('{"number": 1}\n')
    assert (
        verifier.run("--heads", str(bad))[2]
        == f"verify_audit: line 1 of {bad} is no head of a seal\n"
    )
    verifier.set({"SUPABASE_URL": "http://127.0.0.1:9"})
    assert verifier.run()[0] == 2


def test_the_help_says_what_the_exit_status_means(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        verify_audit.main(["--help"])
    assert ended.value.code == 0
    assert "exit status: 0 nothing was tampered with" in capsys.readouterr().out
