"""Every rule: the case it refuses, the nearest one it lets pass, and the sentence it says."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.charges import Product
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from core.legs import Leg
from core.risk import Approved, Entry, Refused, Rule, judge
from core.risk_parameters import RiskParameters
from core.session import Market
from core.signals import Direction, Side, Signal, SignalType
from core.strategy import ConfigStatus, TradeMode
from tests.core.engine_driver import a_config
from tests.core.market import CALENDAR, DAY, FUTURE, RELIANCE, at

CALL = Instrument(
    Segment.NSE_FNO,
    40_001,
    "NIFTY-Dec2025-26000-CE",
    InstrumentKind.OPTIDX,
    75,
    Decimal("0.05"),
    underlying="NIFTY",
    expiry=date(2025, 12, 30),
    strike=Decimal(26_000),
    option_side=OptionSide.CALL,
)


A_LEG = Leg(RELIANCE, Product.INTRADAY, Side.BUY, 1, 100.0, CALENDAR.session(DAY, Market.CASH))
OF_THE_LEG = frozenset(Leg._fields)


def an_entry(**changes: object) -> Entry:
    """Return an entry that passes, with changes to it or to its one leg."""
    leg = A_LEG._replace(**{name: changes[name] for name in changes if name in OF_THE_LEG})  # type: ignore[arg-type]
    signal = Signal(
        SignalType.LONG, RELIANCE.key, at("10:00"), 100.0, 98.0, 104.0, 50, "because", {}
    )
    entry = Entry(
        config=a_config(instruments=(RELIANCE.key, FUTURE.key, CALL.key)),
        equity=Decimal(1_000_000),
        signal=signal,
        direction=Direction.LONG,
        instrument=leg.instrument,
        legs=(leg,),
        now_ns=at("10:00"),
        open_same_way=False,
        open_trades=0,
        tied_up=Decimal(0),
        last_exit_ns=None,
        day_pnl=Decimal(0),
    )
    return entry._replace(**{name: changes[name] for name in changes if name not in OF_THE_LEG})  # type: ignore[arg-type]


def limits(**values: float) -> dict[str, object]:
    return {"config": a_config(risk=replace(RiskParameters(), **values))}  # type: ignore[arg-type]


def moved(**changes: object) -> dict[str, object]:
    return {"signal": an_entry().signal._replace(**changes)}  # type: ignore[arg-type]


REFUSED: dict[str, tuple[Rule, dict[str, object], str]] = {
    "halted": (
        Rule.EMERGENCY_STOP,
        {"config": a_config()._replace(trade_mode=TradeMode.LIVE), "halted": True},
        "an emergency stop is in force",
    ),
    "not ours for certain": (
        Rule.LEASE,
        {
            "config": a_config()._replace(trade_mode=TradeMode.LIVE),
            "live_doubt": "the worker's lease ended 3 s ago",
        },
        "lease ended 3 s ago",
    ),
    "paused": (
        Rule.CONFIG_NOT_ACTIVE,
        {"config": a_config()._replace(status=ConfigStatus.PAUSED)},
        "the config is PAUSED",
    ),
    "no product": (Rule.NOT_TRADABLE, {"product": None}, "RELIANCE .EQUITY. cannot be traded"),
    "foreign instrument": (
        Rule.NOT_TRADABLE,
        {"config": a_config(instruments=(FUTURE.key,))},
        "not an instrument of this config",
    ),
    "written option": (
        Rule.NOT_TRADABLE,
        {"instrument": CALL, "product": Product.OPTION, "side": Side.SELL},
        "bought, never written",
    ),
    "old signal": (Rule.STALE_SIGNAL, {"now_ns": at("10:01:01")}, "61 s old, at most 60 s"),
    "no session": (Rule.MARKET_CLOSED, {"session": None}, "not traded at this time"),
    "after the close": (
        Rule.MARKET_CLOSED,
        {"now_ns": at("15:30"), **moved(candle_close_ns=at("15:30"))},
        "not traded at this time",
    ),
    "first minutes": (
        Rule.ENTRY_WINDOW,
        {**limits(entry_delay_minutes=46)},
        "first 46 minutes",
    ),
    "last minutes": (
        Rule.ENTRY_WINDOW,
        {"now_ns": at("15:00"), **moved(candle_close_ns=at("15:00"))},
        "last 15 minutes before square-off",
    ),
    "expiring": (
        Rule.EXPIRY,
        {"instrument": replace(CALL, expiry=DAY), "product": Product.OPTION,
         "now_ns": at("13:00"), **moved(candle_close_ns=at("13:00"))},
        "expires on 2025-12-01, it is entered until 13:00",
    ),
    "expired": (
        Rule.EXPIRY,
        {"instrument": replace(CALL, expiry=date(2025, 11, 27)), "product": Product.OPTION},
        "expires on 2025-11-27",
    ),
    "nothing to trade": (Rule.NOT_TRADABLE, {"problem": "no call is watched"}, "no call"),
    "never traded": (Rule.NO_PRICE, {"last_price": None}, "has not been traded yet"),
    "no stop": (Rule.STOP_MISSING, moved(stop=None), "needs a stop"),
    "poor reward": (Rule.REWARD_RISK, moved(target=103.9), "reward 3.90 to risk 2.00 is below 2"),
    "open trade": (Rule.OPEN_TRADE, {"open_same_way": True}, "a LONG trade in RELIANCE is open"),
    "too many": (Rule.MAX_OPEN_TRADES, {"open_trades": 3}, "3 trades are open, at most 3"),
    "cooldown": (
        Rule.COOLDOWN,
        {"last_exit_ns": at("09:30") + 1},
        "ended 29 minutes ago, 30 must pass",
    ),
    "daily loss": (
        Rule.DAILY_LOSS,
        {"day_pnl": Decimal(-60_000)},
        "today's loss of 60000 has reached the limit of 60000.00",
    ),
    "risk of one lot": (
        Rule.QUANTITY,
        {"instrument": FUTURE, "product": Product.FUTURE, **moved(stop=99.0, target=1_000.0),
         "config": a_config(capital="3000")},
        "would lose 75.00 at the stop, 60.00 may be lost",
    ),
    "outlay of one lot": (
        Rule.QUANTITY,
        {"last_price": 400_000.0},
        "needs 400000.00, 300000.00 is free",
    ),
    "capital tied up": (
        Rule.QUANTITY,
        {"tied_up": Decimal(999_950)},
        "needs 100.00, 50.00 is free",
    ),
}  # fmt: skip

PASSES: dict[str, dict[str, object]] = {
    "as it is": {},
    "halted, but simulated": {"halted": True},
    "not ours for certain, but simulated": {"live_doubt": "the worker's lease ended 3 s ago"},
    "sixty seconds old": {"now_ns": at("10:01:00")},
    "at the end of the first minutes": limits(entry_delay_minutes=45),
    "last moment before the cut-off": {
        "now_ns": at("15:00") - 1,
        **moved(candle_close_ns=at("14:59:30")),
    },
    "reward exactly twice the risk": moved(target=104.0),
    "reward twice the risk but for rounding": moved(stop=100 - 0.1 * 3, target=100 + 0.2 * 3),
    "no target": moved(target=None),
    "two open": {"open_trades": 2},
    "thirty minutes since": {"last_exit_ns": at("09:30")},
    "a paisa short of the daily loss": {"day_pnl": Decimal("-59999.99")},
    "expiring, in the morning": {
        "instrument": replace(CALL, expiry=DAY),
        "product": Product.OPTION,
        "now_ns": at("13:00") - 1,
        **moved(candle_close_ns=at("12:59:30")),
    },
    "bought option": {"instrument": CALL, "product": Product.OPTION},
}


@pytest.mark.parametrize("case", REFUSED)
def test_rule_refuses_with_a_sentence_that_has_its_figures(case: str) -> None:
    rule, changes, said = REFUSED[case]
    verdict = judge(an_entry(**changes), "trade")
    assert isinstance(verdict, Refused)
    assert verdict.rule is rule
    assert re.search(said, verdict.reason), verdict.reason


@pytest.mark.parametrize("case", PASSES)
def test_the_nearest_case_on_the_other_side_passes(case: str) -> None:
    assert isinstance(judge(an_entry(**PASSES[case]), "trade"), Approved)


def test_quantity_loses_at_most_two_percent_at_the_stop() -> None:
    roomy = limits(max_outlay_pct=100)
    assert judge(an_entry(**moved(stop=90.0, target=120.0), **roomy), "t") == Approved(
        "t", 2_000, Decimal("200000.00")
    )


def test_quantity_is_cut_to_the_outlay_of_one_trade() -> None:
    assert judge(an_entry(), "t") == Approved("t", 3_000, Decimal("300000.00"))


def test_a_future_ties_up_its_margin_and_comes_in_lots() -> None:
    entry = an_entry(
        instrument=FUTURE,
        product=Product.FUTURE,
        last_price=26_000.0,
        **moved(price=26_000.0, stop=25_990.0, target=26_020.0),
    )
    assert judge(entry, "t") == Approved("t", 75, Decimal("292500.0000"))


def test_an_option_is_sized_by_what_it_loses_when_the_future_is_at_the_stop() -> None:
    """Lots: floor(2 % of 1,000,000 / (20 points x delta 0.4 x 75)) = 33, by premium 40."""
    option = {"instrument": CALL, "product": Product.OPTION, "last_price": 100.0}
    levels = moved(price=26_000.0, stop=25_980.0, target=26_040.0)
    assert judge(an_entry(**option, **levels, delta=0.4), "t") == Approved(
        "t", 33 * 75, Decimal("247500.00")
    )
    # Where no chain tells the delta, half a point per point: 26 lots.
    unknown = judge(an_entry(**option, **levels), "t")
    assert isinstance(unknown, Approved)
    assert unknown.quantity == 26 * 75


def test_a_tier_is_a_share_of_the_size() -> None:
    roomy = limits(max_outlay_pct=100)
    tiered = moved(stop=90.0, target=120.0, tier=0.5)
    assert judge(an_entry(**tiered, **roomy), "t") == Approved("t", 1_000, Decimal("100000.00"))


def test_units_that_a_signal_names_are_taken_exactly_or_not_at_all() -> None:
    def wanted(units: int) -> Approved | Refused:
        signal = an_entry().signal._replace(units=units)
        return judge(an_entry(signal=signal, last_price=10.0), "trade")

    most = judge(an_entry(last_price=10.0), "trade")
    assert isinstance(most, Approved)
    for units in (1, 7, most.quantity):
        verdict = wanted(units)
        assert isinstance(verdict, Approved)
        assert verdict.quantity == units
    assert wanted(most.quantity + 1) == Refused(
        Rule.QUANTITY,
        f"{most.quantity + 1} units are wanted, the limits of the config allow {most.quantity}",
    )


def test_units_must_be_whole_lots() -> None:
    def wanted(units: int) -> Approved | Refused:
        signal = an_entry().signal._replace(instrument=FUTURE.key, units=units)
        changes = {"instrument": FUTURE, "product": Product.FUTURE, "last_price": 100.0}
        return judge(an_entry(signal=signal, **changes), "trade")

    lot = FUTURE.lot_size
    assert isinstance(wanted(2 * lot), Approved)
    refused = wanted(lot + 1)
    assert isinstance(refused, Refused)
    assert (
        refused.reason == f"{lot + 1} units of {FUTURE.symbol} are no multiple of its lot of {lot}"
    )


def test_legs_are_sized_together_by_their_ratios() -> None:
    future = Leg(FUTURE, Product.FUTURE, Side.BUY, 1, 26_000.0, A_LEG.session)
    put = Leg(CALL, Product.OPTION, Side.BUY, 2, 100.0, A_LEG.session, -0.5)
    entry = an_entry(
        legs=(future, put),
        **moved(price=26_000.0, stop=25_980.0, target=26_040.0),
        **limits(max_outlay_pct=100),
    )
    # One lot of the trade loses 20 x (75 + 2 x 0.5 x 75) = 3,000 and ties up 292,500 + 15,000.
    assert judge(entry, "t") == Approved("t", 3 * 75, Decimal("922500.00"))


def test_rules_are_asked_in_their_order() -> None:
    verdict = judge(an_entry(product=None, open_trades=9, last_price=None), "t")
    assert isinstance(verdict, Refused)
    assert verdict.rule is Rule.NOT_TRADABLE
