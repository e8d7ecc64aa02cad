"""The access token: chosen, renewed in time, replaced when it dies, kept sealed, told to nobody."""

import asyncio
import io
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.secrets import SecretSealer
from core.brokers.dhan.access_token import facts_of
from core.brokers.dhan.totp import secret_bytes
from core.errors import BrokerError, ConfigError
from devstack.dhan.accounts import Account
from devstack.dhan.fault_board import FaultBoard
from devstack.dhan.faults import Fault, FaultKind
from devstack.dhan.simulator import Simulator
from tests.devstack.dhan.running import simulate, until
from worker.broker.dhan import Dhan
from worker.broker.token_file import Kept, TokenFile
from worker.broker.token_keeper import TokenKeeper
from worker.broker.token_life import LIFE_SECONDS
from worker.broker.token_login import Login
from worker.broker.token_maker import LOGIN_SECONDS, TokenMaker
from worker.broker.token_setup import hand_in
from worker.broker.tokens import Another, Credentials
from worker.logs import JsonLines
from worker.settings import read_settings

SEALER = SecretSealer({"test": bytes(32)})


class Scene:
    """A simulated broker, and a file in which the token is kept."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.account: Account = simulator.accounts.all[0]
        self.board: FaultBoard = simulator.board
        self.file = TokenFile(folder / "token.json", SEALER, self.account.client_id)
        self.ahead = 0.0
        self.troubles: list[str] = []

    def now(self) -> float:
        return time.time() + self.ahead

    @property
    def token(self) -> str:
        """Return the one that lives."""
        return self.account.token.text

    @property
    def calls(self) -> dict[str, int]:
        rest = self.simulator.counters.rest
        return {path: sum(statuses.values()) for path, statuses in rest.items()}

    @asynccontextmanager
    async def keeper(
        self, given: str | None = None, *, logs_in: bool = False, runs: bool = False
    ) -> AsyncIterator[TokenKeeper]:
        """Yield a keeper; `begin` is left to the test unless it runs."""
        base = f"http://127.0.0.1:{self.simulator.port_rest}"
        credentials = Credentials(self.account.pin, self.account.totp_secret)
        async with Login(
            f"{base}/v2", base, self.account.client_id, credentials if logs_in else None
        ) as login:
            maker = TokenMaker(login, self.file, self.now)
            keeper = TokenKeeper(maker, self.token if given is None else given, self.now)
            keeper.on_trouble = lambda sentence, _: self.troubles.append(sentence)
            running = None
            if runs:
                await keeper.begin()
                running = asyncio.create_task(keeper.run())
            try:
                yield keeper
            finally:
                if running is not None:
                    running.cancel()
                    await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def a_scene(folder: Path, **options: Any) -> AsyncIterator[Scene]:
    async with simulate(**options) as simulator:
        yield Scene(simulator, folder)


async def test_a_token_is_renewed_before_it_ends_and_the_new_one_is_kept(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene, scene.keeper(runs=True) as keeper:
        old = keeper.text
        assert old == scene.token
        heard: list[str] = []
        keeper.on_new.append(heard.append)
        scene.ahead = LIFE_SECONDS * 0.7
        await until(lambda: keeper.text != old)
        assert heard == [scene.token] == [keeper.text]
        assert scene.file.read().token == scene.token
        assert keeper.figures()["renewals"] == scene.calls["/v2/RenewToken"] == 1
        assert not scene.troubles


@pytest.mark.full
async def test_what_a_program_made_is_made_anew(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene, scene.keeper("", logs_in=True, runs=True) as keeper:
        assert not facts_of(keeper.text).is_renewable
        old, scene.ahead = keeper.text, LIFE_SECONDS * 0.95
        await until(lambda: keeper.text != old)
        assert keeper.text == scene.token
        assert keeper.figures()["logins"] == 2
        assert "/v2/RenewToken" not in scene.calls


async def test_the_start_takes_the_newest_token_that_lives(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene:
        first = scene.token
        scene.simulator.accounts.renew(scene.account)
        scene.file.write(Kept(scene.token))
        async with scene.keeper(first) as keeper:
            await keeper.begin()
            assert keeper.text == scene.token
        scene.simulator.accounts.renew(scene.account)
        async with scene.keeper() as keeper:  # A person has set a newer one.
            await keeper.begin()
            assert keeper.text == scene.token
        async with scene.keeper(first) as keeper:
            with pytest.raises(ConfigError, match=r"refuses DHAN_ACCESS_TOKEN .*DH-901"):
                await keeper.begin()


async def test_where_no_token_lives_the_start_logs_in_unless_it_must_not_yet(
    tmp_path: Path,
) -> None:
    async with a_scene(tmp_path) as scene:
        scene.file.write(Kept("an.old.token"))
        async with scene.keeper("another.old.token", logs_in=True) as keeper:
            await keeper.begin(may_log_in=False)
            assert "/app/generateAccessToken" not in scene.calls
            await keeper.begin()
            assert keeper.text == scene.token == scene.file.read().token


async def test_a_dead_token_is_replaced_by_a_login(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene, scene.keeper(logs_in=True) as keeper:
        await keeper.begin()
        old = keeper.text
        scene.simulator.accounts.expire(scene.account)
        found = await asyncio.gather(*(keeper.another(old) for _ in range(5)))
        assert set(found) == {Another.THERE}
        assert keeper.text == scene.token != old
        assert scene.calls["/app/generateAccessToken"] == 1
        assert await keeper.another(old) is Another.THERE


async def test_a_token_that_lives_is_not_replaced_whoever_doubts_it(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene, scene.keeper(logs_in=True) as keeper:
        await keeper.begin()
        old = keeper.text
        found = await asyncio.gather(*(keeper.another(old) for _ in range(5)))
        assert set(found) == {Another.NOT_NEEDED}
        assert keeper.text == old
        assert scene.calls["/v2/profile"] == 2  # At the start, and once for all five.


async def test_without_a_way_to_another_a_human_is_told_once_and_may_hand_one_in(
    tmp_path: Path,
) -> None:
    async with a_scene(tmp_path) as scene, scene.keeper(runs=True) as keeper:
        old = keeper.text
        new = scene.simulator.accounts.renew(scene.account).text
        assert await keeper.another(old) is Another.NONE
        assert await keeper.another(old) is Another.NONE
        assert len(scene.troubles) == 1
        assert "refuses DHAN_ACCESS_TOKEN" in scene.troubles[0]
        assert keeper.figures()["is_refused"]
        TokenFile(tmp_path / "token.json", SEALER, scene.account.client_id).write(Kept(new))
        await until(lambda: keeper.text == new)
        assert not keeper.figures()["is_refused"]


async def test_a_token_about_to_end_that_nobody_renews_is_told(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene, scene.keeper(runs=True):
        scene.board.add(Fault(FaultKind.REST_STATUS, code=500, seconds=600, path="/v2/RenewToken"))
        scene.ahead = LIFE_SECONDS - 1800
        await until(lambda: bool(scene.troubles))
        assert "ends in 30 minutes" in scene.troubles[0]


async def test_a_new_token_whose_answer_was_lost_is_followed_by_a_login(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene, scene.keeper(logs_in=True) as keeper:
        await keeper.begin()
        old = keeper.text
        scene.board.add(Fault(FaultKind.REST_LOST, count=1, path="/v2/RenewToken"))
        async with keeper._lock:
            assert not await keeper._replace()
        assert scene.token != keeper.text == old
        assert await keeper.another(old) is Another.THERE
        assert keeper.text == scene.token


async def test_one_login_in_two_minutes_also_over_a_restart(tmp_path: Path) -> None:
    async with a_scene(tmp_path, rate_limits=True) as scene:
        async with scene.keeper("", logs_in=True) as keeper:
            await keeper.begin()
        scene.simulator.accounts.expire(scene.account)
        async with scene.keeper(logs_in=True) as keeper:
            assert await keeper.another(keeper.text) is Another.NONE
            assert scene.calls["/app/generateAccessToken"] == 1
            scene.ahead = LOGIN_SECONDS + 1
            scene.account.minted_at -= LOGIN_SECONDS + 1
            keeper._next_look = 0
            assert await keeper.another(keeper.text) is Another.THERE


async def test_a_login_that_fails_counts_too(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene, scene.keeper("", logs_in=True) as keeper:
        scene.board.add(Fault(FaultKind.REST_STATUS, code=500, count=1, path="/app/"))
        with pytest.raises(BrokerError, match="HTTP 500"):
            await keeper.begin()
        assert scene.file.read().login_at > time.time() - 60


@pytest.mark.full
async def test_of_two_workers_on_a_machine_one_renews_and_both_have_it(tmp_path: Path) -> None:
    async with (
        a_scene(tmp_path) as scene,
        scene.keeper(runs=True) as one,
        scene.keeper(runs=True) as other,
    ):
        old, scene.ahead = one.text, LIFE_SECONDS * 0.7
        await until(lambda: one.text == other.text != old)
        assert scene.calls["/v2/RenewToken"] == 1
        assert sum(each.figures().get("adopted", 0) for each in (one, other)) == 1


async def test_requests_take_the_new_token_over(tmp_path: Path) -> None:
    async with a_scene(tmp_path) as scene, scene.keeper(logs_in=True) as keeper:
        await keeper.begin()
        base = f"http://127.0.0.1:{scene.simulator.port_rest}"
        async with Dhan(f"{base}/v2", base, scene.account.client_id, keeper) as dhan:
            scene.simulator.accounts.expire(scene.account)
            assert (await dhan.profile())["dataPlan"] == "Active"
        assert keeper.figures()["logins"] == 1


def test_what_is_on_disk_is_sealed_for_its_account(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "token.json"
    TokenFile(path, SEALER, "1").write(Kept("head.body.signature", 12.0))
    assert "body" not in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o077 == 0
    assert TokenFile(path, SEALER, "1").read() == Kept("head.body.signature", 12.0)
    assert TokenFile(path, SEALER, "2").read() == Kept()
    assert TokenFile(path, SecretSealer({"test": bytes([1] * 32)}), "1").read() == Kept()
    path.write_text("{", encoding="utf-8")
    assert TokenFile(path, SEALER, "1").read() == Kept()
    assert len(caplog.records) == 3
    with pytest.raises(ConfigError, match=r"DHAN_TOKEN_FILE .* cannot be written"):
        TokenFile(tmp_path / "no" / "token.json", SEALER, "1").write(Kept("a"))


async def test_no_token_no_pin_and_no_password_is_ever_written_in_a_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "worker")
    async with a_scene(tmp_path) as scene, scene.keeper(logs_in=True) as keeper:
        await keeper.begin()
        tokens = [keeper.text]
        scene.simulator.accounts.expire(scene.account)
        await keeper.another(keeper.text)
        tokens.append(keeper.text)
        scene.board.add(Fault(FaultKind.REST_LOST, count=1, path="/app/"))
        scene.ahead = LOGIN_SECONDS + 1
        scene.simulator.accounts.expire(scene.account)
        keeper._next_look = 0
        await keeper.another(keeper.text)
        said = caplog.text + json.dumps(scene.troubles) + json.dumps(keeper.figures())
        assert "access token in use" in said
        for secret in (*tokens, scene.account.pin, scene.account.totp_secret):
            assert secret not in said


def test_a_token_that_becomes_a_secret_is_blotted_out() -> None:
    lines = JsonLines()
    lines.hide("a.new.token")
    record = logging.LogRecord("n", logging.INFO, "", 0, "it is a.new.token", None, None)
    assert "a.new.token" not in lines.format(record)


async def test_a_person_hands_a_token_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_scene(tmp_path) as scene:
        base = f"http://127.0.0.1:{scene.simulator.port_rest}"
        settings = read_settings(
            {
                "SUPABASE_URL": "http://127.0.0.1:9",
                "SUPABASE_SECRET_KEY": "sb_secret_of_a_test",
                "DHAN_CLIENT_ID": scene.account.client_id,
                "DHAN_ACCESS_TOKEN": "an.old.token",
                "DHAN_API_URL": f"{base}/v2",
                "WORKER_STATE_DIR": str(tmp_path),
            }
        )
        for text, said in ((scene.token, "kept"), ("a.wrong.token", "refuses"), ("", "0 char")):
            monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))
            try:
                assert await asyncio.to_thread(hand_in, settings) == 0
                found = capsys.readouterr().out
            except ConfigError as error:
                found = str(error)
            assert said in found
        assert scene.token not in (tmp_path / "token.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["JBSW Y3DP ehpk 3pxp", "JBSWY3DPEHPK3PXP=="])
def test_a_password_secret_is_read_as_apps_show_it(text: str) -> None:
    assert secret_bytes(text) == b"Hello!\xde\xad\xbe\xef"


@pytest.mark.parametrize("text", ["", "0189", "not base32!"])
def test_what_is_no_password_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError, match=rf"a secret of {len(text)} characters is not base32"):
        secret_bytes(text)


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "a.e30.c", "a.W10.c", "a.bnVsbA.c"])
def test_of_a_token_that_says_nothing_nothing_is_known(token: str) -> None:
    assert facts_of(token).expires_at is None
