"""Options under watch: which they are, that they follow the price, that what is held stays."""

import asyncio
from datetime import date
from decimal import Decimal

from core.instrument import Instrument, OptionSide
from core.order import Owner
from core.signals import Direction, LegKind, LegRule, Side
from core.trade import Trade
from tests.core.market import at
from tests.worker.chain_scene import (
    DAY,
    FUTURE,
    INDEX,
    LATER,
    NEAREST,
    NEXT,
    OPTIONS,
    Scene,
    a_scene,
    an_option,
)
from worker.market.option_windows import STRIKES_EACH_SIDE, contracts_in, windows_of
from worker.market.symbols import Symbols

CALL = LegRule(LegKind.OPTION, Side.BUY, OptionSide.CALL)
PUT = LegRule(LegKind.OPTION, Side.BUY, OptionSide.PUT)
SAME = LegRule(LegKind.SAME, Side.BUY)
SYMBOLS = Symbols([INDEX, FUTURE, *OPTIONS])


def strikes(contracts: list[Instrument]) -> list[int]:
    return sorted({int(each.strike) for each in contracts if each.strike})


def test_without_option_legs_there_is_no_window() -> None:
    assert windows_of([FUTURE], []) == ()
    assert windows_of([FUTURE], [SAME]) == ()


def test_a_window_holds_the_strikes_around_the_money_on_both_sides_of_the_nearest_expiry() -> None:
    (window,) = windows_of([FUTURE, INDEX], [CALL, PUT])
    found = contracts_in(window, SYMBOLS, DAY, [26_010.0])
    assert {each.expiry for each in found} == {NEAREST}
    reach = 50 * STRIKES_EACH_SIDE
    assert strikes(found) == list(range(26_000 - reach, 26_001 + reach, 50))
    assert {each.option_side for each in found} == set(OptionSide)


def test_strikes_and_expiries_that_rules_name_widen_it() -> None:
    rules = [CALL._replace(strike_offset=3, expiry="next"), PUT._replace(strike_offset=-3)]
    (window,) = windows_of([FUTURE], rules)
    found = contracts_in(window, SYMBOLS, DAY, [26_000.0])
    assert {each.expiry for each in found} == {NEAREST, NEXT}
    reach = 50 * (STRIKES_EACH_SIDE + 3)
    assert strikes(found)[0] == 26_000 - reach
    assert strikes(found)[-1] == 26_000 + reach


def test_on_the_day_of_an_expiry_the_following_one_is_there_too() -> None:
    (window,) = windows_of([FUTURE], [CALL])
    found = contracts_in(window, SYMBOLS, NEAREST, [26_000.0])
    assert {each.expiry for each in found} == {NEAREST, NEXT}
    after = contracts_in(window, SYMBOLS, date(2025, 12, 3), [26_000.0])
    assert {each.expiry for each in after} == {NEXT}


def test_every_price_at_the_money_has_its_strikes() -> None:
    (window,) = windows_of([FUTURE], [CALL])
    found = contracts_in(window, SYMBOLS, DAY, [25_500.0, 26_500.0])
    assert {25_500, 26_500} <= set(strikes(found))
    assert 26_000 not in strikes(found)


def begin(scene: Scene, *legs: LegRule, price: float = 26_000.0) -> None:
    windows = windows_of([FUTURE], legs or (CALL, PUT))
    scene.chains.want("c", [FUTURE], windows, {FUTURE.key: price})


async def minute(scene: Scene, clock: str, price: float, volume: int) -> None:
    """Let the future trade in a minute, and what that sets going end."""
    scene.trades(FUTURE, clock, price, volume)
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_a_window_stands_before_the_first_trade_where_the_past_ended() -> None:
    with a_scene() as scene:
        begin(scene)
        assert scene.chains.count == 2 * (2 * STRIKES_EACH_SIDE + 1)
        assert "NIFTY-02Dec-26000-CE" in scene.watched()
        assert scene.market.is_watched(INDEX.key), "options are settled by their index"
        assert scene.chains.expiries() == [("NIFTY", NEAREST)]


async def test_it_follows_the_price_and_lets_go_of_what_is_left_behind() -> None:
    with a_scene() as scene:
        begin(scene)
        await minute(scene, "09:15:05", 26_000.0, 75)
        await minute(scene, "09:16:05", 26_060.0, 150)
        assert scene.chains.counters["settled"] == 1, "one strike is within the margin"
        await minute(scene, "09:17:05", 26_110.0, 225)
        await minute(scene, "09:18:05", 26_110.0, 300)
        assert scene.chains.counters["settled"] == 2
        reach = 50 * STRIKES_EACH_SIDE
        assert f"NIFTY-02Dec-{26_100 + reach}-PE" in scene.watched()
        assert f"NIFTY-02Dec-{26_000 - reach}-PE" not in scene.watched()
        assert scene.chains.counters["let_go"] == 4
        assert scene.chains.count == len(scene.watched()) == 2 * (2 * STRIKES_EACH_SIDE + 1)


def a_trade(option_strike: int) -> Trade:
    option = an_option(option_strike, OptionSide.CALL, NEAREST)
    return Trade(
        "t", Owner("c", "s", "u", "p"), "d", "", option.key, option.symbol, Direction.LONG,
        Side.BUY, 75, 75, 0, Decimal(100), 25_900.0, 26_300.0, Decimal(0),
    )  # fmt: skip


async def test_what_is_held_stays_wherever_the_window_is() -> None:
    with a_scene() as scene:
        begin(scene)
        scene.market.holdings.take(a_trade(25_750))
        begin(scene, price=26_800.0)
        assert "NIFTY-02Dec-25750-CE" in scene.watched()
        assert "NIFTY-02Dec-25800-CE" not in scene.watched()


async def test_the_last_to_leave_leaves_nothing() -> None:
    with a_scene() as scene:
        begin(scene)
        scene.chains.want("d", [FUTURE], windows_of([FUTURE], [CALL]), {})
        scene.chains.leave("c")
        assert scene.chains.count > 0
        scene.chains.leave("d")
        assert scene.watched() == set()
        assert scene.market.is_watched(FUTURE.key)


async def test_an_option_that_a_config_names_is_never_let_go_of_while_it_does() -> None:
    with a_scene() as scene:
        mine = an_option(25_000, OptionSide.CALL, LATER)
        scene.chains.want("mine", [mine], (), {})
        begin(scene)
        begin(scene, price=26_800.0)
        assert mine.symbol in scene.watched()
        scene.chains.leave("mine")
        assert mine.symbol not in scene.watched()


async def test_a_new_day_moves_the_windows_to_its_expiries() -> None:
    with a_scene() as scene:
        begin(scene)
        scene.wall.now_ns = at("09:00", date(2025, 12, 3))
        scene.chains.settle()
        assert scene.chains.expiries() == [("NIFTY", NEXT)]


async def test_what_five_sockets_cannot_hold_is_counted_and_the_rest_goes_on() -> None:
    with a_scene(per_socket=1) as scene:
        begin(scene)
        assert scene.chains.counters["refused"] >= 2 * (2 * STRIKES_EACH_SIDE + 1)
        assert scene.watched() == set()
