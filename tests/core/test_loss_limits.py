"""Daily losses, realised and open: of a config, of a portfolio, on the tick that reaches them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.brokers.paper import PaperSettings
from core.effects import Effect
from core.engine import Engine
from core.instrument import Instrument
from core.loss_watch import PortfolioLimits
from core.money import to_money
from core.order import OrderPurpose
from core.risk import Approved, Refused, Rule
from core.risk_parameters import RiskParameters
from core.signals import ExitReason, Signal, SignalType
from core.strategy import StrategyConfig
from tests.core.engine_driver import RUN, a_config, decisions, fills, orders, trades
from tests.core.market import CALENDAR, DAY, FUTURE, RELIANCE, at

ONE_PERCENT = RiskParameters(
    daily_loss_limit_pct=1.0, min_reward_risk=0.0, cooldown_minutes=0, max_outlay_pct=30.0
)
PORTFOLIO = a_config().portfolio_id


class Floor:
    """Configs on two instruments."""

    def __init__(self, *configs: StrategyConfig) -> None:
        self.engine = Engine(RUN, CALENDAR, paper=PaperSettings(latency_ms=0))
        self.engine.advance(at("09:20"))
        self.slots = {each.key: self.engine.watch(each) for each in (RELIANCE, FUTURE)}
        self.volume = 0
        self.effects: list[Effect] = []
        for config in configs:
            self.engine.deploy(config)

    def tick(
        self, clock: str | int, price: float, instrument: Instrument = RELIANCE, day: date = DAY
    ) -> list[Effect]:
        self.volume += 75
        now_ns = clock if isinstance(clock, int) else at(clock, day)
        return self._note(self.engine.tick(self.slots[instrument.key], now_ns, price, self.volume))

    def long(
        self,
        config: StrategyConfig,
        price: float,
        instrument: Instrument = RELIANCE,
        down: float = 6.0,
    ) -> list[Effect]:
        wish = Signal(
            SignalType.LONG, instrument.key, self.engine.now_ns, price, price - down, None, 50,
            "because", {},
        )  # fmt: skip
        return self._note(self.engine.signal(config.id, wish, "digest"))

    def _note(self, effects: Sequence[Effect]) -> list[Effect]:
        self.effects += effects
        return list(effects)


def a_desk(number: int = 1, risk: RiskParameters = ONE_PERCENT) -> StrategyConfig:
    return a_config(config_id=f"00000000-0000-4000-8000-00000000002{number}", risk=risk)


def refused_by(effects: Sequence[Effect]) -> Rule | None:
    verdict = decisions(effects)[0].verdict
    return verdict.rule if isinstance(verdict, Refused) else None


def in_a_trade() -> tuple[Floor, StrategyConfig]:
    config = a_desk()
    floor = Floor(config)
    floor.tick("09:30:00", 100.0)
    floor.long(config, 100.0)
    floor.tick("09:30:01", 100.0)  # 3,000 shares at 100.10; 10,000 may be lost in a day.
    return floor, config


def test_the_tick_that_reaches_the_limit_closes_everything() -> None:
    floor, _ = in_a_trade()
    assert orders(floor.tick("09:31", 96.8)) == []  # 9,900 and the charges of the entry.
    (order,) = orders(floor.tick("09:32", 96.7))
    assert (order.purpose, order.exit_reason) == (OrderPurpose.EXIT, ExitReason.CIRCUIT_BREAKER)


def test_nothing_is_entered_until_the_next_session() -> None:
    floor, config = in_a_trade()
    floor.tick("09:32", 96.7)
    floor.tick("09:32:01", 99.0)  # The exit is filled far better: the day stays closed.
    assert refused_by(floor.long(config, 99.0)) is Rule.DAILY_LOSS
    tomorrow = date(2025, 12, 2)
    floor.tick("09:30", 99.0, day=tomorrow)
    assert isinstance(decisions(floor.long(config, 99.0))[0].verdict, Approved)


def test_the_day_that_a_breaker_ended_stays_ended_after_a_restart() -> None:
    floor, config = in_a_trade()
    floor.tick("09:32", 96.7)
    floor.tick("09:32:01", 99.0)
    (trade,) = {each.id: each for each in trades(floor.effects)}.values()
    assert trade.exit_reason is ExitReason.CIRCUIT_BREAKER
    again = Floor(config)
    again.engine.restore(trade, fills(floor.effects))
    again.tick("09:40", 99.0)
    assert again.engine.account(config.id).is_blocked
    assert refused_by(again.long(config, 99.0)) is Rule.DAILY_LOSS
    again.tick("09:30", 99.0, day=date(2025, 12, 2))
    assert not again.engine.account(config.id).is_blocked
    assert refused_by(again.long(config, 99.0)) is None


def test_a_config_that_held_nothing_can_be_blocked_for_the_day() -> None:
    config = a_desk()
    floor = Floor(config)
    floor.tick("09:40", 99.0)
    floor.engine.block(config.id)
    assert refused_by(floor.long(config, 99.0)) is Rule.DAILY_LOSS
    floor.tick("09:30", 99.0, day=date(2025, 12, 2))
    assert refused_by(floor.long(config, 99.0)) is None


def test_an_open_loss_counts_against_a_new_entry() -> None:
    config = a_desk(risk=replace(ONE_PERCENT, daily_loss_limit_pct=50.0))
    floor = Floor(config)
    floor.tick("09:30:00", 100.0)
    floor.long(config, 100.0)
    floor.tick("09:30:01", 100.0)
    floor.tick("09:31:00", 96.7)
    floor.engine.deploy(config._replace(risk=ONE_PERCENT))
    floor.tick("09:31:01", 26_000.0, FUTURE)
    assert refused_by(floor.long(config, 26_000.0, FUTURE)) is Rule.DAILY_LOSS


def test_configs_of_a_portfolio_lose_together() -> None:
    one, other = a_desk(1), a_desk(2)
    floor = Floor(one, other)
    floor.engine.limit_portfolio(PORTFOLIO, PortfolioLimits(Decimal(1_000_000), 10, 1.0))
    floor.tick("09:30:00", 100.0)
    floor.long(one, 100.0)
    floor.long(other, 100.0)
    floor.tick("09:30:01", 100.0)
    assert orders(floor.tick("09:31", 98.5)) == []
    sent = orders(floor.tick("09:32", 98.4))  # Twice 3,000 x 1.70, above 10,000.
    assert {order.owner.config_id for order in sent} == {one.id, other.id}
    assert {order.exit_reason for order in sent} == {ExitReason.CIRCUIT_BREAKER}
    floor.tick("09:32:01", 99.0)
    assert refused_by(floor.long(one, 99.0)) is Rule.DAILY_LOSS


def test_a_portfolio_holds_only_so_many_trades_and_so_much() -> None:
    one, other = a_desk(1), a_desk(2)
    floor = Floor(one, other)
    floor.engine.limit_portfolio(PORTFOLIO, PortfolioLimits(Decimal(1_000_000), 1))
    floor.tick("09:30:00", 100.0)
    floor.long(one, 100.0)
    assert refused_by(floor.long(other, 100.0)) is Rule.PORTFOLIO_OPEN_TRADES
    floor.engine.limit_portfolio(
        PORTFOLIO, PortfolioLimits(Decimal(1_000_000), max_outlay_pct=35.0)
    )
    verdict = decisions(floor.long(other, 100.0))[0].verdict
    assert isinstance(verdict, Approved)
    assert verdict.outlay == 50_000


STEPS = st.lists(st.tuples(st.booleans(), st.integers(-12, 11)), min_size=10, max_size=150)


@settings(max_examples=80, deadline=None)
@given(steps=STEPS)
def test_everything_is_closed_on_exactly_the_tick_that_reaches_the_limit(
    steps: list[tuple[bool, int]],
) -> None:
    """Held against the loss computed anew from all fills at every tick."""
    config = a_desk()
    floor = Floor(config._replace(capital=Decimal(3_000_000)))
    prices = {RELIANCE.key: 100.0, FUTURE.key: 26_000.0}
    for instrument, down in ((RELIANCE, 20.0), (FUTURE, 400.0)):
        floor.tick("09:30:00", prices[instrument.key], instrument)
        floor.long(config, prices[instrument.key], instrument, down)
        floor.tick("09:30:01", prices[instrument.key], instrument)
    assert len(fills(floor.effects)) == 2
    for second, (is_future, ticks) in enumerate(steps):
        instrument = FUTURE if is_future else RELIANCE
        step = 5.0 if is_future else 0.1
        prices[instrument.key] = instrument.round_price(prices[instrument.key] + ticks * step)
        sent = orders(floor.tick(at("09:31") + second * 10**9, prices[instrument.key], instrument))
        earned = sum(
            fill.cash - fill.charges
            + fill.side.sign * fill.quantity * to_money(prices[fill.instrument])
            for fill in fills(floor.effects)
        )  # fmt: skip
        broken = [each for each in sent if each.exit_reason is ExitReason.CIRCUIT_BREAKER]
        assert bool(broken) == (earned <= -30_000), (earned, sent)
        if sent:
            break
