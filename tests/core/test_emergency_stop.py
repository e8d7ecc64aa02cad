"""An emergency stop in the engine: nothing live is entered, everything else goes on."""

from core.verdict import Approved
from tests.core.engine_driver import decisions
from tests.core.test_loss_limits import Floor, a_desk


def test_a_halted_config_is_refused_only_where_it_would_trade_live() -> None:
    config = a_desk()
    floor = Floor(config)
    floor.tick("09:30:00", 100.0)
    floor.engine.halt([config.id])
    # It is simulated: see tests/core/test_risk.py for the live one, which is refused.
    assert isinstance(decisions(floor.long(config, 100.0))[0].verdict, Approved)


def test_a_stop_reaches_who_is_deployed_later_and_ends_when_it_is_lifted() -> None:
    early, late = a_desk(1), a_desk(2)
    floor = Floor(early)
    desks = floor.engine._dealer.desks
    floor.engine.halt([early.id, late.id])
    floor.engine.deploy(late)
    assert desks.of(early.id).is_halted
    assert desks.of(late.id).is_halted
    floor.engine.halt([late.id])
    assert not desks.of(early.id).is_halted
    assert desks.of(late.id).is_halted
    floor.engine.deploy(late)  # Another configuration of it is halted still.
    assert desks.of(late.id).is_halted
