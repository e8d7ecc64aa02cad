"""The official dhanhq 2.3.0, unmodified but for addresses, against a simulator of its own.

Where its addresses are set: reference/dhanhq-v2.md 7.2. Its decoder is an independent witness of
our packets: what it reads must be what the same seed generates here.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from dhanhq import DhanContext, DhanHTTP, DhanLogin, Security, dhanhq
from dhanhq.marketfeed import MarketFeed

from core.instrument import Instrument, InstrumentKind
from core.session import load_calendar
from devstack.dhan.sources.generated import generate
from devstack.dhan.tape import EventKind, Tape
from devstack.dhan.totp import totp
from tests.devstack.dhan.process import running_process

DAY = date(2026, 11, 20)
PACKETS = 2_000


@pytest.fixture(scope="module")
def simulated() -> Iterator[dict[str, str]]:
    arguments = ("--day", str(DAY), "--hold", "--speed=max", "--start=10:00", "--no-rate-limits")
    with running_process(*arguments) as lines:
        yield lines


@pytest.fixture(scope="module")
def tape() -> Tape:
    return generate(1, DAY, load_calendar()).tape


@pytest.fixture
def context(simulated: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[DhanContext]:
    monkeypatch.setattr(MarketFeed, "market_feed_wss", simulated["DHAN_FEED_URL"])
    monkeypatch.setattr(DhanLogin, "AUTH_BASE_URL", simulated["DHAN_AUTH_URL"])
    monkeypatch.setattr(DhanLogin, "API_BASE_URL", simulated["DHAN_API_URL"])
    monkeypatch.setattr(DhanHTTP, "API_BASE_URL", simulated["DHAN_API_URL"])
    master = simulated["DHAN_MASTER_URL"]
    monkeypatch.setattr(Security, "COMPACT_CSV_URL", f"{master}/api-scrip-master.csv")
    monkeypatch.setattr(Security, "DETAILED_CSV_URL", f"{master}/api-scrip-master-detailed.csv")
    (account,) = requests.get(simulated["DHAN_CONTROL_URL"] + "/accounts", timeout=5).json()
    made = DhanContext(account["client_id"], account["access_token"])
    yield made
    made.get_dhan_http().session.close()


def control(simulated: dict[str, str], **change: object) -> None:
    url = simulated["DHAN_CONTROL_URL"] + "/clock"
    requests.post(url, json=change, timeout=5).raise_for_status()


def found(answer: dict[str, Any]) -> Any:
    """Return what a successful answer of the package holds."""
    assert answer["status"] == "success", answer
    return answer["data"]


def instrument(tape: Tape, kind: InstrumentKind, underlying: str) -> int:
    """Return where the first such instrument is on the tape; of options the one at the money."""
    at = [
        number
        for number, each in enumerate(tape.instruments)
        if each.kind is kind and underlying in (each.underlying, each.symbol)
    ]
    return at[len(at) // 2] if kind.is_option else at[0]


def test_the_package_is_the_one_the_reference_describes() -> None:
    assert version("dhanhq") == "2.3.0"


@pytest.mark.full
def test_its_feed_decodes_all_three_modes_to_what_was_generated(
    simulated: dict[str, str], context: DhanContext, tape: Tape
) -> None:
    index = instrument(tape, InstrumentKind.INDEX, "NIFTY")
    future = instrument(tape, InstrumentKind.FUTIDX, "NIFTY")
    option = instrument(tape, InstrumentKind.OPTIDX, "NIFTY")
    asked = [
        _asked(tape.instruments[index], MarketFeed.Ticker),
        _asked(tape.instruments[future], MarketFeed.Quote),
        _asked(tape.instruments[option], MarketFeed.Full),
    ]
    control(simulated, hold=True, rewind="10:00")
    packets = _received(context, asked, lambda: control(simulated, hold=False))
    control(simulated, hold=True)
    seen = _by_type(packets)
    assert {"Previous Close", "OI Data"} <= seen.keys()
    first = tape.between(int(datetime(2026, 11, 20, 4, 30, tzinfo=UTC).timestamp()) * 10**9, 0)[0]
    for kind, at, books in (
        ("Ticker Data", index, False),
        ("Quote Data", future, True),
        ("Full Data", option, True),
    ):
        rows = _rows(tape, at, first, books=books)[: len(seen[kind])]
        assert len(rows) > 30, kind
        _assert_same(seen[kind], tape, rows, kind)


def test_it_reads_profile_and_addresses(context: DhanContext) -> None:
    profile = context.get_dhan_login().user_profile(context.get_access_token())
    assert profile["dhanClientId"] == context.get_client_id()
    assert "Derivative" in profile["activeSegment"]
    addresses = found(context.get_dhan_login().get_ip(context.get_access_token()))
    assert addresses["ordersAllowed"] is True


def test_it_reads_minute_candles_of_the_day_and_of_days_before(
    context: DhanContext, tape: Tape
) -> None:
    future = tape.instruments[instrument(tape, InstrumentKind.FUTIDX, "NIFTY")]
    candles = found(
        dhanhq(context).intraday_minute_data(
            str(future.security_id),
            "NSE_FNO",
            "FUTIDX",
            "2026-11-19 09:15:00",
            "2026-11-20 15:30:00",
            interval=5,
            oi=True,
        )
    )
    lengths = {len(candles[name]) for name in ("open", "high", "low", "close", "volume")}
    assert lengths == {len(candles["timestamp"])} == {len(candles["open_interest"])}
    starts = [datetime.fromtimestamp(second, UTC) for second in candles["timestamp"]]
    assert starts[0] == datetime(2026, 11, 19, 3, 45, tzinfo=UTC)
    assert sum(start.date() == date(2026, 11, 19) for start in starts) == 77  # 385 minutes.
    assert all(candles["low"][at] <= candles["open"][at] <= candles["high"][at] for at in range(80))


def test_it_reads_daily_candles_up_to_the_day_before_to_date(context: DhanContext) -> None:
    candles = found(
        dhanhq(context).historical_daily_data("13", "IDX_I", "INDEX", "2026-11-01", "2026-11-19")
    )
    days = [datetime.fromtimestamp(second + 19_800, UTC) for second in candles["timestamp"]]
    assert {day.time() for day in days} == {datetime(2026, 1, 1, tzinfo=UTC).time()}
    assert days[-1].date() == date(2026, 11, 18)
    assert days[0].date() == date(2026, 11, 2)


def test_it_reads_quotes_in_all_three_depths(context: DhanContext, tape: Tape) -> None:
    future = tape.instruments[instrument(tape, InstrumentKind.FUTIDX, "BANKNIFTY")]
    asked = {"NSE_FNO": [future.security_id], "IDX_I": [13, 25]}
    client = dhanhq(context)
    key = str(future.security_id)
    ltp = found(client.ticker_data(asked))["data"]["NSE_FNO"][key]
    ohlc = found(client.ohlc_data(asked))["data"]["NSE_FNO"][key]
    quote = found(client.quote_data(asked))["data"]["NSE_FNO"][key]
    assert ltp["last_price"] == ohlc["last_price"] == quote["last_price"] > 0
    assert ohlc["ohlc"]["low"] <= ohlc["last_price"] <= ohlc["ohlc"]["high"]
    assert len(quote["depth"]["buy"]) == 5
    assert quote["depth"]["buy"][0]["price"] < quote["depth"]["sell"][0]["price"]


def test_it_reads_expiries_and_a_chain(context: DhanContext) -> None:
    client = dhanhq(context)
    expiries = found(client.expiry_list(13, "IDX_I"))["data"]
    assert expiries == sorted(expiries)
    chain = found(client.option_chain(13, "IDX_I", expiries[0]))["data"]
    strikes = chain["oc"]
    middle = min(strikes, key=lambda strike: abs(float(strike) - chain["last_price"]))
    assert set(strikes[middle]) == {"ce", "pe"}
    call = strikes[middle]["ce"]
    assert 0.3 < call["greeks"]["delta"] < 0.7
    assert call["implied_volatility"] > 0
    assert call["top_bid_price"] <= call["top_ask_price"]


@pytest.mark.parametrize("mode", ["compact", "detailed"])
def test_it_reads_the_instrument_list(
    context: DhanContext, tape: Tape, tmp_path: Path, mode: str
) -> None:
    assert context.get_client_id()
    column = {"compact": "SEM_SMST_SECURITY_ID", "detailed": "SECURITY_ID"}[mode]
    frame = Security.fetch_security_list(mode, str(tmp_path / "list.csv"))
    assert {each.security_id for each in tape.instruments} <= set(frame[column])


def test_it_renews_a_token_and_logs_in_with_pin_and_password(
    simulated: dict[str, str], context: DhanContext
) -> None:
    login = context.get_dhan_login()
    old = context.get_access_token()
    renewed = login.renew_token(old)["accessToken"]
    assert login.user_profile(renewed)["dhanClientId"] == context.get_client_id()
    with pytest.raises(Exception, match="DH-901"):
        login.user_profile(old)
    digits = totp(simulated["DHAN_TOTP_SECRET"], time.time())
    minted = login.generate_token(simulated["DHAN_PIN"], digits)["accessToken"]
    assert login.user_profile(minted)["dhanClientId"] == context.get_client_id()


def _asked(each: Instrument, mode: int) -> tuple[int, str, int]:
    return each.segment.code, str(each.security_id), mode


def _received(
    context: DhanContext, asked: list[tuple[int, str, int]], begin: Any
) -> list[dict[str, Any]]:
    """Let the package connect, subscribe and decode so many packets."""
    feed = MarketFeed(context, asked, "v2")
    try:
        feed.run_forever()
        for _ in asked:
            assert feed.get_data()["type"] == "Previous Close"
        begin()
        packets = [feed.get_data() for _ in range(PACKETS)]
        feed.close_connection()
    finally:
        feed.loop.close()
        asyncio.set_event_loop(None)
    return [packet for packet in packets if isinstance(packet, dict)] + [{"type": "Previous Close"}]


def _by_type(packets: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    seen: dict[str, list[dict[str, Any]]] = {}
    for packet in packets:
        seen.setdefault(packet["type"], []).append(packet)
    return seen


def _rows(tape: Tape, at: int, first: int, *, books: bool) -> list[int]:
    kinds = {EventKind.TRADE, EventKind.BOOK} if books else {EventKind.TRADE}
    return [
        int(row) for row in tape.rows_of(at) if row >= first and tape.columns.kind[row] in kinds
    ]


def _assert_same(packets: list[dict[str, Any]], tape: Tape, rows: list[int], kind: str) -> None:
    columns = tape.columns
    for packet, row in zip(packets, rows, strict=True):
        expected = {
            "LTP": f"{columns.ltp[row]:.2f}",
            "LTT": f"{datetime.fromtimestamp(columns.ltt[row] + 19_800, UTC):%H:%M:%S}",
        }
        if kind != "Ticker Data":
            expected |= {
                "LTQ": columns.ltq[row],
                "avg_price": f"{columns.atp[row]:.2f}",
                "volume": columns.volume[row],
                "total_sell_quantity": columns.sell_quantity[row],
                "total_buy_quantity": columns.buy_quantity[row],
                "open": f"{columns.open[row]:.2f}",
                "high": f"{columns.high[row]:.2f}",
                "low": f"{columns.low[row]:.2f}",
            }
        if kind == "Full Data":
            best: np.void = tape.depth(row, row + 1)[0][0]
            expected |= {"OI": columns.oi[row]}
            assert packet["depth"][0]["bid_price"] == f"{best['bid_price']:.2f}"
            assert packet["depth"][0]["ask_quantity"] == best["ask_quantity"]
        assert expected == {name: packet[name] for name in expected}
