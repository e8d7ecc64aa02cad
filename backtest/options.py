"""The options of `python -m backtest`, and what they mean.

In:  command-line arguments.
Out: an instrument, a strategy at work, limits; one sentence for what cannot be used.
Next: `backtest/__main__.py`.
"""

import argparse
import json
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import strategies
from core import hooks
from core.brokers.paper import PaperSettings
from core.candle import Interval
from core.errors import ConfigError
from core.instrument import Instrument, InstrumentKind, Segment
from core.loss_watch import PortfolioLimits
from core.parameters import parameters_from
from core.replay.driver import Deployment, run_id_of
from core.risk_parameters import RiskParameters
from core.strategy import StrategyConfig

_DESCRIPTION: Final = """\
Run a strategy over history with the engine that also trades live, and say what came out.
No evidence of an edge is claimed for any strategy; this shows what it would have done.

examples
  A share's minutes, cross of two averages on five-minute candles, two candle lengths at once:
    python -m backtest run --candles reliance.csv.gz --symbol RELIANCE --tick-size 0.10
    python -m backtest run --candles reliance.csv.gz --tick-size 0.10 --interval 5m \\
        --parameters '{"fast": 5, "slow": 20}' --trades trades.csv --report report.json
    python -m backtest run --candles future.csv.gz --symbol NIFTY-Dec2025-FUT --kind FUTIDX \\
        --segment NSE_FNO --expiry 2025-12-30 --lot-size 75 --tick-size 0.10 \\
        --strategy pva --parameters '{"trade": "SIGNAL"}' --interval 1m 5m --from 2025-12-01
  Recorded packets with the order book, and a recorded run of the worker:
    python -m backtest run --ticks future.csv.gz ...the instrument as above...
    python -m backtest run --recording recordings/2026-11-20/<run>

how candles are traded
  A candle is played as its open, the extreme further from its close, the other one, its close.
  On the way it stops at every stop and target, so that a trade ends at its level. A candle that
  holds both the stop and the target of a trade ends it at the stop. What a candle makes a strategy
  say is done at the open of the next one, worse by --slippage-ticks.

what comes out
  One line of JSON on stdout. Exit code 0; 2 where an option or a file cannot be used, with one
  sentence on stderr.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    whole = argparse.ArgumentParser(
        prog="python -m backtest",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run = whole.add_subparsers(required=True, metavar="run").add_parser(
        "run",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        help="play a file through a strategy",
    )
    source = run.add_mutually_exclusive_group(required=True)
    source.add_argument("--candles", type=Path, help="csv or csv.gz: ts,open,high,low,close,volume")
    source.add_argument("--ticks", type=Path, help="csv or csv.gz of decoded full packets")
    source.add_argument("--recording", type=Path, help="folder of a recorded run of the worker")
    run.add_argument(
        "--calendar", type=Path, help="with --recording: the calendar that its worker had"
    )
    run.add_argument("--trades", type=Path, help="write the trades here: .csv or .json")
    run.add_argument(
        "--report",
        type=Path,
        help="write figures here as .json: the line, all metrics, strategy_performance by day",
    )
    _add_strategy(run)
    _add_instrument(run)
    return whole


def _add_strategy(run: argparse.ArgumentParser) -> None:
    names = sorted(each.name for each in strategies.REGISTRY.values() if not each.brings_code)
    group = run.add_argument_group("strategy (a recording brings its own)")
    group.add_argument("--strategy", default="momentum", choices=names)
    group.add_argument("--parameters", default="{}", help='JSON, such as {"fast": 5, "slow": 20}')
    group.add_argument(
        "--risk",
        default="{}",
        help='JSON, such as {"max_open_trades": 1}; else what the strategy asks for',
    )
    group.add_argument("--capital", default="1000000", help="rupees (1000000)")
    group.add_argument(
        "--interval",
        type=Interval,
        nargs="+",
        action="extend",
        metavar="LENGTH",
        help=f"candles it gets, of {', '.join(Interval)}; else those it needs, or 1m",
    )
    group.add_argument(
        "--from",
        dest="begin",
        type=date.fromisoformat,
        metavar="DATE",
        help="trade from this day on (YYYY-MM-DD); candles before it only warm the strategy up",
    )
    group.add_argument(
        "--portfolio",
        default="{}",
        help='limits of its portfolio, JSON: {"max_open_trades": 2, "daily_loss_limit_pct": 3}',
    )
    group.add_argument(
        "--latency-ms",
        type=int,
        default=PaperSettings().latency_ms,
        help=f"from decision to exchange ({PaperSettings().latency_ms})",
    )
    group.add_argument(
        "--slippage-ticks",
        type=int,
        default=PaperSettings().slippage_ticks,
        help=f"by which a fill without a book is worse ({PaperSettings().slippage_ticks})",
    )


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


def instrument_of(options: argparse.Namespace) -> Instrument:
    """Return the instrument of the file; raises DataError if there can be no such one."""
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


def deployment_of(options: argparse.Namespace, instrument: Instrument) -> Deployment:
    """Return the strategy at work.

    Raises
    ------
    ConfigError
        If parameters, limits or intervals cannot be used.
    """
    parameters = _json(options.parameters, "--parameters")
    risk = {
        **strategies.risk_defaults(options.strategy, parameters),
        **_json(options.risk, "--risk"),
    }
    strategy = strategies.make(options.strategy, parameters)
    chosen = tuple(dict.fromkeys(options.interval or ()))
    config = StrategyConfig(
        id=str(run_id_of("config")),
        strategy_id=str(run_id_of("strategy")),
        user_id=str(run_id_of("user")),
        portfolio_id=str(run_id_of("portfolio")),
        name=options.strategy,
        instruments=(instrument.key,),
        intervals=_not_shorter(hooks.intervals_for(strategy, chosen), options),
        capital=_decimal(options.capital, "--capital"),
        risk=parameters_from(RiskParameters, risk),
    )
    return Deployment(config, strategy, strategies.code_digest(options.strategy, parameters))


def limits_of(options: argparse.Namespace, capital: Decimal) -> PortfolioLimits | None:
    """Return the limits of the portfolio, None where none were given.

    Raises
    ------
    ConfigError
        If one is unknown or no number above 0.
    """
    given = _json(options.portfolio, "--portfolio")
    if not given:
        return None
    for name, value in given.items():
        if name not in PortfolioLimits._fields:
            known = ", ".join(PortfolioLimits._fields)
            raise ConfigError(f"--portfolio: {name} is unknown; there are {known}")
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise ConfigError(f"--portfolio: {name} is {value!r}, must be a number above 0")
    money = Decimal(str(given.pop("capital", capital)))
    return PortfolioLimits(money, **given)


def _not_shorter(
    intervals: tuple[Interval, ...], options: argparse.Namespace
) -> tuple[Interval, ...]:
    """Return the intervals if the file can tell them."""
    if options.candles is not None:
        length = options.file_interval.length_ns
        finer = [str(each) for each in intervals if each.length_ns < length]
        if finer:
            raise ConfigError(
                f"the file holds candles of {options.file_interval}, the strategy gets those of "
                f"{', '.join(finer)}: say --interval, and --file-interval if that is wrong"
            )
    return intervals


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
        number = Decimal(text)
    except InvalidOperation:
        raise ConfigError(f"{option} {text!r} is not a number") from None
    if not (number.is_finite() and number > 0):
        raise ConfigError(f"{option} {text} is not above 0")
    return number
