"""Options of the generated day: Black's prices on a smile, calls and puts in parity."""

import numpy as np
import pytest

from core.instrument import Instrument, OptionSide
from core.session import NS_PER_SECOND
from devstack.dhan.pricing import RATE, Floats, implied_volatility, smile
from devstack.dhan.sources.roots import years_left
from devstack.dhan.tape import Integers, Tape
from tests.devstack.dhan.generated_days import (
    NIFTY_FUTURE,
    NIFTY_INDEX,
    calendar,
    generated,
    middle,
)


@pytest.fixture(scope="module")
def tape() -> Tape:
    return generated().tape


@pytest.fixture(scope="module")
def now(tape: Tape) -> int:
    """Two hours after the opening."""
    return tape.sessions[0].open_ns + 2 * 3_600 * NS_PER_SECOND


def monthly_chain(tape: Tape) -> dict[float, dict[OptionSide | None, int]]:
    """Return strike to the numbers of call and put."""
    expiry = tape.instruments[NIFTY_FUTURE].expiry
    chain: dict[float, dict[OptionSide | None, int]] = {}
    for number, each in enumerate(tape.instruments):
        if each.strike is not None and (each.underlying, each.expiry) == ("NIFTY", expiry):
            chain.setdefault(float(each.strike), {})[each.option_side] = number
    return chain


def years_of(option: Instrument, now: int) -> float:
    return float(years_left(option, np.array([now]), calendar())[0])


def index_and_quotes(tape: Tape, now: int) -> tuple[float, Integers]:
    rows = tape.last_rows(now)
    return float(tape.columns.ltp[rows[NIFTY_INDEX]]), rows


def test_put_call_parity_holds_within_spreads(tape: Tape, now: int) -> None:
    index, rows = index_and_quotes(tape, now)
    pairs = monthly_chain(tape)
    for strike, pair in pairs.items():
        call, put = pair[OptionSide.CALL], pair[OptionSide.PUT]
        years = years_of(tape.instruments[call], now)
        prices = middle(tape, rows[[call, put]])
        parity = index - strike * np.exp(-RATE * years)
        assert prices[0] - prices[1] == pytest.approx(parity, abs=0.0005 * index)
    assert len(pairs) == 25


def test_options_cost_what_black_says_with_a_smile(tape: Tape, now: int) -> None:
    index, rows = index_and_quotes(tape, now)
    chain = monthly_chain(tape)
    years = years_of(tape.instruments[chain[min(chain)][OptionSide.CALL]], now)
    forward = index * float(np.exp(RATE * years))
    implied: dict[float, float] = {}
    for strike, sides in sorted(chain.items()):
        side = OptionSide.CALL if strike >= forward else OptionSide.PUT  # Out of the money.
        premium = float(middle(tape, rows[[sides[side]]])[0])
        found = implied_volatility(premium, forward, strike, years, call=side is OptionSide.CALL)
        assert found is not None, strike
        implied[strike] = found
    strikes: Floats = np.array(list(implied))
    at_the_money = min(implied, key=lambda strike: abs(strike - forward))
    wanted = smile(
        np.full_like(strikes, forward),
        strikes,
        np.full_like(strikes, years),
        np.full_like(strikes, implied[at_the_money]),
    )
    off = np.array(list(implied.values())) - wanted
    assert np.abs(off).max() < 0.004  # Ticks alone are worth half of it.
    assert implied[strikes[0]] - min(implied.values()) > 0.013
