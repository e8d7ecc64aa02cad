"""Every rule: the case it refuses, the nearest one it lets pass, and the sentence it says."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.charges import Product
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from core.risk import Approved, Entry, Refused, Rule, judge
from core.risk_parameters import RiskParameters
from core.session import Market
from core.signals import Direction, Signal, SignalType
from core.strategy import ConfigStatus
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


def an_entry(**changes: object) -> Entry:
    signal = Signal(
        SignalType.LONG, RELIANCE.key, at("10:00"), 100.0, 98.0, 104.0, 50, "because", {}
    )
    entry = Entry(
        config=a_config(instruments=(RELIANCE.key, FUTURE.key, CALL.key)),
        signal=signal,
        direction=Direction.LONG,
        instrument=RELIANCE,
        product=Product.INTRADAY,
        session=CALENDAR.session(DAY, Market.CASH),
        now_ns=at("10:00"),
        last_price=100.0,
        open_same_way=False,
        open_trades=0,
        tied_up=Decimal(0),
        last_exit_ns=None,
        realised_today=Decimal(0),
    )
    return entry._replace(**changes)  # type: ignore[arg-type]  # A test changes any field.


def limits(**values: float) -> dict[str, object]:
    return {"config": a_config(risk=replace(RiskParameters(), **values))}  # type: ignore[arg-type]


def moved(**changes: object) -> dict[str, object]:
    return {"signal": an_entry().signal._replace(**changes)}  # type: ignore[arg-type]


REFUSED: dict[str, tuple[Rule, dict[str, object], str]] = {
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
        {"instrument": CALL, "product": Product.OPTION, "direction": Direction.SHORT},
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
        {"realised_today": Decimal(-60_000)},
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
    "a paisa short of the daily loss": {"realised_today": Decimal("-59999.99")},
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


def test_rules_are_asked_in_their_order() -> None:
    verdict = judge(an_entry(product=None, open_trades=9, last_price=None), "t")
    assert isinstance(verdict, Refused)
    assert verdict.rule is Rule.NOT_TRADABLE
