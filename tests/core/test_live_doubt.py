"""Doubt whether we may trade live: nothing live is entered, everything simulated goes on."""

from core.verdict import Approved
from tests.core.engine_driver import decisions
from tests.core.test_loss_limits import Floor, a_desk

DOUBT = "the worker's lease of shard 'main' ended 3 s ago and could not be renewed"


def test_what_is_simulated_goes_on() -> None:
    config = a_desk()
    floor = Floor(config)
    floor.tick("09:30:00", 100.0)
    floor.engine.doubt_live(DOUBT)
    # See tests/core/test_risk.py for the live one, which is refused.
    assert isinstance(decisions(floor.long(config, 100.0))[0].verdict, Approved)


def test_it_concerns_who_is_deployed_later_too_and_ends_when_it_is_gone() -> None:
    early, late = a_desk(1), a_desk(2)
    floor = Floor(early)
    desks = floor.engine._dealer.desks
    floor.engine.doubt_live(DOUBT)
    floor.engine.deploy(late)
    assert desks.of(early.id).live_doubt == desks.of(late.id).live_doubt == DOUBT
    floor.engine.doubt_live(None)
    assert desks.of(early.id).live_doubt is desks.of(late.id).live_doubt is None
