"""An engine with everything its tests need around it: instruments, a config, signals."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from core.brokers.dhan.wire import LEVELS
from core.brokers.paper import PaperSettings
from core.candle import Candle, InstrumentKey, Interval
from core.decision import Decision
from core.effects import Effect
from core.engine import Engine
from core.instrument import Instrument
from core.ledger import LedgerEntry
from core.order import Fill, Order
from core.risk_parameters import RiskParameters
from core.signals import Signal, SignalType
from core.strategy import StrategyConfig
from core.trade import Trade
from tests.core.market import CALENDAR, DAY, FUTURE, NIFTY, RELIANCE, at

RUN = UUID("00000000-0000-4000-8000-00000000abcd")
CONFIG_ID = "00000000-0000-4000-8000-000000000010"


def a_config(
    *,
    config_id: str = CONFIG_ID,
    capital: str = "1000000",
    risk: RiskParameters | None = None,
    instruments: tuple[InstrumentKey, ...] = (RELIANCE.key, FUTURE.key, NIFTY.key),
) -> StrategyConfig:
    return StrategyConfig(
        id=config_id,
        strategy_id="00000000-0000-4000-8000-000000000011",
        user_id="00000000-0000-4000-8000-000000000012",
        portfolio_id="00000000-0000-4000-8000-000000000013",
        name="test",
        instruments=instruments,
        intervals=(Interval.M1,),
        capital=Decimal(capital),
        risk=risk or RiskParameters(),
    )


def depth_of(
    bids: Sequence[tuple[int, float]] = (), asks: Sequence[tuple[int, float]] = ()
) -> bytes:
    """Return the bytes of five levels; each given level is (quantity, price)."""
    values: list[float] = []
    for level in range(5):
        bid = bids[level] if level < len(bids) else (0, 0.0)
        ask = asks[level] if level < len(asks) else (0, 0.0)
        values += [bid[0], ask[0], 1, 1, bid[1], ask[1]]
    return LEVELS.pack(*values)


class Bench:
    """Drives an engine through one day and keeps what it said."""

    def __init__(
        self,
        *,
        instrument: Instrument = RELIANCE,
        paper: PaperSettings | None = None,
        config: StrategyConfig | None = None,
        start: str = "09:00",
        repairs_gaps: bool = False,
    ) -> None:
        self.engine = Engine(
            RUN,
            CALENDAR,
            paper=paper or PaperSettings(latency_ms=0),
            repairs_gaps=repairs_gaps,
        )
        self.engine.advance(at(start))
        self.instrument = instrument
        self.slot = self.engine.watch(instrument)
        self.effects: list[Effect] = []
        self.volume = 0
        self.engine.deploy(config or a_config())

    def tick(self, clock: str, price: float, depth: bytes | None = None) -> list[Effect]:
        self.volume += 100
        if depth is not None:
            self.engine.book(self.slot, depth)
        return self._note(self.engine.tick(self.slot, at(clock), price, self.volume))

    def quote(self, clock: str, price: float, depth: bytes) -> list[Effect]:
        self.engine.book(self.slot, depth)
        return self._note(self.engine.tick(self.slot, at(clock), price, self.volume))

    def advance(self, clock: str) -> list[Effect]:
        return self._note(self.engine.advance(at(clock)))

    def stop(self, *, keep_positions: bool = False) -> list[Effect]:
        return self._note(self.engine.stop(CONFIG_ID, keep_positions=keep_positions))

    def signal(
        self,
        kind: SignalType = SignalType.LONG,
        *,
        price: float = 100.0,
        risk: float = 2.0,
        reward: float = 4.0,
        config_id: str = CONFIG_ID,
        closed: str = "",
    ) -> list[Effect]:
        way = {SignalType.LONG: 1, SignalType.SHORT: -1, SignalType.EXIT: 0}[kind]
        wish = Signal(
            type=kind,
            instrument=self.instrument.key,
            candle_close_ns=at(closed) if closed else self.engine.now_ns,
            price=price,
            stop=price - way * risk if way else None,
            target=price + way * reward if way else None,
            strength=50,
            reason="because",
            indicators={"atr": risk},
        )
        return self._note(self.engine.signal(config_id, wish, "digest"))

    def _note(self, effects: Sequence[Effect]) -> list[Effect]:
        self.effects += effects
        return list(effects)


def orders(effects: Sequence[Effect]) -> list[Order]:
    return [effect for effect in effects if isinstance(effect, Order)]


def fills(effects: Sequence[Effect]) -> list[Fill]:
    return [effect for effect in effects if isinstance(effect, Fill)]


def trades(effects: Sequence[Effect]) -> list[Trade]:
    return [effect for effect in effects if isinstance(effect, Trade)]


def candles(effects: Sequence[Effect]) -> list[Candle]:
    return [effect for effect in effects if isinstance(effect, Candle)]


def entries(effects: Sequence[Effect]) -> list[LedgerEntry]:
    return [effect for effect in effects if isinstance(effect, LedgerEntry)]


def decisions(effects: Sequence[Effect]) -> list[Decision]:
    return [effect for effect in effects if isinstance(effect, Decision)]


__all__ = [
    "CONFIG_ID",
    "DAY",
    "Bench",
    "a_config",
    "candles",
    "decisions",
    "depth_of",
    "entries",
    "fills",
    "orders",
    "trades",
]
