"""Each contract test fails when its behaviour is switched off: the tests of the tests.

In:  the table of `tests/contract/sabotage`, every case of the behaviour concerned.
Out: one test per behaviour.
Next: `docs/`, for users.

Cases run under all rules of the proxy at once, then under one change of the database after the
other. A rule that never changed anything has switched nothing off, and fails its test too.
"""

from collections.abc import Mapping

import pytest

from tests.contract.behaviours import ALL
from tests.contract.proxy import Proxy
from tests.contract.rules import Rule
from tests.contract.runs import Bench, Outcome, Run, clients_of, run_all
from tests.contract.sabotage import sabotages
from tests.contract.sabotage.kinds import Statements, Table
from tests.contract.target import Target

# A case that misses something fails when this is over; one that works needs a tenth of it.
_DEADLINE_SECONDS = 3.0


class Sabotaged:
    """Every case run while its behaviour was off.

    Parameters
    ----------
    target
        A stack that nobody else uses meanwhile.
    """

    def __init__(self, target: Target) -> None:
        proxy = Proxy(target, {})
        self.table: Table = sabotages(target, proxy)
        self.outcomes: dict[Run, Outcome] = {}
        self.rules = {
            f"{ALL.index(behaviour)}.{number}": sabotage
            for behaviour, several in self.table.items()
            for number, sabotage in enumerate(several)
            if isinstance(sabotage, Rule)
        }
        proxy.rules.update(self.rules)
        with proxy.running():
            self._run(Bench(target, proxy, _DEADLINE_SECONDS))

    def _run(self, bench: Bench) -> None:
        ruled = [
            run for name in self.rules for run in runs_under(ALL[int(name.split(".")[0])], name)
        ]
        self.outcomes.update(run_all(bench, ruled))
        for behaviour, several in self.table.items():
            for number, sabotage in enumerate(several):
                if isinstance(sabotage, Statements):
                    self._run_without(bench, behaviour, f"sql {number}", sabotage)

    def _run_without(self, bench: Bench, behaviour: str, name: str, statements: Statements) -> None:
        bench.target.execute(statements.off)
        try:
            outcomes = run_all(bench, runs_under(behaviour, None))
        finally:
            bench.target.execute(statements.on)
        for run, outcome in outcomes.items():
            self.outcomes[Run(run.behaviour, run.client, name)] = outcome


def runs_under(behaviour: str, rule: str | None) -> list[Run]:
    """Return a behaviour with every client that can show it."""
    return [Run(behaviour, client, rule) for client in clients_of(behaviour)]


@pytest.fixture(scope="module")
def sabotaged(target: Target) -> Sabotaged:
    """Run everything once."""
    return Sabotaged(target)


@pytest.mark.parametrize("behaviour", ALL)
def test_each_contract_test_fails_when_its_behaviour_is_switched_off(
    behaviour: str, sabotaged: Sabotaged
) -> None:
    mine = {run: how for run, how in sabotaged.outcomes.items() if run.behaviour == behaviour}
    assert mine, "nothing switches this behaviour off"
    blind = [f"{run} under {run.rule}" for run, how in mine.items() if how.outcome == "passed"]
    assert not blind, f"these did not notice: {blind}"
    idle = [name for name in names_of(mine) if _never_acted(sabotaged, name)]
    assert not idle, f"these changed nothing: {idle}"


def names_of(outcomes: Mapping[Run, Outcome]) -> set[str]:
    """Return the names of the sabotages under which these ran."""
    return {run.rule for run in outcomes if run.rule is not None}


def _never_acted(sabotaged: Sabotaged, name: str) -> bool:
    return name in sabotaged.rules and sabotaged.rules[name].hits == 0


def test_every_sabotage_is_of_a_known_behaviour(sabotaged: Sabotaged) -> None:
    assert sabotaged.table.keys() == set(ALL)
