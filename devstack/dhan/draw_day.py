"""Draw a generated day: ``python -m devstack.dhan.draw_day --out docs/generated-day.png``.

In:  a seed and a day.
Out: a picture of what the simulator plays: prices, volume, basis, smile, an option's premium.
Next: look at it.

What is drawn is read from the tape, as a subscriber would see it; only the marks of planned
events come from the story behind it.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib import dates
from matplotlib.figure import Figure

from core.errors import EXIT_CONFIGURATION, TradingError
from core.instrument import Instrument, OptionSide
from core.session import IST, NS_PER_SECOND, load_calendar
from devstack.dhan.candles import Candles
from devstack.dhan.market_data import MarketData
from devstack.dhan.pricing import RATE, Floats
from devstack.dhan.sources.generated import GeneratedDay, generate
from devstack.dhan.sources.roots import years_left
from devstack.dhan.sources.story import EventName

type Axes = Any  # matplotlib's own type information is too loose for mypy --strict.

_dates: Any = dates

_INK: Final = "#1f2933"
_QUIET: Final = "#9aa5b1"
_UP, _DOWN, _ACCENT, _SECOND = "#1b8a5a", "#c0392b", "#2457a6", "#b8741a"
_NIFTY_INDEX: Final = 0
_NIFTY_FUTURE: Final = 3
_DOTS_PER_INCH: Final = 110
_SMILE_AFTER_MINUTES: Final = 150
_MARKS: Final = {EventName.BREAKOUT: "breakout", EventName.CLIMAX: "climax",
                 EventName.REVERSAL: "reversal"}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the picture; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m devstack.dhan.draw_day", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/generated-day.png"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--day", type=date.fromisoformat, default=date(2026, 11, 20))
    given = parser.parse_args(arguments)
    try:
        made = generate(given.seed, given.day, load_calendar())
    except TradingError as error:
        sys.stderr.write(f"draw_day: {error}\n")
        return error.exit_code
    try:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        draw(made, f"seed {given.seed}").savefig(given.out, dpi=_DOTS_PER_INCH)
    except OSError as error:
        sys.stderr.write(f"draw_day: {given.out} cannot be written: {error.strerror}\n")
        return EXIT_CONFIGURATION
    return 0


def draw(made: GeneratedDay, seed: str) -> Figure:
    """Return the picture of a day."""
    mpl.rcParams.update({"font.size": 9, "axes.edgecolor": _QUIET, "text.color": _INK,
                         "axes.spines.top": False, "axes.spines.right": False})  # fmt: skip
    figure = Figure(figsize=(13, 11), layout="constrained")
    day = made.tape.sessions[0].day
    figure.suptitle(
        f"Generated data, not a market: the Dhan simulator's {day:%A} {day}, {seed}, "
        f"{len(made.tape.instruments)} instruments, {len(made.tape):,} packets",
        fontsize=13,
        fontweight="bold",
    )
    grid = figure.add_gridspec(4, 2, height_ratios=(3.2, 1.2, 1.4, 2.0))
    price = figure.add_subplot(grid[0, :])
    _draw_price(price, made)
    _draw_volume(figure.add_subplot(grid[1, :], sharex=price), made)
    _draw_basis(figure.add_subplot(grid[2, :], sharex=price), made)
    _draw_option(figure.add_subplot(grid[3, 0]), made)
    _draw_smile(figure.add_subplot(grid[3, 1]), made)
    return figure


def _draw_price(axes: Axes, made: GeneratedDay) -> None:
    index = _minutes(made, made.tape.instruments[_NIFTY_INDEX])
    future = _minutes(made, made.tape.instruments[_NIFTY_FUTURE])
    times = _times(future)
    colours = np.where(future.close >= future.open, _UP, _DOWN)
    axes.vlines(times, future.low, future.high, colors=colours, linewidth=0.8)
    axes.vlines(times, future.open, future.close, colors=colours, linewidth=2.2)
    axes.plot(_times(index), index.close, color=_ACCENT, linewidth=1.0, label="NIFTY 50 index")
    name = f"{made.tape.instruments[_NIFTY_FUTURE].symbol}, candles of 1 minute"
    axes.plot([], [], color=_UP, linewidth=2.2, label=name)
    top = float(future.high.max())
    for event in made.story.events:
        if event.name not in _MARKS:
            continue
        at = made.tape.sessions[0].open_ns // NS_PER_SECOND + event.minute * 60
        arrow = "up" if event.direction > 0 else "down"
        axes.axvline(_clock(at), color=_QUIET, linewidth=0.8, linestyle=":")
        axes.text(_clock(at), top, f" {_MARKS[event.name]} {arrow}", fontsize=8, rotation=90,
                  va="top", ha="right", color=_INK)  # fmt: skip
    axes.set_ylabel("rupees")
    axes.set_title("Index and near-month future, with planned events", loc="left")
    axes.legend(loc="lower left", frameon=False)
    _show_clock(axes, (0, 30))


def _draw_volume(axes: Axes, made: GeneratedDay) -> None:
    future = _minutes(made, made.tape.instruments[_NIFTY_FUTURE])
    colours = np.where(future.close >= future.open, _UP, _DOWN)
    axes.bar(_times(future), future.volume / 1_000, width=0.8 / 1_440, color=colours)
    axes.set_ylabel("thousand units")
    axes.set_title("Volume of the future per minute", loc="left")


def _draw_basis(axes: Axes, made: GeneratedDay) -> None:
    instrument = made.tape.instruments[_NIFTY_FUTURE]
    index = _minutes(made, made.tape.instruments[_NIFTY_INDEX])
    future = _minutes(made, instrument)
    both = np.isin(future.start, index.start)
    starts, close = future.start[both], future.close[both]
    spot = index.close[np.isin(index.start, starts)]
    carry = spot * np.exp(RATE * years_left(instrument, starts * NS_PER_SECOND, made.calendar))
    axes.plot(_times(future)[both], close - spot, color=_ACCENT, linewidth=1.0,
              label="future minus index")  # fmt: skip
    axes.plot(_times(future)[both], carry - spot, color=_SECOND, linewidth=1.4,
              label="cost of carry (6.5 % a year)")  # fmt: skip
    axes.fill_between(_times(future)[both], carry - spot - spot * 0.0003,
                      carry - spot + spot * 0.0003, color=_SECOND, alpha=0.15, linewidth=0,
                      label="0.03 % around it")  # fmt: skip
    axes.set_ylabel("points")
    axes.set_title("Basis: near its carry, now and then out of its band", loc="left")
    axes.margins(y=0.25)
    axes.legend(loc="upper right", frameon=False, ncols=3)


def _draw_option(axes: Axes, made: GeneratedDay) -> None:
    spot = float(made.tape.columns.open[made.tape.rows_of(_NIFTY_INDEX)[0]])
    nearest = min(
        (each for each in made.tape.instruments if each.underlying == "NIFTY" and each.strike),
        key=lambda each: (each.expiry, abs(float(each.strike or 0) - spot)),
    )
    for each in made.tape.instruments:
        if (each.underlying, each.expiry, each.strike) == ("NIFTY", nearest.expiry, nearest.strike):
            candles = _minutes(made, each)
            call = each.option_side is OptionSide.CALL
            axes.plot(_times(candles), candles.close, linewidth=1.0,
                      color=_UP if call else _DOWN, label=each.display_name.lower())  # fmt: skip
    axes.set_ylabel("rupees")
    _show_clock(axes, (0,))
    axes.set_title("Premium of the option pair at the money at the opening", loc="left")
    axes.margins(y=0.2)
    axes.legend(loc="upper right", frameon=False, ncols=2)


def _draw_smile(axes: Axes, made: GeneratedDay) -> None:
    market = MarketData(made.tape, made.calendar, made.history)
    index = made.tape.instruments[_NIFTY_INDEX]
    session = made.tape.sessions[0]
    now = min(session.open_ns + _SMILE_AFTER_MINUTES * 60 * NS_PER_SECOND, session.close_ns - 1)
    for expiry, colour in zip(
        market.expiries(index, now), (_ACCENT, _SECOND, _QUIET), strict=False
    ):
        chain = market.option_chain(index, expiry, now)
        known = []
        for strike, pair in chain.strikes.items():
            # The side out of the money is the one that is traded and tells the volatility.
            side = OptionSide.CALL if strike > chain.last_price else OptionSide.PUT
            known.append((strike, pair[side].implied_volatility))
        axes.plot(*np.array(known).T, "o-", color=colour, markersize=3, linewidth=0.8,
                  label=f"{expiry:%d %b}")  # fmt: skip
    axes.axvline(chain.last_price, color=_QUIET, linewidth=0.8, linestyle=":")
    at = datetime.fromtimestamp(now // NS_PER_SECOND, IST)
    axes.set_xlabel("strike (dotted: index)")
    axes.set_ylabel("% per year")
    axes.set_title(f"Volatility implied by last prices at {at:%H:%M}, out of the money", loc="left")
    axes.legend(loc="upper right", frameon=False, title="expiry")


def _minutes(made: GeneratedDay, instrument: Instrument) -> Candles:
    session = made.tape.sessions[0]
    market = MarketData(made.tape, made.calendar)
    return market.candles(instrument, 1, session.open_ns, session.close_ns, session.close_ns)


def _show_clock(axes: Axes, minutes: tuple[int, ...]) -> None:
    axes.xaxis.set_major_locator(_dates.MinuteLocator(byminute=minutes, tz=IST))
    axes.xaxis.set_major_formatter(_dates.DateFormatter("%H:%M", tz=IST))


def _times(candles: Candles) -> Floats:
    return _clock(candles.start)


def _clock(seconds: Any) -> Floats:
    """Return matplotlib's dates of unix seconds."""
    days: Floats = _dates.date2num(np.asarray(seconds).astype("datetime64[s]"))
    return days


if __name__ == "__main__":
    sys.exit(main())
