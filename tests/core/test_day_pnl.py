"""Today's profit of a config: what it earned, and what is open as it stands."""

from core.money import ZERO
from tests.core.engine_driver import trades
from tests.core.market import at
from tests.core.test_loss_limits import Floor, a_desk, in_a_trade


def test_what_is_open_counts_as_it_stands_after_the_charges_of_its_entry() -> None:
    floor, config = in_a_trade()  # 3,000 shares at 100.10.
    floor.tick("09:31", 99.0)
    before = floor.engine.day_pnl(config.id)
    assert before < -3_000 * 1
    floor.tick("09:32", 99.5)
    assert floor.engine.day_pnl(config.id) - before == 1_500


def test_when_all_is_closed_it_is_what_was_realised() -> None:
    floor, config = in_a_trade()
    floor.tick("09:31", 96.7)  # The loss of a day closes it.
    (closed,) = [each for each in trades(floor.tick("09:31:01", 96.7)) if each.net_pnl is not None]
    account = floor.engine.account(config.id)
    assert floor.engine.day_pnl(config.id) == account.realised_today == closed.net_pnl
    assert account.open_trades == 0


def test_a_config_that_has_not_traded_has_neither_won_nor_lost() -> None:
    config = a_desk()
    floor = Floor(config)
    floor.engine.advance(at("09:30"))
    assert floor.engine.day_pnl(config.id) == ZERO
