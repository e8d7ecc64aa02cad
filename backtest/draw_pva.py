"""Draw a PVA trade: ``python -m backtest.draw_pva --out docs/pva.png``.

In:  the story of `backtest/pva_story.py`.
Out: a picture of the last of them: the breakout, what the conditions saw, the trade's levels.
Next: `docs/pva.md`, which shows it.

The trade in it is made by the strategy and the engine, as in any backtest; only the market is
invented.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import dates
from matplotlib.figure import Figure

from backtest.pva_story import Story, story
from core.candle import Candle
from core.errors import TradingError
from core.session import IST, NS_PER_SECOND

type Axes = Any  # matplotlib's own type information is too loose for mypy --strict.

_dates: Any = dates

_INK, _QUIET = "#1f2933", "#9aa5b1"
_UP, _DOWN, _ACCENT, _SECOND = "#1b8a5a", "#c0392b", "#2457a6", "#b8741a"
_DOTS_PER_INCH: Final = 110
_FIVE_MINUTES: Final = 5 / 1_440


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the picture; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m backtest.draw_pva", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/pva.png"))
    given = parser.parse_args(arguments)
    try:
        found = story()
    except TradingError as error:
        sys.stderr.write(f"draw_pva: {error}\n")
        return error.exit_code
    given.out.parent.mkdir(parents=True, exist_ok=True)
    draw(found).savefig(given.out, dpi=_DOTS_PER_INCH)
    return 0


def draw(found: Story) -> Figure:
    """Return the picture."""
    mpl.rcParams.update({"font.size": 9, "axes.edgecolor": _QUIET, "text.color": _INK,
                         "axes.spines.top": False, "axes.spines.right": False})  # fmt: skip
    figure = Figure(figsize=(13, 11), layout="constrained")
    figure.suptitle(
        "Generated data, not a market: how PVA enters and leaves (resolved preset, 5 minutes)",
        fontsize=13,
        fontweight="bold",
    )
    grid = figure.add_gridspec(4, 1, height_ratios=(3.4, 1.1, 1.1, 1.1))
    price = figure.add_subplot(grid[0])
    _draw_price(price, found)
    _draw_volume(figure.add_subplot(grid[1], sharex=price), found)
    _draw_obv(figure.add_subplot(grid[2], sharex=price), found)
    _draw_vroc(figure.add_subplot(grid[3], sharex=price), found)
    return figure


def _draw_price(axes: Axes, found: Story) -> None:
    times = [_clock(each.candle.open_ns) for each in found.readings]
    for time, each in zip(times, found.readings, strict=True):
        candle, colour = each.candle, _colour(each.candle)
        axes.vlines(time, candle.low, candle.high, colors=colour, linewidth=0.9)
        axes.vlines(time, candle.open, candle.close, colors=colour, linewidth=4.0)
    axes.step(times, found.resistance, where="mid", color=_INK, linewidth=1.0, linestyle="--",
              label="C1: highest high of the 20 candles before")  # fmt: skip
    axes.plot(times, [each.vwap for each in found.readings], color=_ACCENT, linewidth=1.2,
              label="C5: VWAP of the session")  # fmt: skip
    poc = found.readings[0].poc
    axes.axhline(poc, color=_SECOND, linewidth=1.0, linestyle=":",
                 label=f"C3: point of control of the days before, {poc:g}")  # fmt: skip
    _draw_trade(axes, found)
    axes.set_ylabel("rupees")
    axes.set_title("Price: the close breaks out, above point of control and VWAP", loc="left")
    axes.legend(loc="lower right", frameon=False)
    axes.xaxis.set_major_locator(_dates.MinuteLocator(byminute=(0, 30), tz=IST))
    axes.xaxis.set_major_formatter(_dates.DateFormatter("%H:%M", tz=IST))


def _draw_trade(axes: Axes, found: Story) -> None:
    signal, trade = found.signal, found.trade
    begin = _clock(signal.candle_close_ns)
    end = _clock(trade.exit_ns or found.readings[-1].candle.close_ns)
    levels = (
        (signal.target, "target, 3 ATR", _UP),
        (signal.breakeven, "2 ATR: the stop moves to entry", _SECOND),
        (signal.price, "entry at the next price", _INK),
        (signal.stop, "stop, 1.5 ATR", _DOWN),
    )
    for level, words, colour in levels:
        if level is not None:
            axes.hlines(level, begin, end, colors=colour, linewidth=1.4)
            axes.text(begin - 0.005, level, words, ha="right", va="center", color=colour)
    if trade.exit_price is not None and trade.exit_reason is not None:
        axes.plot(end, float(trade.exit_price), marker="o", color=_INK)
        words = f"  out: {trade.exit_reason.lower().replace('_', ' ')}"
        axes.text(end, float(trade.exit_price), words, va="top", color=_INK)


def _draw_volume(axes: Axes, found: Story) -> None:
    times = [_clock(each.candle.open_ns) for each in found.readings]
    volumes = [each.candle.volume / 1_000 for each in found.readings]
    colours = [_colour(each.candle) for each in found.readings]
    axes.bar(times, volumes, width=0.7 * _FIVE_MINUTES, color=colours)
    needed = [1.5 * (each.average_volume or 0.0) / 1_000 for each in found.readings]
    axes.step(times, needed, where="mid", color=_INK, linewidth=1.0, linestyle="--",
              label="C1: 150 % of the average of 20, the candle's own left out")  # fmt: skip
    axes.set_ylabel("thousand units")
    axes.set_title("Volume: loud at the breakout, more than the candle before (C5)", loc="left")
    axes.legend(loc="upper right", frameon=False)


def _draw_obv(axes: Axes, found: Story) -> None:
    times = [_clock(each.candle.open_ns) for each in found.readings]
    axes.plot(times, [each.obv / 1_000 for each in found.readings], color=_ACCENT, linewidth=1.4)
    axes.step(times, [each / 1_000 for each in found.obv_high], where="mid", color=_INK,
              linewidth=1.0, linestyle="--",
              label="C2: its own high of the 20 candles before")  # fmt: skip
    axes.set_ylabel("thousand units")
    axes.set_title("OBV: the resolved preset takes a new high of its own too", loc="left")
    axes.legend(loc="lower right", frameon=False)


def _draw_vroc(axes: Axes, found: Story) -> None:
    times = [_clock(each.candle.open_ns) for each in found.readings]
    axes.bar(times, [each.vroc or 0.0 for each in found.readings],
             width=0.7 * _FIVE_MINUTES, color=_QUIET)  # fmt: skip
    for level, words in (200, "C4: enter above 200 %"), (300, "a climax above 300 %, see text"):
        axes.axhline(level, color=_INK, linewidth=0.8, linestyle="--")
        axes.text(times[0], level, words, ha="left", va="bottom")
    axes.set_ylabel("percent")
    axes.set_title("VROC(14): the volume against that of 14 candles ago", loc="left")


def _colour(candle: Candle) -> str:
    return _UP if candle.close >= candle.open else _DOWN


def _clock(time_ns: int) -> float:
    """Return an instant as matplotlib counts it, in days."""
    moment = datetime.fromtimestamp(time_ns / NS_PER_SECOND, IST)
    return float(_dates.date2num(moment))


if __name__ == "__main__":
    sys.exit(main())
