"""What a config's code is asked in one minute: one question per instrument that trades.

In:  a due config, candles, what is held, prices.
Out: `Question`s for the sandbox; for the others a note that says why they are not asked.
Next: `functions/minute/run.py`, which follows the answers.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from adapters.sandbox.context import PositionRow, StrategyContext
from adapters.sandbox.pool import Evaluation
from core.candle import InstrumentKey, Interval
from core.session import IST, NS_PER_SECOND
from core.trade import Trade
from functions.minute.configs import DueConfig, Listed
from functions.minute.desk import Desk, Price
from functions.minute.market import MarketNow
from functions.minute.shelf import Shelf
from functions.minute.sources import read_code
from strategies.code.strategy import CANDLES


class Question(NamedTuple):
    """What is asked about one instrument; `at_ns` is the end of the candle it is asked on."""

    listed: Listed
    evaluation: Evaluation
    price: Price
    at_ns: int


def questions_of(  # noqa: PLR0913, PLR0917 - all that a question is made of; one caller.
    due: DueConfig,
    parameters: Mapping[str, Any],
    interval: Interval,
    desk: Desk,
    shelf: Shelf,
    market: MarketNow,
) -> Iterator[Question | str]:
    """Yield a question, or why there is none, per instrument whose market is open."""
    named = {each.instrument.key: each for each in due.listed.values() if each is not None}
    for key, listed in named.items():
        session = market.sessions.get(key)
        if session is None:
            continue
        objection = market.objection(listed, interval)
        if objection is not None:
            yield f"hold {listed.instrument.symbol}: {objection}"
            continue
        price, held = market.prices[key], desk.held_in(key)
        context = StrategyContext(
            shelf.rows(key, interval, session, CANDLES),
            price.value,
            None if held is None else _position(held),
            parameters,
        )
        at_ns = shelf.candles(key, interval, session)[-1].close_ns
        yield Question(listed, _evaluation(due, context, key, at_ns), price, at_ns)


def _evaluation(
    due: DueConfig, context: StrategyContext, key: InstrumentKey, at_ns: int
) -> Evaluation:
    at = _time(at_ns)
    seed = f"{due.id} {key[0]}:{key[1]} {at.isoformat()}"
    return Evaluation(read_code(due.row["python_code"]), context, at, seed)


def _position(trade: Trade) -> PositionRow:
    return {
        "side": str(trade.direction),
        "quantity": trade.open_quantity,
        "entry_price": float(trade.entry_price),
        "entry_time": _time(trade.entry_ns).isoformat(),
    }


def _time(at_ns: int) -> datetime:
    return datetime.fromtimestamp(at_ns // NS_PER_SECOND, IST)
