"""The feed over real sockets: spread over several, each with its own end and its own return."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from core.brokers.dhan import wire
from core.engine import Engine
from core.errors import ConfigError, FeedError
from core.instrument import Instrument, InstrumentKind, Segment
from core.intake import Intake
from core.session import load_calendar
from devstack.dhan import packets
from devstack.dhan.faults import Fault, FaultKind
from devstack.dhan.simulator import Simulator
from tests.devstack.dhan.running import simulate, until
from tests.devstack.dhan.small_tape import FUTURE, INDEX, OPTION
from worker.broker.tokens import Another, FixedToken
from worker.feed.feed import Feed
from worker.feed.feed_socket import FeedSocket
from worker.feed.gate import Gate
from worker.feed.line import Account
from worker.feed.subscriptions import MANY, SILENCE_SECONDS, Pulse

TICK = Decimal("0.05")
SPACING_SECONDS = 0.1


class Keeper:
    """Whoever keeps the token: gives out the simulator's when one was refused."""

    def __init__(self, simulator: Simulator, text: str) -> None:
        self._account = simulator.accounts.all[0]
        self.text = text
        self.refused: list[str] = []

    async def another(self, refused: str) -> Another:
        self.refused.append(refused)
        self.text = self._account.token.text
        return Another.NOT_NEEDED if self.text == refused else Another.THERE

    def figures(self) -> dict[str, Any]:
        return {}


class Scene:
    """A feed from a simulator in this process."""

    def __init__(self, simulator: Simulator, token: str | None, **options: Any) -> None:
        self.simulator = simulator
        self.keeper = Keeper(simulator, token or simulator.accounts.all[0].token.text)
        engine = Engine(UUID(int=1), load_calendar())
        self.intake = Intake(engine, lambda _: None, self._control, lambda _: 1 << 62)
        url = f"ws://127.0.0.1:{simulator.port_feed}"
        account = Account(url, simulator.accounts.all[0].client_id, self.keeper)
        options = {"gate": Gate(SPACING_SECONDS), **options}
        self.feed = Feed(account, self.intake, lambda: True, **options)
        self.running: asyncio.Task[None]
        self.told: list[tuple[str, Any]] = []
        self.feed.on_lost = lambda _, keys: self.told.append(("lost", keys))
        self.feed.on_back = lambda whose: self.told.append(("back", whose()))
        self.feed.on_unheard = lambda keys: self.told.append(("unheard", keys))
        for each in (INDEX, FUTURE, OPTION):
            self.intake.route(each, engine.watch(each))

    def _control(self, fields: wire.Fields) -> None:
        if fields[0] == wire.PacketKind.DISCONNECT:
            self.feed.told_to_go(fields[4])

    @property
    def sockets(self) -> list[dict[str, Any]]:
        return [each for each in self.simulator.feed.sockets_as_json() if each["open"]]

    def count(self, what: str) -> int:
        return sum(name == what for name, _ in self.told)

    def fault(self, kind: FaultKind, **options: Any) -> None:
        self.simulator.feed.play(Fault(kind, **options))


@asynccontextmanager
async def a_feed(
    wanted: Sequence[Instrument] = (INDEX, FUTURE, OPTION),
    token: str | None = None,
    simulator_options: dict[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Scene]:
    playing = {"hold": False, "speed": 4.0, **(simulator_options or {})}
    async with simulate(**playing) as simulator:
        scene = Scene(simulator, token, **options)
        scene.feed.want(wanted)
        scene.running = asyncio.create_task(scene.feed.run())
        try:
            yield scene
        finally:
            scene.running.cancel()
            await asyncio.gather(scene.running, return_exceptions=True)


def _has_been_back(scene: Scene, times: int) -> bool:
    return scene.count("back") == times


def _subscribed(scene: Scene, *counts: int) -> Callable[[], bool]:
    return lambda: sorted(each["instruments"] for each in scene.sockets) == sorted(counts)


async def test_instruments_fill_one_socket_after_the_other_and_stay_where_they_are() -> None:
    async with a_feed((INDEX,), per_socket=2) as scene:
        await until(_subscribed(scene, 1))
        scene.feed.want((FUTURE, OPTION))
        await until(_subscribed(scene, 1, 2))
        scene.feed.drop((INDEX,))
        scene.feed.want((FUTURE, OPTION))
        await until(_subscribed(scene, 1, 1))
        assert scene.told[0] == ("unheard", [INDEX.key])
        assert ("unheard", [OPTION.key]) in scene.told


async def test_the_end_of_one_socket_is_a_loss_of_its_instruments_alone() -> None:
    async with a_feed(per_socket=1) as scene:
        await until(_subscribed(scene, 1, 1, 1))
        lost = scene.simulator.feed._open()[1]
        lost.reset("test")
        await until(lambda: scene.count("back") == 4)
        assert [keys for what, keys in scene.told if what == "lost"] == [[FUTURE.key]]
        assert scene.told[-1] == ("back", [FUTURE.key])
        attempts = [each["attempts"] for each in scene.feed.figures()]
        assert attempts == [1, 2, 1]
        assert scene.feed.counters["attempts"] == 4


async def test_of_a_single_socket_everything_is_lost_whatever_is_wanted_later() -> None:
    async with a_feed((INDEX,)) as scene:
        await until(_subscribed(scene, 1))
        scene.simulator.feed._open()[0].reset("test")
        await until(lambda: scene.count("back") == 2)
        assert [keys for what, keys in scene.told if what == "lost"] == [None]


async def test_more_than_the_account_may_have_is_refused_with_the_numbers() -> None:
    async with simulate() as simulator:
        feed = Scene(simulator, None, per_socket=1).feed
        many = [a_share(number) for number in range(6)]
        with pytest.raises(FeedError, match=r"^6 instruments are above 5, the limit of 5 sockets "):
            feed.want(many)
        feed.want(many[:5])
        with pytest.raises(FeedError, match="6 instruments are above 5"):
            feed.want(many)


def a_share(number: int) -> Instrument:
    return Instrument(Segment.NSE_EQ, 1000 + number, f"N{number}", InstrumentKind.EQUITY, 1, TICK)


async def test_twenty_five_thousand_instruments_are_five_full_sockets() -> None:
    async with simulate() as simulator:
        feed = Scene(simulator, None).feed
        feed.want(a_share(number) for number in range(25_000))
        assert [each["instruments"] for each in feed.figures()] == [5_000] * 5
        with pytest.raises(FeedError, match=r"25,001 instruments are above 25,000"):
            feed.want([INDEX])


async def test_sockets_connect_one_by_one_and_not_in_a_rush() -> None:
    began = time.monotonic()
    async with a_feed(per_socket=1) as scene:
        await until(_subscribed(scene, 1, 1, 1))
        assert time.monotonic() - began >= 2 * SPACING_SECONDS
        scene.fault(FaultKind.RESET)
        began = time.monotonic()
        await until(lambda: scene.count("back") == 6)
        assert time.monotonic() - began >= 2 * SPACING_SECONDS
        assert scene.simulator.counters.handshakes["101"] == 6


async def test_a_socket_on_which_nothing_trades_is_told_from_a_dead_one_by_its_pulse() -> None:
    pulse = Pulse(INDEX, lambda: True)

    def heard(scene: Scene) -> bool:
        (route,) = (each for each in scene.intake.routes if each.instrument is INDEX)
        return route.time_ns > 0

    async with a_feed((OPTION,), pulse=pulse) as scene:
        await until(_subscribed(scene, 2))
        await until(lambda: scene.feed.figures()[0]["messages"] > 5)
        assert not heard(scene)
        assert not scene.intake.odd
        scene.feed.want([INDEX])
        await until(lambda: heard(scene))
        assert _subscribed(scene, 2)()
        scene.feed.drop([INDEX])
        before = scene.feed.figures()[0]["messages"]
        await until(lambda: scene.feed.figures()[0]["messages"] > before + 3)
        assert _subscribed(scene, 2)()


def test_a_socket_with_many_instruments_needs_no_pulse() -> None:
    assert 100 < MANY < 5_000


@pytest.mark.parametrize("code", [800, 807])
async def test_a_reason_that_is_there_before_we_have_subscribed_is_heard(code: int) -> None:
    async with a_feed(token="a.dead.token") as scene:
        # The simulator lets a bad token in and says goodbye in the same breath.
        await until(_subscribed(scene, 3))
        assert scene.keeper.refused == ["a.dead.token"]
        assert scene.feed.counters["reason_809"] == 1
        scene.fault(FaultKind.DISCONNECT, code=code)
        await until(lambda: scene.count("back") == 3)
        assert scene.feed.counters[f"reason_{code}"] == 1


async def test_another_token_is_used_at_once() -> None:
    async with a_feed() as scene:
        await until(_subscribed(scene, 3))
        account = scene.simulator.accounts.all[0]
        began = time.monotonic()
        new = scene.simulator.accounts.renew(account)
        await until(lambda: scene.count("back") == 2)
        assert scene.keeper.text == new.text
        assert scene.feed.counters["attempts"] == 2
        assert time.monotonic() - began < SILENCE_SECONDS


@pytest.mark.full
async def test_a_feed_that_breaks_twice_without_a_word_makes_the_token_suspect() -> None:
    async with a_feed() as scene:
        await until(_subscribed(scene, 3))
        scene.fault(FaultKind.SILENCE, seconds=60)
        await until(lambda: scene.count("back") == 1)
        for sockets in (2, 3, 4):
            scene.simulator.feed._open()[0].reset("test")
            await until(partial(_has_been_back, scene, sockets))
        await until(lambda: len(scene.keeper.refused) >= 1)


@pytest.mark.full
async def test_the_whole_account_waits_when_the_broker_has_had_too_many_attempts() -> None:
    async with a_feed(per_socket=2) as scene:
        await until(_subscribed(scene, 1, 2))
        scene.fault(FaultKind.HANDSHAKE_429, count=1)
        scene.fault(FaultKind.RESET)
        began = time.monotonic()
        await until(lambda: scene.count("back") == 4)
        assert time.monotonic() - began >= 2.5
        assert scene.feed.counters["handshake_429"] == 1
        assert scene.simulator.counters.handshakes["101"] == 4


async def test_a_contract_that_is_over_is_not_asked_for_again() -> None:
    over: set[Instrument] = set()
    async with a_feed(is_over=over.__contains__) as scene:
        await until(_subscribed(scene, 3))
        over.add(FUTURE)
        scene.simulator.feed._open()[0].reset("test")
        await until(_subscribed(scene, 2))


@pytest.mark.full
async def test_who_waits_to_connect_need_not_wait_when_there_is_another_token() -> None:
    async with a_feed() as scene:
        await until(_subscribed(scene, 3))
        scene.fault(FaultKind.RESET, count=6)
        scene.simulator.feed._open()[0].reset("test")
        while scene.feed.counters["attempts"] < 7:
            scene.feed.wake()
            await asyncio.sleep(SPACING_SECONDS)
        scene.feed.wake()
        await until(_subscribed(scene, 3))


async def test_a_refused_account_ends_the_feed() -> None:
    async with a_feed() as scene:
        await until(_subscribed(scene, 3))
        scene.fault(FaultKind.DISCONNECT, code=806)
        with pytest.raises(ConfigError, match="no Data API plan"):
            async with asyncio.timeout(10):
                await scene.running


async def test_a_refusal_that_no_token_mends_ends_the_feed() -> None:
    async with a_feed() as scene:
        await until(_subscribed(scene, 3))
        scene.fault(FaultKind.DISCONNECT, code=809, count=2)
        scene.simulator.feed._open()[0].reset("test")
        with pytest.raises(ConfigError, match=r"access token invalid \(809\)"):
            async with asyncio.timeout(10):
                await scene.running


@pytest.mark.parametrize("is_held", [False, True])
async def test_why_a_socket_is_closed_is_heard_wherever_it_stands(*, is_held: bool) -> None:
    async with simulate() as simulator:
        scene = Scene(simulator, None)
        socket = FeedSocket(scene.intake)
        tick = packets.previous_close(INDEX, 1.0, 0)
        if is_held:
            scene.intake.hold()
        scene.intake.source = socket
        scene.intake.take(tick + packets.disconnect(807))
        assert socket.reason == 807
        if is_held:
            assert scene.intake.queued == 1
            scene.intake.release()
        assert scene.intake.wire.packets == 2
        assert scene.intake.queued == 0


async def test_data_that_ends_like_a_goodbye_is_not_one() -> None:
    async with simulate() as simulator:
        scene = Scene(simulator, None)
        socket = scene.intake.source = FeedSocket(scene.intake)
        odd = bytearray(wire.TICKER.pack(2, 16, 0, 13, 25_000.0, 0))
        odd[6], odd[7] = 50, 10
        scene.intake.hold()
        scene.intake.take(bytes(odd))
        assert socket.reason is None
        assert scene.intake.queued == 1
        scene.intake.release()


def test_a_fixed_token_has_no_other() -> None:
    keeper = FixedToken("one")
    assert asyncio.run(keeper.another("one")) is Another.NONE
    assert asyncio.run(keeper.another("an older one")) is Another.THERE
