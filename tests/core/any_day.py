"""A day on which anything may happen: what the properties of the engine are held against.

In:  steps made by hypothesis: packets, thin and one-sided books, late ticks, signals on shares,
     futures, options and two legs, of three configs in two portfolios, and every command.
Out: the effects, and what a witness who stood beside the engine has noted.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from hypothesis import strategies as st

from core.brokers.paper import PaperSettings
from core.decision import Decision
from core.effects import Effect
from core.engine import Engine
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from core.loss_watch import PortfolioLimits
from core.order import Order, OrderPurpose
from core.risk import Approved
from core.risk_parameters import RiskParameters
from core.session import NS_PER_SECOND
from core.signals import LegKind, LegRule, Side, Signal, SignalType
from core.strategy import StrategyConfig
from core.trade import ExitReason, Trade, TradeStatus
from tests.core.engine_driver import RUN, a_config, depth_of
from tests.core.market import CALENDAR, DAY, FUTURE, NIFTY, RELIANCE, at


def _option(number: int, side: OptionSide, expiry: date = DAY) -> Instrument:
    return Instrument(
        Segment.NSE_FNO, number, f"NIFTY-26000-{side}", InstrumentKind.OPTIDX, 75,
        Decimal("0.05"), underlying="NIFTY", expiry=expiry, strike=Decimal(26_000),
        option_side=side, freeze_quantity=1800,
    )  # fmt: skip


CALL: Final = _option(1, OptionSide.CALL)
PUT: Final = _option(2, OptionSide.PUT)
INSTRUMENTS: Final = (RELIANCE, FUTURE, CALL, PUT, NIFTY)
STARTS: Final = (1_500.0, 26_000.0, 120.0, 110.0, 25_990.0)
BUY_CALL: Final = LegRule(LegKind.OPTION, Side.BUY, OptionSide.CALL)
BUY_PUT: Final = LegRule(LegKind.OPTION, Side.BUY, OptionSide.PUT)
CAPITAL: Final = Decimal(5_000_000)
MOST_OPEN: Final = 2


def _a_config(number: int, portfolio: int, *, limit_pct: float = 6.0) -> StrategyConfig:
    risk = RiskParameters(
        cooldown_minutes=0, min_reward_risk=0.0, max_open_trades=MOST_OPEN,
        daily_loss_limit_pct=limit_pct,
    )  # fmt: skip
    config = a_config(
        config_id=f"00000000-0000-4000-8000-00000000010{number}",
        capital=str(CAPITAL),
        risk=risk,
        instruments=(RELIANCE.key, FUTURE.key, CALL.key),
    )
    return config._replace(portfolio_id=f"00000000-0000-4000-8000-00000000020{portfolio}")


CONFIGS: Final = (_a_config(0, 0), _a_config(1, 0, limit_pct=0.5), _a_config(2, 1))


@dataclass(frozen=True)
class Step:
    """One event: what kind, of which instrument and config, how much later, at what price."""

    kind: str
    which: int
    config: int
    seconds: int
    ticks: int
    bid_lots: int
    ask_lots: int
    wish: SignalType
    legs: int


KINDS: Final = (
    *["tick"] * 20, *["signal"] * 5, "late", "quote", "clock", "stop", "keep", "pause",
    *["resume"] * 3, "exit", "deploy", "limit", "delta",
)  # fmt: skip
PAUSES: Final = (0, 0, 0, 1, 1, 1, 1, 2, 7, 20, 61, 400, 2_000)
_MADE: Final = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(KINDS),
        which=st.integers(0, len(INSTRUMENTS) - 1),
        config=st.integers(0, len(CONFIGS) - 1),
        seconds=st.sampled_from(PAUSES),
        ticks=st.integers(-30, 30),
        bid_lots=st.integers(0, 20),
        ask_lots=st.integers(0, 20),
        wish=st.sampled_from(SignalType),
        legs=st.integers(0, 3),
    ),
    min_size=30,
    max_size=120,
)


def drawn_steps(seed: int, count: int = 200) -> list[Step]:
    """Return a day drawn by lot: what hypothesis, which likes small examples, seldom makes."""
    lot = random.Random(seed)
    return [
        Step(
            kind=lot.choice(KINDS),
            which=lot.randrange(len(INSTRUMENTS)),
            config=lot.randrange(len(CONFIGS)),
            seconds=lot.choice(PAUSES),
            ticks=lot.randint(-30, 30),
            bid_lots=lot.randint(0, 20),
            ask_lots=lot.randint(0, 20),
            wish=lot.choice(list(SignalType)),
            legs=lot.randint(0, 3),
        )
        for _ in range(count)
    ]


STEPS: Final = st.one_of(_MADE, st.integers(0, 10_000_000).map(drawn_steps))


@dataclass
class Witness:
    """What must not happen, noted when it does."""

    objections: list[str] = field(default_factory=list)
    signal_of: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, set[str]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    config_of: dict[str, str] = field(default_factory=dict)

    def see(self, effects: Sequence[Effect], active: set[str]) -> None:
        """Look at what one event has caused."""
        for effect in effects:
            if isinstance(effect, Decision):
                self._decided(effect, effects)
            elif isinstance(effect, Order):
                self._ordered(effect, active)
            elif isinstance(effect, Trade):
                (self.held.discard if effect.status is TradeStatus.CLOSED else self.held.add)(
                    effect.id
                )

    def _decided(self, decision: Decision, effects: Sequence[Effect]) -> None:
        if decision.signal.direction is None or not isinstance(decision.verdict, Approved):
            return
        ended = {
            each.trade_id for each in effects
            if isinstance(each, Order) and each.signal_id == decision.id
            and each.purpose is OrderPurpose.EXIT
        }  # fmt: skip
        cancelled = {
            each.trade_id for each in effects if isinstance(each, Order) and each.status.is_final
        }
        running = {
            self.signal_of[trade] for trade in self._running() - ended - cancelled
            if self.config_of[trade] == decision.owner.config_id
        }  # fmt: skip
        if len(running) >= MOST_OPEN:
            self.objections.append(f"{decision.id} is one trade too many beside {running}")
        if decision.verdict.outlay > CAPITAL * 30 / 100:
            self.objections.append(f"{decision.id} ties up {decision.verdict.outlay}")

    def _running(self) -> set[str]:
        return self.held | {trade for trade, orders in self.waiting.items() if orders}

    def _ordered(self, order: Order, active: set[str]) -> None:
        self.config_of[order.trade_id] = order.owner.config_id
        waiting = self.waiting.setdefault(order.trade_id, set())
        (waiting.discard if order.status.is_final else waiting.add)(order.id)
        if order.purpose is OrderPurpose.ENTRY and order.version == 1:
            self.signal_of[order.trade_id] = str(order.signal_id)
            if order.owner.config_id not in active:
                self.objections.append(f"order {order.id} of a config that is not active")
            is_option = order.instrument in {CALL.key, PUT.key}
            if is_option and order.side is Side.SELL:
                self.objections.append(f"order {order.id} writes an option")


class AnyDay:
    """Plays steps and keeps what came of them."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.engine = Engine(RUN, CALENDAR, paper=PaperSettings(latency_ms=300))
        self.effects: list[Effect] = []
        self.witness = Witness()
        self.active = {each.id for each in CONFIGS}
        self.slots = [self.engine.watch(each) for each in INSTRUMENTS]
        self.prices = list(STARTS)
        self.volumes = [0] * len(INSTRUMENTS)
        self.now_ns = at("09:15")
        self._note(self.engine.advance(self.now_ns))
        for config in CONFIGS:
            self.engine.deploy(config)
        for which in range(len(INSTRUMENTS)):
            self._tick(Step("tick", which, 0, 0, 0, 0, 0, SignalType.EXIT, 0))
        for step in steps:
            # Five minutes past the close at the latest: what is outside the session is part of it.
            self.now_ns = min(self.now_ns + step.seconds * NS_PER_SECOND, at("15:35"))
            self._play(step)
        end_ns = max(self.now_ns, at("15:30")) + 600 * NS_PER_SECOND
        self._note(self.engine.advance(end_ns))

    def _note(self, effects: Sequence[Effect]) -> None:
        self.effects += effects
        self.witness.see(effects, self.active)

    def _play(self, step: Step) -> None:
        engine, config = self.engine, CONFIGS[step.config]
        if step.kind in {"tick", "late", "quote"}:
            self._tick(step)
        elif step.kind == "signal":
            self._note(engine.signal(config.id, self._signal(step), "digest"))
        elif step.kind == "clock":
            self._note(engine.advance(self.now_ns))
        elif step.kind == "exit":
            self._note(engine.exit_config(config.id, ExitReason.MANUAL))
        elif step.kind == "limit":
            limits = PortfolioLimits(CAPITAL, 1 + step.bid_lots, 1.0 + step.ask_lots)
            engine.limit_portfolio(config.portfolio_id, limits)
        elif step.kind == "delta":
            engine.delta(self.slots[2 + step.which % 2], step.ticks / 30)
        else:
            self._command(step.kind, config)

    def _command(self, kind: str, config: StrategyConfig) -> None:
        if kind in {"resume", "deploy"}:
            self.active.add(config.id)
            if kind == "resume":
                self.engine.resume(config.id)
            else:
                self.engine.deploy(config._replace(risk=CONFIGS[0].risk))
            return
        self.active.discard(config.id)
        if kind == "pause":
            self.engine.pause(config.id)
        else:
            self._note(self.engine.stop(config.id, keep_positions=kind == "keep"))

    def _tick(self, step: Step) -> None:
        which, instrument = step.which, INSTRUMENTS[step.which]
        tick, lot = float(instrument.tick_size), instrument.lot_size
        moved = instrument.round_price(self.prices[which] + step.ticks * tick)
        self.prices[which] = max(moved, 5 * tick)
        if step.kind != "quote" and instrument is not NIFTY:
            self.volumes[which] += (1 + step.bid_lots) * lot
        price = self.prices[which]
        bids = [(step.bid_lots * lot, price - tick)] if step.bid_lots % 3 else []
        asks = [(step.ask_lots * lot, price + tick)] if step.ask_lots % 3 else []
        self.engine.book(self.slots[which], depth_of(bids=bids, asks=asks))
        time_ns = self.now_ns - (90 * NS_PER_SECOND if step.kind == "late" else 0)
        slot, volume = self.slots[which], self.volumes[which]
        self._note(self.engine.tick(slot, time_ns, price, volume))

    def _signal(self, step: Step) -> Signal:
        which = step.which % 3
        price, instrument = self.prices[which], INSTRUMENTS[which]
        way = {SignalType.LONG: 1, SignalType.SHORT: -1, SignalType.EXIT: 0}[step.wish]
        legs: tuple[LegRule, ...] = ()
        if way and instrument is FUTURE and step.legs:
            option = BUY_CALL if way > 0 else BUY_PUT
            side = Side.BUY if way > 0 else Side.SELL
            legs = (option,) if step.legs < 3 else (LegRule(LegKind.SAME, side), option)
        return Signal(
            step.wish, instrument.key, self.engine.now_ns, price,
            price - way * 2.0 if way else None, price + way * 3.0 if way else None, 50, "because",
            {}, breakeven=price + way * 1.0 if way and step.legs == 2 else None,
            trail=1.5 if way and step.legs == 1 else None, legs=legs,
        )  # fmt: skip
