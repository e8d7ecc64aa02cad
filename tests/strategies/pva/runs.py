"""PVA over whole series with the engine, as a backtest runs it, and a summary without prices.

In:  candles of an instrument and the parameters.
Out: what happened; counts and hashes for `trades_on_shared_series.json`.

After a change that is meant to change trades: `python -m tests.strategies.pva.runs` writes the
file anew; look at its difference before you commit it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import strategies
from backtest.candle_file import read_candles
from backtest.candle_play import CandlePlay
from core.brokers.paper import PaperSettings
from core.candle import COMPLETION_DELAY_NS, Candle, Interval
from core.decision import Decision
from core.engine import Engine
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from core.parameters import parameters_from
from core.replay.driver import Deployment, Driver, run_id_of
from core.replay.result import Result
from core.risk import Refused
from core.risk_parameters import RiskParameters
from core.signals import SignalType
from core.strategy import StrategyConfig
from core.trade import Trade
from tests.core.market import CALENDAR, RELIANCE
from tests.core.shared_data import FOLDER, shared

FIXTURE: Final = Path(__file__).with_name("trades_on_shared_series.json")
INTERVALS: Final = (Interval.M1, Interval.M5, Interval.M15)
_NFO: Final = Segment.NSE_FNO
_TICK: Final = Decimal("0.05")


def _option(number: int, side: OptionSide) -> Instrument:
    return Instrument(
        _NFO, number, f"NIFTY-Dec2025-26000-{side}", InstrumentKind.OPTIDX, 75, _TICK,
        underlying="NIFTY", expiry=date(2025, 12, 30), strike=Decimal(26_000), option_side=side,
    )  # fmt: skip


SERIES: Final[dict[str, tuple[Instrument, float]]] = {
    "nifty_fut_24mar": (
        Instrument(
            _NFO, 1, "NIFTY-Mar2024-FUT", InstrumentKind.FUTIDX, 50, _TICK,
            underlying="NIFTY", expiry=date(2024, 3, 28),
        ),
        10.0,
    ),
    "nifty_30dec25_26000ce": (_option(2, OptionSide.CALL), 2.0),
    "nifty_30dec25_26000pe": (_option(3, OptionSide.PUT), 2.0),
    "reliance_eq_2025": (RELIANCE, 1.0),
}  # fmt: skip


def run(
    instrument: Instrument,
    candles: Sequence[Candle],
    parameters: Mapping[str, Any],
    interval: Interval = Interval.M5,
    **risk: float,
) -> Result:
    """Return what PVA does on 1-minute candles, trading their own instrument."""
    chosen = {f"signal_{each}": each is interval for each in INTERVALS}
    values = {"trade": "SIGNAL", **chosen, **parameters}
    limits = {**strategies.risk_defaults("pva", values), **risk}
    config = StrategyConfig(
        id=str(run_id_of("config")),
        strategy_id=str(run_id_of("strategy")),
        user_id=str(run_id_of("user")),
        portfolio_id=str(run_id_of("portfolio")),
        name="pva",
        instruments=(instrument.key,),
        intervals=tuple({Interval.M1: 1, interval: 1}),
        capital=Decimal(2_000_000),
        risk=parameters_from(RiskParameters, limits),
    )
    engine = Engine(run_id_of("pva", instrument.symbol, interval), CALENDAR)
    driver = Driver(engine)
    engine.watch(instrument)
    driver.deploy(Deployment(config, strategies.make("pva", values), "digest"))
    latency_ms = PaperSettings().latency_ms
    CandlePlay(driver, instrument, has_volume=True, latency_ms=latency_ms).play(candles)
    driver.take(engine.advance(candles[-1].close_ns + COMPLETION_DELAY_NS))
    return driver.result


def shared_run(series: str, interval: Interval, parameters: Mapping[str, Any]) -> Result:
    """Return what PVA does on a shared series; skip the test where it is absent."""
    instrument, row = SERIES[series]
    candles = read_candles(shared(f"{series}_1m.csv.gz"), instrument)
    return run(instrument, candles, {"profile_row": row, **parameters}, interval)


def summary(result: Result) -> dict[str, Any]:
    """Return counts and hashes: what was signalled, what of it refused, what was traded."""
    return {
        "signals": _counted(each.signal.type for each in result.decisions),
        "refused": _counted(
            each.verdict.rule for each in result.decisions if isinstance(each.verdict, Refused)
        ),
        "trades": len(result.trades),
        "exits": _counted(str(each.exit_reason) for each in result.trades),
        "signals_sha256": _hash([_signal_facts(each) for each in result.decisions]),
        "trades_sha256": _hash([_trade_facts(each) for each in result.trades]),
    }


def entries_of(result: Result) -> list[Decision]:
    """Return the decisions on signals to enter."""
    return [each for each in result.decisions if each.signal.type is not SignalType.EXIT]


def _counted(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(str(name) for name in names).items()))


def _signal_facts(decision: Decision) -> list[Any]:
    signal = decision.signal
    return [
        signal.type, signal.candle_close_ns, signal.stop, signal.target, signal.breakeven,
        signal.tier, signal.exit_reason,
    ]  # fmt: skip


def _trade_facts(trade: Trade) -> list[Any]:
    return [
        trade.direction, trade.quantity, trade.entry_ns, str(trade.entry_price), trade.exit_ns,
        str(trade.exit_price), trade.exit_reason, str(trade.net_pnl),
    ]  # fmt: skip


def _hash(facts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _write() -> None:
    if not FOLDER.exists():
        raise SystemExit(f"{FOLDER} is not here: the fixture can only be made from it")
    found = {
        f"{series} {interval}": summary(shared_run(series, interval, {}))
        for series in SERIES
        for interval in INTERVALS
    }
    FIXTURE.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
