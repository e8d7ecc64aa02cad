"""Runs cases while behaviours are off, and remembers which sabotage each outcome belongs to.

In:  a stack that nobody else uses meanwhile.
Out: `Campaign.outcomes`, by the sabotage's name.
Next: `tests/contract/test_sabotage.py`.

All rules of the proxy are in force at once, each at its own address; changes of the database are
made and taken back one after the other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.contract.behaviours import ALL
from tests.contract.proxy import Proxy
from tests.contract.rules import Rule
from tests.contract.runs import Bench, Outcome, Run, run_all
from tests.contract.sabotage import sabotages
from tests.contract.sabotage.kinds import Sabotage, Statements
from tests.contract.target import Target

# A case that misses something fails when this is over; one that works needs a tenth of it.
_DEADLINE_SECONDS = 4.0
# Most wait for what does not come.
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Deed:
    """One sabotage of one behaviour; its `name` is also the rule's address at the proxy."""

    name: str
    behaviour: str
    sabotage: Sabotage

    @property
    def acted(self) -> bool:
        """Whether it changed anything; SQL always does or raises."""
        return isinstance(self.sabotage, Statements) or self.sabotage.hits > 0

    @property
    def broken(self) -> list[str]:
        """What went wrong inside the rule; SQL that goes wrong raises."""
        return [] if isinstance(self.sabotage, Statements) else self.sabotage.broken


class Campaign:
    """Every sabotage with the outcomes of the runs that were made under it.

    Parameters
    ----------
    target
        The stack.
    chosen
        Given a behaviour, the runs to make while it is off.
    """

    def __init__(self, target: Target, chosen: Callable[[str], Sequence[Run]]) -> None:
        proxy = Proxy(target, {})
        self.deeds = [
            Deed(f"{ALL.index(behaviour)}.{number}", behaviour, sabotage)
            for behaviour, several in sabotages(target, proxy).items()
            for number, sabotage in enumerate(several)
        ]
        self.outcomes: dict[str, Mapping[Run, Outcome]] = {}
        self._bench = Bench(target, proxy, _DEADLINE_SECONDS, _AT_ONCE)
        self._chosen = chosen
        with proxy.running():
            self._run_under_rules()
            for deed in self.deeds:
                if isinstance(deed.sabotage, Statements):
                    self.outcomes[deed.name] = self._run_without(deed, deed.sabotage)

    def of(self, behaviour: str) -> list[Deed]:
        """Return the sabotages of a behaviour."""
        return [deed for deed in self.deeds if deed.behaviour == behaviour]

    def _run_under_rules(self) -> None:
        runs: list[Run] = []
        for deed in self.deeds:
            if isinstance(deed.sabotage, Rule):
                self._bench.proxy.rules[deed.name] = deed.sabotage
                runs += [replace(run, rule=deed.name) for run in self._chosen(deed.behaviour)]
                self.outcomes[deed.name] = {}
        for run, outcome in run_all(self._bench, runs).items():
            name = str(run.rule)
            self.outcomes[name] = {**self.outcomes[name], replace(run, rule=None): outcome}

    def _run_without(self, deed: Deed, statements: Statements) -> Mapping[Run, Outcome]:
        self._bench.target.execute(statements.off)
        try:
            return run_all(self._bench, self._chosen(deed.behaviour))
        finally:
            self._bench.target.execute(statements.on)
