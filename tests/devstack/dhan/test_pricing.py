"""Option prices: known values, parity, limits, and greeks as slopes of the price."""

from math import erf, exp, sqrt

import numpy as np
import pytest

from devstack.dhan.pricing import (
    RATE,
    Floats,
    greeks,
    implied_volatility,
    normal_cdf,
    price,
    price_one,
    smile,
)

STRIKES: Floats = np.arange(24_000, 28_001, 50).astype(np.float64)
FORWARD = np.full_like(STRIKES, 26_000.0)
YEARS = np.full_like(STRIKES, 7 / 365)
FLAT = np.full_like(STRIKES, 0.13)


def test_the_distribution_function_is_right_to_a_billionth() -> None:
    x: Floats = np.linspace(-9, 9, 100_001).astype(np.float64)
    expected = np.array([0.5 * (1 + erf(value / sqrt(2))) for value in x])
    assert np.abs(normal_cdf(x) - expected).max() < 1e-9


def test_a_textbook_price_is_met() -> None:
    # Hull, "Options, Futures, and Other Derivatives", Black's model: F = K = 20, r = 9 %,
    # 4 months, volatility 25 %: a put costs 1.12.
    discount = exp((RATE - 0.09) * 4 / 12)
    assert price_one(20, 20, 4 / 12, 0.25, call=False) * discount == pytest.approx(1.12, abs=0.005)


def test_put_call_parity_is_exact() -> None:
    call = price(FORWARD, STRIKES, YEARS, FLAT, call=True)
    put = price(FORWARD, STRIKES, YEARS, FLAT, call=False)
    assert np.allclose(call - put, np.exp(-RATE * YEARS) * (FORWARD - STRIKES), atol=1e-6)


def test_many_and_one_are_the_same() -> None:
    many = price(FORWARD, STRIKES, YEARS, FLAT, call=True)
    ones = [price_one(26_000, strike, 7 / 365, 0.13, call=True) for strike in STRIKES.tolist()]
    assert np.allclose(many, ones, atol=1e-4)


def test_the_smile_is_dearer_for_puts_and_lowest_near_the_money() -> None:
    volatility = smile(FORWARD, STRIKES, YEARS, FLAT)
    lowest = STRIKES[np.argmin(volatility)]
    assert 26_000 <= lowest <= 27_000
    assert volatility[0] > volatility[-1] > volatility.min()
    assert volatility[STRIKES == 26_000] == pytest.approx(0.13)
    assert np.all(volatility < 0.25)


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize("strike", [25_000.0, 26_000.0, 26_500.0])
def test_volatility_is_recovered_from_a_price(strike: float, call: bool) -> None:  # noqa: FBT001
    premium = price_one(26_000, strike, 7 / 365, 0.17, call=call)
    found = implied_volatility(premium, 26_000, strike, 7 / 365, call=call)
    assert found == pytest.approx(0.17, abs=1e-6)


def test_a_price_below_intrinsic_value_has_no_volatility() -> None:
    assert implied_volatility(900.0, 26_000, 25_000, 7 / 365, call=True) is None
    assert implied_volatility(26_500.0, 26_000, 25_000, 7 / 365, call=True) is None


@pytest.mark.parametrize("call", [True, False])
def test_greeks_are_the_slopes_of_the_price(call: bool) -> None:  # noqa: FBT001
    spot, strike, years, volatility = 26_000.0, 26_100.0, 7 / 365, 0.13

    def worth(at: float, left: float, wild: float) -> float:
        return price_one(at * exp(RATE * left), strike, left, wild, call=call)

    found = greeks(spot, strike, years, volatility, call=call)
    up, here, down = (worth(spot + step, years, volatility) for step in (1, 0, -1))
    assert found.delta == pytest.approx((up - down) / 2, abs=1e-5)
    assert found.gamma == pytest.approx(up - 2 * here + down, abs=1e-6)
    day = 1 / 365
    decay = worth(spot, years - day / 100, volatility) - worth(spot, years + day / 100, volatility)
    assert found.theta == pytest.approx(decay * 50, rel=1e-3)
    wilder = worth(spot, years, volatility + 0.0005) - worth(spot, years, volatility - 0.0005)
    assert found.vega == pytest.approx(wilder * 10, rel=1e-3)
