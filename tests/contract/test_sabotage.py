"""Each contract test fails when its behaviour is switched off: the tests of the tests.

In:  the table of `tests/contract/sabotage`, the cases of every client.
Out: one test per behaviour; with ``-m full`` another that says that nothing else fails.
Next: `tests/contract/sabotage/__init__.py`.
"""

import pytest

from tests.contract.behaviours import ALL, AREAS
from tests.contract.runs import Client, Run, clients_of
from tests.contract.sabotage.campaign import Campaign
from tests.contract.sabotage.collateral import COLLATERAL
from tests.contract.target import Target

# realtime-py reads an attribute that its own websockets library calls deprecated.
# Everything runs in the first test's fixture.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConnectionClosed:DeprecationWarning"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def campaign(target: Target) -> Campaign:
    """Run the cases of each behaviour, with every client, while it is off."""
    return Campaign(target, lambda behaviour: [Run(behaviour, c) for c in clients_of(behaviour)])


@pytest.mark.full
@pytest.mark.parametrize("behaviour", ALL)
def test_each_contract_test_fails_when_its_behaviour_is_switched_off(
    behaviour: str, campaign: Campaign
) -> None:
    deeds = campaign.of(behaviour)
    assert deeds, "nothing switches this behaviour off"
    results = [(d.name, *result) for d in deeds for result in campaign.outcomes[d.name].items()]
    if all(how.outcome == "skipped" for _, _, how in results):
        pytest.skip(results[0][2].why)
    blind = [f"{run} under {name}" for name, run, how in results if how.outcome == "passed"]
    assert not blind, f"these did not notice: {blind}"
    broken = [why for deed in deeds for why in deed.broken]
    assert not broken, f"these sabotages broke instead of acting: {broken}"
    idle = [deed.name for deed in deeds if not deed.acted]
    assert not idle, f"these sabotages changed nothing: {idle}"


@pytest.fixture(scope="module")
def wide_campaign(target: Target) -> Campaign:
    """Run all cases of the area, with one client, while one of its behaviours is off."""

    def area_of(behaviour: str) -> list[Run]:
        [area] = [area for area in AREAS if behaviour in area]
        return [Run(neighbour, Client.JS_2) for neighbour in area if neighbour != behaviour]

    return Campaign(target, area_of)


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("behaviour", ALL)
def test_no_other_contract_test_fails_when_a_behaviour_is_switched_off(
    behaviour: str, wide_campaign: Campaign
) -> None:
    surprised = {
        f"{run.behaviour} under sabotage {deed.name}: {how.why[:300]}"
        for deed in wide_campaign.of(behaviour)
        for run, how in wide_campaign.outcomes[deed.name].items()
        if how.outcome == "failed" and run.behaviour not in COLLATERAL.get(behaviour, ())
    }
    assert not surprised


def test_collateral_names_behaviours_that_exist() -> None:
    assert COLLATERAL.keys() <= set(ALL)
    assert frozenset().union(*COLLATERAL.values()) <= set(ALL)
