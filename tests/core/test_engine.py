"""The engine from tick to cash, one behaviour at a time."""

from datetime import date
from decimal import Decimal

import pytest

from core.brokers.paper import PaperSettings
from core.effects import NOTHING
from core.engine import Engine
from core.errors import ConfigError, DataError
from core.ledger import LedgerKind
from core.money import ZERO
from core.order import OrderPurpose, OrderStatus, Side
from core.risk import Approved, Refused, Rule
from core.risk_parameters import RiskParameters
from core.signals import SignalType
from core.strategy import TradeMode
from core.trade import ExitReason, TradeStatus
from tests.core.engine_driver import (
    CONFIG_ID,
    RUN,
    Bench,
    a_config,
    candles,
    decisions,
    depth_of,
    entries,
    fills,
    orders,
    trades,
)
from tests.core.market import CALENDAR, FUTURE, NIFTY, RELIANCE, at

LONG, SHORT, EXIT = SignalType.LONG, SignalType.SHORT, SignalType.EXIT


def a_long_trade(bench: Bench) -> None:
    bench.tick("09:30:00", 100.0)
    bench.signal(LONG)
    bench.tick("09:30:01", 100.0)


def test_quiet_tick_returns_the_shared_empty_tuple() -> None:
    bench = Bench()
    bench.tick("09:30:00", 100.0)
    assert bench.engine.tick(bench.slot, at("09:30:01"), 100.1, 900) is NOTHING
    assert bench.engine.advance(at("09:30:02")) is NOTHING


def test_long_signal_becomes_order_fill_trade_and_cash() -> None:
    bench = Bench()
    bench.tick("09:30:00", 100.0)
    decision, order = bench.signal(LONG)
    assert decisions([decision])[0].verdict == Approved(
        trade_id=orders([order])[0].trade_id, quantity=3_000, outlay=Decimal("300000.00")
    )
    assert orders([order])[0].status is OrderStatus.PENDING
    effects = bench.tick("09:30:01", 100.0)
    assert [type(effect).__name__ for effect in effects] == [
        "Order",
        "Fill",
        "Trade",
        "LedgerEntry",
        "LedgerEntry",
    ]
    trade = trades(effects)[0]
    # One tick of ten paise worse than the last price, because there is no depth.
    assert (trade.entry_price, trade.quantity, trade.stop) == (Decimal("100.1000"), 3_000, 98.0)
    assert entries(effects)[0].amount == Decimal("-300300.00")
    assert trade.status is TradeStatus.OPEN


def test_a_future_moves_no_cash_but_its_charges_until_it_is_closed() -> None:
    bench = Bench(instrument=FUTURE, config=a_config(capital="10000000"))
    bench.tick("09:30:00", 26_000.0)
    bench.signal(SHORT, price=26_000.0, risk=50.0, reward=100.0)
    entered = bench.tick("09:30:01", 26_000.0)
    assert [(entry.kind, entry.amount < 0) for entry in entries(entered)] == [
        (LedgerKind.CHARGES, True)
    ]
    bench.signal(EXIT)
    left = bench.tick("09:31:00", 25_900.0)
    trade = trades(left)[-1]
    assert [entry.amount for entry in entries(left) if entry.kind is LedgerKind.FILL] == [
        trade.gross_pnl
    ]
    assert sum(entry.amount for entry in entries(bench.effects)) == trade.net_pnl


def test_stop_is_touched_by_a_tick_and_filled_by_the_next() -> None:
    bench = Bench()
    a_long_trade(bench)
    (order,) = orders(bench.tick("09:31:00", 98.0))
    assert (order.purpose, order.exit_reason) == (OrderPurpose.EXIT, ExitReason.STOP_LOSS)
    trade = trades(bench.tick("09:31:01", 97.0))[-1]
    assert (trade.status, trade.exit_reason) == (TradeStatus.CLOSED, ExitReason.STOP_LOSS)
    assert trade.exit_price == Decimal("96.9000")
    assert trade.gross_pnl == Decimal("-9600.00")
    assert trade.net_pnl == trade.gross_pnl - trade.charges


def test_target_of_a_short_trade_is_below() -> None:
    bench = Bench()
    bench.tick("09:30:00", 100.0)
    bench.signal(SHORT)
    bench.tick("09:30:01", 100.0)
    bench.tick("09:31:00", 96.0)
    trade = trades(bench.tick("09:31:01", 96.0))[-1]
    assert (trade.side, trade.exit_reason) == (Side.SELL, ExitReason.TARGET)
    assert trade.gross_pnl == Decimal("11400.00")  # 99.9 to 96.1 on 3,000 shares.


def test_price_between_the_levels_does_not_end_a_trade() -> None:
    bench = Bench()
    a_long_trade(bench)
    assert orders(bench.tick("09:31:00", 98.1)) == []
    assert orders(bench.tick("09:31:01", 103.9)) == []


def test_trade_is_closed_at_square_off_without_any_tick_at_that_moment() -> None:
    bench = Bench()
    a_long_trade(bench)
    assert orders(bench.advance("15:14:59")) == []
    (order,) = orders(bench.advance("15:15:00"))
    assert order.exit_reason is ExitReason.EOD
    assert trades(bench.tick("15:15:01", 101.0))[-1].exit_reason is ExitReason.EOD


def test_exit_signal_ends_the_trade_and_a_second_one_finds_nothing() -> None:
    bench = Bench()
    a_long_trade(bench)
    bench.signal(EXIT)
    assert trades(bench.tick("09:31:00", 101.0))[-1].exit_reason is ExitReason.SIGNAL
    verdict = decisions(bench.signal(EXIT))[0].verdict
    assert isinstance(verdict, Refused)
    assert verdict.rule is Rule.NOTHING_OPEN


def test_signal_of_the_other_side_ends_the_trade_and_enters() -> None:
    bench = Bench()
    a_long_trade(bench)
    sent = orders(bench.signal(SHORT))
    assert [order.purpose for order in sent] == [OrderPurpose.EXIT, OrderPurpose.ENTRY]
    done = trades(bench.tick("09:31:00", 100.0))
    assert [(trade.direction, trade.status) for trade in done] == [
        ("LONG", "CLOSED"),
        ("SHORT", "OPEN"),
    ]


def test_order_in_flight_counts_as_an_open_trade() -> None:
    bench = Bench()
    bench.tick("09:30:00", 100.0)
    bench.signal(LONG)
    verdict = decisions(bench.signal(LONG))[0].verdict
    assert isinstance(verdict, Refused)
    assert verdict.rule is Rule.OPEN_TRADE


def test_order_waits_for_its_latency_and_is_filled_by_the_next_packet() -> None:
    bench = Bench(paper=PaperSettings(latency_ms=1_500))
    bench.tick("09:30:00", 100.0)
    bench.signal(LONG)
    assert fills(bench.tick("09:30:01", 101.0)) == []
    assert fills(bench.tick("09:30:02", 102.0))[0].price == Decimal("102.10")


def test_quote_that_is_no_trade_fills_a_waiting_order_from_its_book() -> None:
    bench = Bench(instrument=FUTURE, config=a_config(capital="10000000"))
    bench.tick("09:30:00", 26_000.0)
    bench.signal(LONG, price=26_000.0, risk=100.0, reward=250.0)
    (fill,) = fills(bench.quote("09:30:00", 26_000.0, depth_of(asks=[(7_500, 26_003.0)])))
    assert (fill.quantity, fill.price) == (750, Decimal("26003.00"))


def test_what_the_book_cannot_fill_waits_for_the_next_one() -> None:
    bench = Bench(instrument=FUTURE, config=a_config(capital="10000000"))
    bench.tick("09:30:00", 26_000.0)
    bench.signal(LONG, price=26_000.0, risk=100.0, reward=250.0)
    thin = depth_of(asks=[(75, 26_001.0), (150, 26_002.0)])
    first = bench.tick("09:30:01", 26_000.0, thin)
    assert [(fill.quantity, fill.price) for fill in fills(first)] == [
        (75, Decimal("26001.00")),
        (150, Decimal("26002.00")),
    ]
    assert [order.status for order in orders(first)] == [OrderStatus.PART_TRADED] * 2
    assert [trade.quantity for trade in trades(first)] == [75, 225]
    rest = bench.tick("09:30:02", 26_000.0, depth_of(asks=[(3_000, 26_005.0)]))
    assert orders(rest)[0].status is OrderStatus.TRADED
    assert trades(rest)[0].quantity == 750


def test_exit_of_a_partly_entered_trade_cancels_the_rest_of_the_entry() -> None:
    bench = Bench(instrument=FUTURE, config=a_config(capital="10000000"))
    bench.tick("09:30:00", 26_000.0)
    bench.signal(LONG, price=26_000.0, risk=100.0, reward=250.0)
    bench.tick("09:30:01", 26_000.0, depth_of(asks=[(75, 26_001.0)]))
    cancelled, leaving = orders(bench.signal(EXIT))
    assert (cancelled.status, cancelled.filled_quantity) == (OrderStatus.CANCELLED, 75)
    assert (leaving.side, leaving.quantity) == (Side.SELL, 75)
    done = bench.tick("09:30:03", 26_000.0, depth_of(bids=[(75, 25_999.0)]))
    assert trades(done)[-1].gross_pnl == Decimal("-150.00")


def test_entry_that_never_filled_leaves_no_trade() -> None:
    bench = Bench()
    bench.tick("09:30:00", 100.0)
    bench.signal(LONG)
    assert [order.status for order in orders(bench.stop())] == [OrderStatus.CANCELLED]
    bench.tick("09:30:05", 100.0)
    assert trades(bench.effects) == []
    assert bench.engine.account(CONFIG_ID).open_trades == 0


def test_quantity_above_the_freeze_limit_is_sent_in_slices() -> None:
    bench = Bench(instrument=FUTURE, config=a_config(capital="100000000"))
    bench.tick("09:30:00", 26_000.0)
    sent = orders(bench.signal(LONG, price=26_000.0, risk=100.0, reward=250.0))
    assert [order.quantity for order in sent] == [1_800, 1_800, 1_800, 1_800, 450]
    done = bench.tick("09:30:01", 26_000.0)
    assert len({trade.id for trade in trades(done)}) == 1
    assert trades(done)[-1].quantity == 7_650


def test_brokerage_is_charged_once_per_order_however_many_fills() -> None:
    bench = Bench(instrument=FUTURE, config=a_config(capital="10000000"))
    bench.tick("09:30:00", 26_000.0)
    bench.signal(LONG, price=26_000.0, risk=100.0, reward=250.0)
    many = depth_of(asks=[(75, 26_001.0)] * 5)
    done = bench.tick("09:30:01", 26_000.0, many) + bench.tick("09:30:02", 26_000.0, many)
    charges = [fill.charges for fill in fills(done)]
    assert len(charges) == 10
    # Twenty rupees and the 18 % tax on them; the paisa is rounding.
    assert charges[0] - charges[1] == pytest.approx(Decimal("23.60"), abs=Decimal("0.01"))
    assert max(charges[1:]) - min(charges[1:]) <= Decimal("0.01")


def test_stop_command_closes_at_market_and_keeps_nothing_new() -> None:
    bench = Bench()
    a_long_trade(bench)
    (order,) = orders(bench.stop())
    assert order.exit_reason is ExitReason.STRATEGY_STOPPED
    bench.tick("09:31:00", 100.0)
    verdict = decisions(bench.signal(SHORT))[0].verdict
    assert isinstance(verdict, Refused)
    assert verdict.rule is Rule.CONFIG_NOT_ACTIVE


def test_stop_that_keeps_positions_leaves_them_to_their_levels() -> None:
    bench = Bench()
    a_long_trade(bench)
    assert bench.stop(keep_positions=True) == []
    assert orders(bench.tick("09:31:00", 97.0))[0].exit_reason is ExitReason.STOP_LOSS


@pytest.mark.parametrize("kind", [LONG, SHORT, EXIT])
def test_paused_config_is_deaf_to_its_strategy(kind: SignalType) -> None:
    bench = Bench()
    a_long_trade(bench)
    bench.engine.pause(CONFIG_ID)
    said = bench.signal(kind)
    verdict = decisions(said)[0].verdict
    assert isinstance(verdict, Refused)
    assert (verdict.rule, orders(said)) == (Rule.CONFIG_NOT_ACTIVE, [])
    assert "PAUSED" in verdict.reason
    bench.engine.resume(CONFIG_ID)
    assert orders(bench.signal(EXIT))[0].exit_reason is ExitReason.SIGNAL


@pytest.mark.parametrize(
    ("price", "reason"), [(98.0, ExitReason.STOP_LOSS), (104.0, ExitReason.TARGET)]
)
def test_stop_and_target_of_a_paused_config_go_on(price: float, reason: ExitReason) -> None:
    bench = Bench()
    a_long_trade(bench)
    bench.engine.pause(CONFIG_ID)
    assert orders(bench.tick("09:31:00", price))[0].exit_reason is reason
    assert trades(bench.tick("09:31:01", price))[-1].status is TradeStatus.CLOSED


def test_end_of_day_of_a_paused_config_goes_on() -> None:
    bench = Bench()
    a_long_trade(bench)
    bench.engine.pause(CONFIG_ID)
    assert orders(bench.advance("15:15:00"))[0].exit_reason is ExitReason.EOD


def test_what_a_stopped_config_keeps_is_not_ended_by_signals() -> None:
    bench = Bench()
    a_long_trade(bench)
    bench.stop(keep_positions=True)
    assert orders(bench.signal(EXIT)) == []


def test_every_order_names_its_signal_also_one_that_no_signal_asked_for() -> None:
    bench = Bench()
    a_long_trade(bench)
    entry = decisions(bench.effects)[0].id
    assert orders(bench.tick("09:31:00", 98.0))[0].signal_id == entry
    bench = Bench()
    a_long_trade(bench)
    leaving = bench.signal(EXIT)
    assert orders(leaving)[0].signal_id == decisions(leaving)[0].id != entry


def test_a_trade_on_its_way_out_is_open_until_it_is_filled() -> None:
    one_at_a_time = a_config(risk=RiskParameters(max_open_trades=1, cooldown_minutes=0))
    bench = Bench(config=one_at_a_time)
    a_long_trade(bench)
    bench.tick("09:31:00", 98.0)  # The stop: its order waits for the next packet.
    verdict = decisions(bench.signal(SHORT, price=98.0))[0].verdict
    assert isinstance(verdict, Refused)
    assert verdict.rule is Rule.MAX_OPEN_TRADES
    bench.tick("09:31:01", 98.0)
    assert isinstance(decisions(bench.signal(SHORT, price=98.0))[0].verdict, Approved)


def test_what_was_lost_is_not_there_to_be_risked_and_what_was_won_is_not_staked() -> None:
    free = RiskParameters(
        cooldown_minutes=0, max_outlay_pct=100.0, daily_loss_limit_pct=100.0, min_reward_risk=0.0
    )
    quantities = []
    for price in (98.0, 104.0):  # The stop, the target.
        bench = Bench(config=a_config(risk=free))
        a_long_trade(bench)
        bench.tick("09:31:00", price)
        bench.tick("09:31:01", price)
        net = bench.engine.account(CONFIG_ID).realised
        sent = orders(bench.signal(LONG, price=price, risk=10.0))
        quantities.append(sum(order.quantity for order in sent))
        assert quantities[-1] == int((Decimal(1_000_000) + min(net, ZERO)) * 2 / 100 / 10)
    assert quantities[0] < quantities[1] == 2_000


def test_new_parameters_leave_the_levels_of_open_trades() -> None:
    bench = Bench()
    a_long_trade(bench)
    bench.engine.deploy(a_config(capital="500"))
    assert orders(bench.tick("09:31:00", 98.0))[0].exit_reason is ExitReason.STOP_LOSS


def test_senseless_signal_is_refused_with_its_figures_and_ends_nothing() -> None:
    bench = Bench()
    a_long_trade(bench)
    verdict = decisions(bench.signal(SHORT, risk=-2.0))[0].verdict
    assert isinstance(verdict, Refused)
    assert (verdict.rule, "98" in verdict.reason) == (Rule.INVALID_SIGNAL, True)
    assert bench.engine.account(CONFIG_ID).open_trades == 1


def test_index_can_be_watched_and_not_traded() -> None:
    bench = Bench(instrument=NIFTY)
    bench.tick("09:30:00", 26_000.0)
    verdict = decisions(bench.signal(LONG, price=26_000.0))[0].verdict
    assert isinstance(verdict, Refused)
    assert verdict.rule is Rule.NOT_TRADABLE


def test_candles_come_before_the_orders_that_the_same_tick_causes() -> None:
    bench = Bench()
    a_long_trade(bench)
    effects = bench.tick("09:31:00", 97.0)
    assert [type(effect).__name__ for effect in effects] == ["Candle", "Order"]


def test_candles_due_at_different_moments_come_in_the_order_of_time() -> None:
    bench = Bench()
    other = bench.engine.watch(FUTURE)
    bench.tick("09:30:10", 100.0)
    bench.engine.tick(other, at("09:31:10"), 26_000.0, 75)
    done = candles(bench.advance("09:40:00"))
    assert [candle.close_ns for candle in done] == sorted(candle.close_ns for candle in done)
    assert {candle.instrument for candle in done} == {RELIANCE.key, FUTURE.key}


def test_tick_of_one_instrument_completes_the_silent_candle_of_another() -> None:
    bench = Bench()
    other = bench.engine.watch(FUTURE)
    bench.engine.tick(other, at("09:30:10"), 26_000.0, 75)
    done = candles(bench.tick("09:31:02", 100.0))
    assert [candle.instrument for candle in done] == [FUTURE.key]


def test_clock_never_goes_back() -> None:
    bench = Bench()
    bench.tick("09:30:00", 100.0)
    bench.advance("09:20:00")
    bench.tick("09:29:59", 100.0)
    assert bench.engine.now_ns == at("09:30:00")


def test_open_interest_of_its_own_packet_reaches_the_candle() -> None:
    bench = Bench(instrument=FUTURE)
    bench.tick("09:30:00", 26_000.0)
    bench.engine.open_interest(bench.slot, 11_148_150)
    assert candles(bench.advance("09:31:02"))[0].open_interest == 11_148_150


def test_unreadable_depth_is_counted_and_the_last_price_used() -> None:
    bench = Bench()
    bench.tick("09:30:00", 100.0)
    bench.signal(LONG)
    broken = depth_of(asks=[(100, float("nan"))])
    assert fills(bench.tick("09:30:01", 100.0, broken))[0].price == Decimal("100.10")
    assert bench.engine.counters()["unreadable_depths"] == 1


def test_account_counts_orders_trades_wins_and_money() -> None:
    bench = Bench()
    a_long_trade(bench)
    bench.tick("09:31:00", 110.0)
    bench.tick("09:31:01", 110.0)
    account = bench.engine.account(CONFIG_ID)
    assert (account.orders, account.trades, account.wins, account.losses) == (2, 1, 1, 0)
    assert account.realised == account.realised_today == trades(bench.effects)[-1].net_pnl
    assert account.charges == sum(fill.charges for fill in fills(bench.effects))


def test_figures_of_today_start_anew_the_next_day() -> None:
    bench = Bench()
    a_long_trade(bench)
    bench.tick("09:31:00", 110.0)
    bench.tick("09:31:01", 110.0)
    bench.engine.advance(at("09:00", date(2025, 12, 2)))
    account = bench.engine.account(CONFIG_ID)
    assert account.realised_today == 0
    assert account.realised > 0


def test_what_is_not_there_is_refused_by_name() -> None:
    bench = Bench()
    with pytest.raises(DataError, match="NSE_FNO:49543 is not watched"):
        bench.engine.slot_of(FUTURE.key)
    with pytest.raises(ConfigError, match="nobody was never deployed"):
        bench.engine.account("nobody")
    with pytest.raises(ConfigError, match="only VIRTUAL"):
        bench.engine.deploy(a_config()._replace(trade_mode=TradeMode.LIVE))
    assert bench.engine.watch(RELIANCE) == bench.slot


def test_what_is_watched_before_the_first_event_is_watched_since_then() -> None:
    engine = Engine(RUN, CALENDAR)
    quiet, busy = engine.watch(RELIANCE), engine.watch(FUTURE)
    engine.tick(busy, at("09:15:05"), 26_000.0, 75)
    engine.tick(quiet, at("11:00:10"), 1_500.0, 40)
    volumes = {candle.instrument: candle.volume for candle in candles(engine.advance(at("15:31")))}
    assert volumes[RELIANCE.key] == 40
    assert engine.counters()["joined_midway"] == 0


@pytest.mark.parametrize("deployed", [(1, 2), (2, 1)])
def test_whoever_was_deployed_first_has_no_better_price_by_that(deployed: tuple[int, int]) -> None:
    bench = Bench()
    names = {number: f"00000000-0000-4000-8000-00000000009{number}" for number in (1, 2)}
    for number in deployed:
        bench.engine.deploy(a_config(config_id=names[number], capital="100000"))
    bench.tick("09:30:00", 100.0)
    for number in (1, 2):
        bench.signal(LONG, config_id=names[number])
    bench.tick("09:30:01", 100.0)
    quantity = fills(bench.effects)[0].quantity
    bids = depth_of(bids=((quantity, 104.5), (quantity, 104.4)), asks=((1, 105.0),))
    bench.tick("09:30:02", 104.5)
    exits = fills(bench.tick("09:30:03", 104.5, bids))
    assert [(each.owner.config_id, str(each.price)) for each in exits] == [
        (names[1], "104.50"),
        (names[2], "104.40"),
    ]
