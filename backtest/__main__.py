"""`python -m backtest`: run a strategy over a file, or play a recorded run again.

In:  command-line options.
Out: one line of JSON on stdout, the trades in a file if asked for; exit codes of `core/errors.py`.
Next: `backtest/driver.py`.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import strategies
from backtest.candle_file import read_candles, ticks_of
from backtest.driver import Deployment, Driver, Result, run_id_of
from backtest.recording import replay_recording
from backtest.report import summary, write_trades
from backtest.tick_file import play_packets
from core.brokers.paper import PaperSettings
from core.candle import COMPLETION_DELAY_NS, Candle, Interval
from core.engine import Engine
from core.errors import EXIT_ASKED_TO_STOP, ConfigError, TradingError
from core.instrument import Instrument, InstrumentKind, Segment
from core.market_sessions import MarketSessions
from core.parameters import parameters_from
from core.risk_parameters import RiskParameters
from core.session import load_calendar, market_of
from core.strategy import StrategyConfig

_DESCRIPTION: Final = """\
Run a strategy over history with the engine that also trades live, and say what came out.

  python -m backtest run --candles reliance.csv.gz --symbol RELIANCE --tick-size 0.10
  python -m backtest run --ticks future.csv.gz --symbol NIFTY-Dec2025-FUT --kind FUTIDX \\
      --segment NSE_FNO --expiry 2025-12-30 --lot-size 75 --tick-size 0.10
  python -m backtest run --recording state/recordings/<run>     (a run of the worker)

A candle is played as its open, the extreme further from its close, the other one, its close.
No evidence of an edge is claimed for any strategy; this shows what it would have done.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        result = _recorded(options) if options.recording else _over_a_file(options)
        if options.trades is not None:
            write_trades(result, options.trades)
    except TradingError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program for a terminal.
        return error.exit_code
    print(json.dumps(summary(result)))  # noqa: T201 - the same.
    return EXIT_ASKED_TO_STOP


def _recorded(options: argparse.Namespace) -> Result:
    return replay_recording(options.recording)


def _over_a_file(options: argparse.Namespace) -> Result:
    instrument = _instrument(options)
    engine = Engine(
        run_id_of(sorted(map(repr, vars(options).items()))),
        load_calendar(),
        paper=PaperSettings(options.latency_ms, options.slippage_ticks),
    )
    driver = Driver(engine)
    slot = engine.watch(instrument)
    driver.deploy(_deployment(options, instrument))
    if options.ticks is not None:
        play_packets(driver, slot, options.ticks, instrument)
    else:
        candles = read_candles(options.candles, instrument, options.file_interval)
        _begin_day(driver, instrument, candles[0])
        has_volume = instrument.kind is not InstrumentKind.INDEX
        driver.play(ticks_of(candles, slot, has_volume=has_volume))
    _end_day(driver, instrument)
    return driver.result


def _begin_day(driver: Driver, instrument: Instrument, first: Candle) -> None:
    """Tell the engine that the day is seen from its opening, whenever the first trade was."""
    sessions = MarketSessions(load_calendar(), market_of(instrument.segment))
    session = sessions.on_day_of(first.open_ns)
    if session is not None:
        driver.take(driver.engine.advance(session.open_ns))


def _end_day(driver: Driver, instrument: Instrument) -> None:
    """Complete the last candles: the file has ended, and with it the day."""
    sessions = MarketSessions(load_calendar(), market_of(instrument.segment))
    session = sessions.on_day_of(driver.engine.now_ns)
    if session is not None:
        driver.take(driver.engine.advance(session.close_ns + COMPLETION_DELAY_NS))


def _deployment(options: argparse.Namespace, instrument: Instrument) -> Deployment:
    parameters = _json(options.parameters, "--parameters")
    config = StrategyConfig(
        id=str(run_id_of("config")),
        strategy_id=str(run_id_of("strategy")),
        user_id=str(run_id_of("user")),
        portfolio_id=str(run_id_of("portfolio")),
        name=options.strategy,
        instruments=(instrument.key,),
        intervals=(options.interval,),
        capital=_decimal(options.capital, "--capital"),
        risk=parameters_from(RiskParameters, _json(options.risk, "--risk")),
    )
    return Deployment(
        config,
        strategies.make(options.strategy, parameters),
        strategies.code_digest(options.strategy, parameters),
    )


def _instrument(options: argparse.Namespace) -> Instrument:
    return Instrument(
        options.segment,
        options.security_id,
        options.symbol,
        options.kind,
        options.lot_size,
        _decimal(options.tick_size, "--tick-size"),
        underlying=options.underlying,
        expiry=options.expiry,
        freeze_quantity=options.freeze_quantity,
    )


def _json(text: str, option: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{option} {text!r} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f'{option} {text!r} must be an object such as {{"fast": 9}}')
    return values


def _decimal(text: str, option: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ConfigError(f"{option} {text!r} is not a number") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m backtest",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run = parser.add_subparsers(required=True, metavar="run").add_parser(
        "run",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        help="play a file through a strategy",
    )
    source = run.add_mutually_exclusive_group(required=True)
    source.add_argument("--candles", type=Path, help="csv or csv.gz: ts,open,high,low,close,volume")
    source.add_argument("--ticks", type=Path, help="csv or csv.gz of decoded full packets")
    source.add_argument("--recording", type=Path, help="folder of a recorded run of the worker")
    run.add_argument("--trades", type=Path, help="write the trades here: .csv or .json")
    _add_strategy(run)
    _add_instrument(run)
    return parser


def _add_strategy(run: argparse.ArgumentParser) -> None:
    group = run.add_argument_group("strategy (a recording brings its own)")
    group.add_argument("--strategy", default="momentum", choices=sorted(strategies.REGISTRY))
    group.add_argument("--parameters", default="{}", help='JSON, such as {"fast": 5, "slow": 20}')
    group.add_argument("--risk", default="{}", help='JSON, such as {"max_open_trades": 1}')
    group.add_argument("--capital", default="1000000", help="rupees (1000000)")
    group.add_argument("--interval", type=Interval, default=Interval.M1, help="its candles (1m)")
    group.add_argument("--latency-ms", type=int, default=PaperSettings().latency_ms)
    group.add_argument("--slippage-ticks", type=int, default=PaperSettings().slippage_ticks)


def _add_instrument(run: argparse.ArgumentParser) -> None:
    group = run.add_argument_group("instrument of the file (a share unless said otherwise)")
    group.add_argument("--symbol", default="FILE")
    group.add_argument("--segment", type=Segment, default=Segment.NSE_EQ)
    group.add_argument("--security-id", type=int, default=1)
    group.add_argument("--kind", type=InstrumentKind, default=InstrumentKind.EQUITY)
    group.add_argument("--lot-size", type=int, default=1)
    group.add_argument("--tick-size", default="0.05", help="rupees (0.05)")
    group.add_argument("--underlying")
    group.add_argument("--expiry", type=date.fromisoformat, help="of a derivative, YYYY-MM-DD")
    group.add_argument("--freeze-quantity", type=int)
    group.add_argument(
        "--file-interval", type=Interval, default=Interval.M1, help="of a candle file (1m)"
    )


if __name__ == "__main__":
    sys.exit(main())
