"""The feed over real sockets: who gets in, who gets what, who is thrown out."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from core.brokers.dhan.packets import Full
from core.brokers.dhan.subscription import Mode
from core.brokers.dhan.wire import PacketKind
from devstack.dhan.clock import AS_FAST_AS_POSSIBLE
from devstack.dhan.feed.keep_alive import Timing
from devstack.dhan.feed.server import Limits
from tests.devstack.dhan.running import api, feed_client, feed_url, simulate, until
from tests.devstack.dhan.small_tape import (
    FUTURE,
    INDEX,
    INSTRUMENTS,
    OPEN,
    OPTION,
    SECOND,
    small_tape,
)


def reason_of(packets: list[tuple[int, ...]]) -> int:
    assert packets[-1][0] == PacketKind.DISCONNECT
    return packets[-1][4]


@pytest.mark.parametrize("missing", ["version", "token", "clientId", "authType"])
async def test_a_handshake_without_a_parameter_is_refused(missing: str) -> None:
    async with simulate() as simulator:
        url = feed_url(simulator).replace(missing, "other")
        with pytest.raises(InvalidStatus) as refused:
            await connect(url)
        assert refused.value.response.status_code == 400
        assert f"query parameter {missing} is missing" in refused.value.response.body.decode()
        assert simulator.counters.handshakes == {"400": 1}


async def test_another_version_is_refused_by_its_value() -> None:
    async with simulate() as simulator:
        with pytest.raises(InvalidStatus) as refused:
            await connect(feed_url(simulator).replace("version=2", "version=1"))
        assert b"version is '1', must be 2" in refused.value.response.body


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"token": "eyJ.not.one"}, 809),
        ({"client": "4711"}, 810),
        ({"expired": True}, 807),
    ],
)
async def test_a_bad_token_is_admitted_and_told_why_by_packet(
    query: dict[str, object], reason: int
) -> None:
    async with simulate() as simulator:
        account = simulator.accounts.all[0]
        url = feed_url(simulator, token=query.get("token"))  # type: ignore[arg-type]  # text or None
        if "client" in query:
            url = url.replace(account.client_id, "4711")
        if "expired" in query:
            simulator.accounts.expire(account)
        async with connect(url) as socket:
            packet = await asyncio.wait_for(socket.recv(), 5)
            assert int.from_bytes(packet[8:10], "little") == reason  # type: ignore[arg-type]  # binary
            await asyncio.wait_for(socket.wait_closed(), 5)


async def test_each_subscription_begins_with_yesterday() -> None:
    async with simulate() as simulator, feed_client(simulator) as client:
        await client.socket.send(
            json.dumps(
                {
                    "RequestCode": 17,
                    "InstrumentCount": 1,
                    "InstrumentList": [{"ExchangeSegment": "NSE_FNO", "SecurityId": "49543"}],
                }
            )
        )
        (packet,) = await client.message()
        assert packet == (PacketKind.PREVIOUS_CLOSE, 16, 2, 49543, 24_950.0, 990_000)


async def test_every_mode_gets_its_packets_in_the_order_of_the_day() -> None:
    async with simulate(speed=AS_FAST_AS_POSSIBLE) as simulator, feed_client(simulator) as client:
        await client.subscribe(Mode.TICKER, [INDEX])
        await client.subscribe(Mode.FULL, [FUTURE])
        await client.subscribe(Mode.QUOTE, [OPTION])
        simulator.clock.resume("control")
        packets = await client.packets(240)
        assert [packet[0] for packet in packets] == [2, 8, 4, 5] * 60
        last = Full(*packets[-3])
        assert (last.security_id, last.price, last.volume) == (49543, 25_109.0, 3_900)
        assert last.trade_time == OPEN // SECOND + 59 + 19_800


async def test_an_ended_mode_is_no_longer_sent_while_others_go_on() -> None:
    async with simulate(speed=AS_FAST_AS_POSSIBLE) as simulator, feed_client(simulator) as client:
        await client.subscribe(Mode.TICKER, [INDEX, FUTURE])
        await client.unsubscribe(Mode.TICKER, [INDEX])
        (connection,) = simulator.feed._connections.values()
        await until(lambda: connection.subscriptions.count == 1)
        simulator.clock.resume("control")
        assert {packet[3] for packet in await client.packets(60)} == {49543}


async def test_a_snapshot_is_sent_only_when_it_is_wanted() -> None:
    later = OPEN + 10 * SECOND
    async with (
        simulate(snapshot=True, start_ns=later) as simulator,
        feed_client(simulator) as client,
    ):
        await client.subscribe(Mode.QUOTE, [FUTURE])
        quote, interest = await client.packets(2)
        assert (quote[0], quote[4]) == (PacketKind.QUOTE, 25_059.0)
        assert (interest[0], interest[4]) == (PacketKind.OPEN_INTEREST, 1_000_000 + 65 * 9)


async def test_a_sixth_socket_throws_the_oldest_out() -> None:
    async with simulate() as simulator, feed_client(simulator) as oldest:
        others = [await connect(feed_url(simulator)) for _ in range(5)]
        assert reason_of(await oldest.ended()) == 805
        await until(lambda: len(simulator.feed._connections) == 5)
        for other in others:
            await other.close()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", 814),
        ('{"RequestCode": 99}', 814),
        (
            json.dumps(
                {
                    "RequestCode": 15,
                    "InstrumentCount": 1,
                    "InstrumentList": [{"ExchangeSegment": "NSE_EQ", "SecurityId": "1"}],
                }
            ),
            813,
        ),
        (
            json.dumps(
                {
                    "RequestCode": 15,
                    "InstrumentCount": 101,
                    "InstrumentList": [{"ExchangeSegment": "IDX_I", "SecurityId": "13"}] * 101,
                }
            ),
            804,
        ),
    ],
)
async def test_a_bad_request_ends_the_socket_with_its_reason(text: str, reason: int) -> None:
    async with simulate() as simulator, feed_client(simulator) as client:
        await client.socket.send(text)
        assert reason_of(await client.ended()) == reason
        assert simulator.counters.refused_requests == {str(reason): 1}


async def test_more_instruments_than_a_socket_may_hold_end_it() -> None:
    limits = Limits(per_socket=2)
    async with simulate(limits=limits) as simulator, feed_client(simulator) as client:
        await client.subscribe(Mode.TICKER, [INDEX, FUTURE])
        await client.socket.send(
            '{"RequestCode": 15, "InstrumentCount": 1, '
            '"InstrumentList": [{"ExchangeSegment": "NSE_FNO", "SecurityId": "49081"}]}'
        )
        assert reason_of(await client.ended()) == 804


async def test_a_client_that_asks_to_disconnect_is_let_go() -> None:
    async with simulate() as simulator, feed_client(simulator) as client:
        await client.socket.send('{"RequestCode": 12}')
        await client.socket.send(b"\x0c" + bytes(82))  # dhanhq sends an old header after it.
        assert await client.ended() == []
        assert client.socket.close_code == 1000


async def test_a_fragmented_request_is_put_together() -> None:
    async with simulate() as simulator, feed_client(simulator) as client:
        await client.socket.send(['{"RequestCode": ', "12}"])
        assert await client.ended() == []


async def test_pings_are_sent_and_a_client_that_does_not_answer_is_let_go() -> None:
    timing = Timing(ping_every=0.02, pong_within=1)
    async with simulate(timing=timing) as simulator:
        async with feed_client(simulator) as client:
            (connection,) = simulator.feed._connections.values()
            await until(lambda: connection.traffic.pongs >= 3)
            client.socket.transport.pause_reading()  # Deaf from now on.
            await until(lambda: not connection.is_open)
        await until(lambda: not simulator.feed._connections)
        assert simulator.counters.closed == {"no pong": 1}


async def test_the_pings_of_a_client_are_answered() -> None:
    async with simulate() as simulator, feed_client(simulator) as client:
        await asyncio.wait_for(await client.socket.ping(), 5)


async def test_a_new_token_ends_the_sockets_of_the_old_one() -> None:
    async with simulate() as simulator, feed_client(simulator) as client:
        await client.subscribe()
        simulator.accounts.renew(simulator.accounts.all[0])
        assert reason_of(await client.ended()) == 807


async def test_two_clients_get_the_same_day_each_at_its_own_choice() -> None:
    async with simulate(speed=AS_FAST_AS_POSSIBLE, clients=2) as simulator:
        first, second = simulator.accounts.all
        async with feed_client(simulator, first) as one, feed_client(simulator, second) as other:
            await one.subscribe(Mode.FULL, INSTRUMENTS)
            await other.subscribe(Mode.TICKER, [INDEX])
            simulator.clock.resume("control")
            assert len(await one.packets(240)) == 240
            assert {packet[0] for packet in await other.packets(60)} == {PacketKind.TICKER}


async def test_a_day_waits_for_somebody_to_play_to() -> None:
    async with simulate(speed=AS_FAST_AS_POSSIBLE, hold=False) as simulator:
        await until(lambda: simulator.player.rows_left == 240)
        async with feed_client(simulator) as client:
            await client.subscribe(Mode.TICKER, [INDEX])
            assert len(await client.packets(60)) == 60
        await until(lambda: simulator.player.rows_left == 0)


async def test_rewinding_plays_the_same_packets_again() -> None:
    async with (
        simulate(speed=AS_FAST_AS_POSSIBLE) as simulator,
        api(simulator) as control,
        feed_client(simulator) as client,
    ):
        await client.subscribe()
        await control.clock(hold=False)
        before = await client.packets(240)
        answer = await control.clock(rewind="09:15:30")
        assert answer["now"].startswith("2026-11-20T09:15:30")
        assert await client.packets(120) == before[120:]


async def test_opening_and_closing_are_told_to_subscribers() -> None:
    async with simulate(speed=AS_FAST_AS_POSSIBLE) as simulator, feed_client(simulator) as client:
        await client.subscribe(Mode.TICKER, [INDEX])
        simulator.clock.resume("control")
        seen = [packet for _ in range(64) for packet in await client.message()]
        status = [at for at, packet in enumerate(seen) if packet[0] == PacketKind.MARKET_STATUS]
        assert status == [0, 1, 62, 63]  # Two segments, before the first and after the last tick.


async def test_a_reader_that_does_not_read_holds_market_time_and_loses_nothing() -> None:
    tape = small_tape(rounds=20_000, step_ns=100_000)
    async with simulate(tape, speed=AS_FAST_AS_POSSIBLE) as simulator:
        async with feed_client(simulator, max_queue=1) as client:
            await client.subscribe()
            simulator.clock.resume("control")
            await until(lambda: simulator.counters.back_pressure_waits > 0)
            await until(lambda: "readers" in simulator.clock.holds)
            assert simulator.player.rows_left > 0
            assert len(await client.packets(80_000)) == 80_000
        assert simulator.counters.back_pressure_seconds > 0


async def test_the_token_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with simulate() as simulator, feed_client(simulator) as client:
        await client.subscribe()
        token = simulator.accounts.all[0].token.text
        await client.socket.close()
        await until(lambda: not simulator.feed._connections)
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("websockets.client")]
    assert ours
    assert not any(token in text for text in ours)


async def test_what_goes_over_a_socket_is_counted() -> None:
    async with (
        simulate(speed=AS_FAST_AS_POSSIBLE) as simulator,
        api(simulator) as control,
        feed_client(simulator) as client,
    ):
        await client.subscribe(Mode.TICKER, [INDEX])
        simulator.clock.resume("control")
        await client.packets(60)
        state = await control.state()
        (socket,) = state["sockets"]
        assert socket["client"] == "1100000001"
        assert socket["modes"] == {"ticker": 1, "quote": 0, "full": 0}
        assert socket["packets"] >= 63
        assert socket["requests"] == 1
        assert state["handshakes"] == {"101": 1}


async def test_a_reset_by_the_client_is_survived() -> None:
    async with simulate(hold=False) as simulator:
        async with feed_client(simulator) as client:
            await client.subscribe()
            client.socket.transport.abort()
            with pytest.raises(ConnectionClosedError):
                await client.ended()
        await until(lambda: not simulator.feed._connections)


async def test_garbage_instead_of_frames_ends_the_socket_and_nothing_else() -> None:
    async with simulate(hold=False) as simulator, feed_client(simulator) as other:
        await other.subscribe(Mode.TICKER, [INDEX])
        async with feed_client(simulator) as client:
            await client.subscribe(Mode.TICKER, [INDEX])
            client.socket.transport.write(b"\xff" * 50)
            with pytest.raises(ConnectionClosedError, match="1002"):
                await client.ended()
        await until(lambda: simulator.counters.closed["protocol error"] == 1)
        await asyncio.wait_for(await other.socket.ping(), 5)


async def test_what_is_no_http_is_cut_off() -> None:
    async with simulate() as simulator:
        reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port_feed)
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        await until(lambda: not simulator.feed._connections)


async def test_a_handshake_during_a_stall_is_answered_after_it() -> None:
    async with simulate() as simulator, api(simulator) as control:
        await control.fault(kind="stall", seconds=0.3)
        async with feed_client(simulator) as client:
            assert not simulator.board.in_force()
            await client.subscribe()
