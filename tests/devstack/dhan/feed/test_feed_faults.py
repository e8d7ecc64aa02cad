"""Each fault of the feed over real sockets: what the client sees, and that it ends."""

import asyncio
import time

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from core.brokers.dhan.subscription import Mode
from core.brokers.dhan.wire import PacketKind, WireCounters, decode
from devstack.dhan import packets as made
from devstack.dhan.clock import AS_FAST_AS_POSSIBLE
from tests.devstack.dhan.running import FeedClient, api, feed_client, feed_url, simulate, until
from tests.devstack.dhan.small_tape import FUTURE, INDEX

SHORT = 0.3


async def test_a_stalled_socket_gets_nothing_not_even_a_pong_and_then_goes_on() -> None:
    async with (
        simulate() as simulator,
        api(simulator) as control,
        feed_client(simulator) as client,
    ):
        await client.subscribe(Mode.TICKER, [INDEX])
        began = time.monotonic()
        assert (await control.fault(kind="stall", seconds=SHORT))["sockets"] == 1
        pong = await client.socket.ping()
        await asyncio.wait_for(pong, 5)
        assert time.monotonic() - began >= SHORT
        (connection,) = simulator.feed._connections.values()
        await control.clock(hold=False, speed="max")
        assert len(await client.packets(60)) == 60
        assert connection.traffic.withheld_packets == 0


async def test_what_is_due_during_a_stall_is_lost_and_counted() -> None:
    async with (
        simulate(speed=AS_FAST_AS_POSSIBLE) as simulator,
        api(simulator) as control,
        feed_client(simulator) as client,
    ):
        await client.subscribe(Mode.TICKER, [INDEX])
        await control.fault(kind="stall", seconds=60)
        await control.clock(hold=False)
        await until(lambda: simulator.player.rows_left == 0)
        assert (await control.state())["sockets"][0]["withheld_packets"] == 60
        await control.call("DELETE", "/_control/faults")
        await control.clock(rewind="09:15")
        assert len(await client.packets(60)) == 60


async def test_silence_keeps_the_socket_alive_without_data() -> None:
    async with (
        simulate(speed=AS_FAST_AS_POSSIBLE) as simulator,
        api(simulator) as control,
        feed_client(simulator) as client,
    ):
        await client.subscribe(Mode.TICKER, [INDEX])
        await control.fault(kind="silence", seconds=60)
        await control.clock(hold=False)
        await until(lambda: simulator.player.rows_left == 0)
        await asyncio.wait_for(await client.socket.ping(), 5)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.socket.recv(), 0.05)


async def test_a_reset_comes_without_a_close_frame() -> None:
    async with simulate() as simulator, api(simulator) as control:
        async with feed_client(simulator) as client:
            await client.subscribe()
            assert (await control.fault(kind="reset"))["sockets"] == 1
            with pytest.raises(ConnectionClosedError) as lost:
                await client.ended()
            assert lost.value.rcvd is None
            assert isinstance(lost.value.__cause__, ConnectionResetError)
        assert simulator.counters.closed == {"fault reset": 1}


async def test_a_reset_can_wait_for_the_next_subscription() -> None:
    async with simulate() as simulator, api(simulator) as control:
        await control.fault(kind="reset", count=1)
        async with feed_client(simulator) as client:
            with pytest.raises(ConnectionClosedError):
                await client.subscribe()
        async with feed_client(simulator) as client:
            await client.subscribe()


async def test_a_disconnect_carries_the_reason_asked_for() -> None:
    async with (
        simulate() as simulator,
        api(simulator) as control,
        feed_client(simulator) as client,
    ):
        await client.subscribe()
        await control.fault(kind="disconnect", code=805)
        packets = await client.ended()
        assert (packets[-1][0], packets[-1][4]) == (PacketKind.DISCONNECT, 805)


async def test_a_fault_for_one_client_spares_the_other() -> None:
    async with simulate(clients=2) as simulator, api(simulator) as control:
        first, second = simulator.accounts.all
        async with feed_client(simulator, first) as one, feed_client(simulator, second) as other:
            await one.subscribe()
            await other.subscribe()
            assert (await control.fault(kind="reset", client=first.client_id))["sockets"] == 1
            with pytest.raises(ConnectionClosedError):
                await one.ended()
            await asyncio.wait_for(await other.socket.ping(), 5)


async def test_stacked_packets_arrive_all_in_fewer_messages() -> None:
    async with (
        simulate(speed=AS_FAST_AS_POSSIBLE) as simulator,
        api(simulator) as control,
        feed_client(simulator) as client,
    ):
        await client.subscribe()
        await control.fault(kind="stacked", seconds=60)
        await control.clock(hold=False)
        sizes: list[int] = []
        while sum(sizes) < 240:
            got = [p for p in await client.message() if p[0] != PacketKind.MARKET_STATUS]
            sizes.append(len(got))
        assert sum(sizes) == 240
        assert max(sizes) > 1


@pytest.mark.parametrize(("kind", "malformed", "unknown"), [("truncated", 2, 0), ("unknown", 0, 2)])
async def test_a_bad_packet_is_put_between_good_ones(
    kind: str, malformed: int, unknown: int
) -> None:
    async with (
        simulate() as simulator,
        api(simulator) as control,
        feed_client(simulator) as client,
    ):
        await client.subscribe(Mode.TICKER, [INDEX])
        await control.fault(kind=kind, count=2)
        await control.clock(hold=False, speed=100)
        assert len(await client.packets(60)) == 60
        assert (client.counters.malformed, client.counters.unknown) == (malformed, unknown)
        assert (await control.state())["faults"] == {kind: 2}


async def test_a_text_message_is_put_between_good_ones() -> None:
    async with (
        simulate(speed=AS_FAST_AS_POSSIBLE) as simulator,
        api(simulator) as control,
        feed_client(simulator) as client,
    ):
        await client.subscribe(Mode.TICKER, [INDEX])
        await control.fault(kind="text")
        await control.clock(hold=False)
        raw = [await asyncio.wait_for(client.socket.recv(), 5) for _ in range(62)]
        texts = [message for message in raw if isinstance(message, str)]
        assert texts == ['{"message":"this feed is binary"}']


async def test_handshakes_are_refused_with_429_so_often() -> None:
    async with simulate() as simulator, api(simulator) as control:
        await control.fault(kind="handshake_429", count=2)
        for _ in range(2):
            with pytest.raises(InvalidStatus) as refused:
                await connect(feed_url(simulator))
            assert refused.value.response.status_code == 429
        async with feed_client(simulator) as client:
            await client.subscribe()
        assert (await control.state())["handshakes"] == {"429": 2, "101": 1}


async def test_an_expired_token_ends_its_sockets_with_807_and_lets_nobody_in() -> None:
    async with simulate() as simulator, api(simulator) as control:
        async with feed_client(simulator) as client:
            await client.subscribe(Mode.FULL, [FUTURE])
            await control.fault(kind="token_expiry")
            packets = await client.ended()
            assert (packets[-1][0], packets[-1][4]) == (PacketKind.DISCONNECT, 807)
        async with connect(feed_url(simulator)) as socket:
            raw = await asyncio.wait_for(FeedClient(socket).message(), 5)
            assert raw[-1][4] == 807
        assert (await control.call("GET", "/v2/profile"))[0] == 401


async def test_packets_of_rare_kinds_are_sent_on_request() -> None:
    async with (
        simulate() as simulator,
        api(simulator) as control,
        feed_client(simulator) as client,
    ):
        await client.subscribe(Mode.TICKER, [INDEX])
        for kind in ("heartbeat", "market_status", "index"):
            await control.call("POST", "/_control/packet", {"kind": kind})
        codes = [(await client.message())[0][0] for _ in range(3)]
        assert codes == [PacketKind.HEARTBEAT, PacketKind.MARKET_STATUS, PacketKind.INDEX]


def test_the_injected_bytes_are_what_they_claim() -> None:
    counters = WireCounters()
    assert decode(made.truncated(), counters) == []
    assert decode(made.unknown(), counters) == []
    assert (counters.malformed, counters.unknown) == (1, 1)
