"""`python -m backtest`: run a strategy over a file, or play a recorded run again.

In:  command-line options.
Out: one line of JSON on stdout, trades and figures in files if asked for; exit codes of
     `core/errors.py`.
Next: `backtest/options.py`, then `core/replay/driver.py`.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from adapters.own_calendar import read_calendar
from backtest.candle_file import read_candles
from backtest.candle_play import CandlePlay
from backtest.options import deployment_of, instrument_of, limits_of, parser
from backtest.recording import replay_recording
from backtest.report import summary, write_report, write_trades
from backtest.tick_file import play_packets
from backtest.warm_up import shortage, split_at, warm_up
from core.brokers.paper import PaperSettings
from core.candle import COMPLETION_DELAY_NS, Candle
from core.engine import Engine
from core.errors import EXIT_ASKED_TO_STOP, ConfigError, TradingError
from core.instrument import Instrument, InstrumentKind
from core.market_sessions import MarketSessions
from core.replay.driver import Driver, run_id_of
from core.replay.result import Result
from core.session import load_calendar, market_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and return the exit code."""
    options = parser().parse_args(arguments)
    try:
        result = _run(options)
        if options.trades is not None:
            write_trades(result, options.trades)
        if options.report is not None:
            write_report(result, options.report)
    except TradingError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program for a terminal.
        return error.exit_code
    print(json.dumps(summary(result)))  # noqa: T201 - the same.
    return EXIT_ASKED_TO_STOP


def _run(options: argparse.Namespace) -> Result:
    if options.recording is not None:
        return replay_recording(options.recording, read_calendar(options.calendar))
    if options.begin is not None and options.candles is None:
        raise ConfigError("--from goes with --candles: a tick file is one day")
    return _over_a_file(options)


def _over_a_file(options: argparse.Namespace) -> Result:
    instrument = instrument_of(options)
    calendar = load_calendar()
    paper = PaperSettings(options.latency_ms, options.slippage_ticks)
    run_id = run_id_of(sorted(map(repr, vars(options).items())))
    driver = Driver(Engine(run_id, calendar, paper=paper))
    slot = driver.engine.watch(instrument)
    deployment = deployment_of(options, instrument)
    config = deployment.config
    limits = limits_of(options, config.capital)
    if limits is not None:
        driver.engine.limit_portfolio(config.portfolio_id, limits)
    if options.ticks is not None:
        driver.deploy(deployment)
        play_packets(driver, slot, options.ticks, instrument)
    else:
        candles = read_candles(options.candles, instrument, options.file_interval)
        past, played = split_at(candles, options.begin)
        shown = warm_up(past, instrument, config.intervals, deployment.strategy, calendar)
        if options.begin is not None:
            for said in shortage(shown, config.intervals, deployment.strategy):
                print(f"warm-up: only {said}", file=sys.stderr)  # noqa: T201 - as above.
        driver.deploy(deployment, shown)
        _begin_day(driver, instrument, played[0])
        has_volume = instrument.kind is not InstrumentKind.INDEX
        play = CandlePlay(driver, instrument, has_volume=has_volume, latency_ms=options.latency_ms)
        play.play(played)
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


if __name__ == "__main__":
    sys.exit(main())
