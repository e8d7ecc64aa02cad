"""What was decided, in a form that two runs can be compared by, and one hash over it.

In:  decisions of an engine, in their order; or the same as they were written down.
Out: a hash per market day; of two runs that differ, the first decision in which they do.
Next: `worker/market/market.py`, which keeps it live; `core/replay/player.py`, which makes it again.

The hash is a chain: each decision is hashed together with the hash before it, so that it can be
told at any moment and continued from there.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import zip_longest
from typing import Final, NamedTuple

from core.decision import Decision
from core.session import IST, NS_PER_SECOND, ist_date
from core.verdict import Approved

NO_DECISIONS: Final = sha256(b"").hexdigest()
"""The hash of a day on which nothing was decided."""


class Decided(NamedTuple):
    """One decision as plain text and numbers.

    Attributes
    ----------
    candle
        Segment and security id of the instrument the signal is about.
    candle_close_ns
        End of the candle it was made on.
    signal
        What was wanted: type, price, stop, target, strength.
    verdict
        APPROVED, or the rule that refused.
    quantity
        Units, 0 where it was refused.
    """

    config_id: str
    candle: str
    candle_close_ns: int
    signal: str
    verdict: str
    quantity: int

    def __str__(self) -> str:
        """Say it in a line for a person."""
        at = datetime.fromtimestamp(self.candle_close_ns // NS_PER_SECOND, UTC).astimezone(IST)
        return (
            f"config {self.config_id}, candle of {self.candle} closed {at:%Y-%m-%d %H:%M:%S}: "
            f"{self.signal}, {self.verdict} {self.quantity}"
        )


def decided(decision: Decision) -> Decided:
    """Return what counts of a decision."""
    signal, verdict = decision.signal, decision.verdict
    if isinstance(verdict, Approved):
        answer, quantity = "APPROVED", verdict.quantity
    else:
        answer, quantity = str(verdict.rule), 0
    return Decided(
        decision.owner.config_id,
        f"{signal.instrument[0]}:{signal.instrument[1]}",
        signal.candle_close_ns,
        f"{signal.type} {signal.price!r} {signal.stop!r} {signal.target!r} {signal.strength}",
        answer,
        quantity,
    )


class DecisionHash:
    """One hash over decisions in their order.

    Examples
    --------
    >>> one, other = DecisionHash(), DecisionHash()
    >>> one.add(Decided("a", "NSE_EQ:1", 60, "LONG 1.0 0.5 2.0 50", "APPROVED", 10))
    >>> other.add(Decided("a", "NSE_EQ:1", 60, "LONG 1.0 0.5 2.0 50", "APPROVED", 9))
    >>> one.hash == other.hash, one.count
    (False, 1)
    """

    def __init__(self) -> None:
        self.hash = NO_DECISIONS
        self.count = 0

    def add(self, made: Decided) -> None:
        """Take the next decision."""
        fields = "|".join(str(each) for each in made)
        self.hash = sha256(f"{self.hash}\n{fields}".encode()).hexdigest()
        self.count += 1


class DayHash:
    """The hash of the market day that runs; with the first decision of another it begins anew."""

    def __init__(self) -> None:
        self.day: date | None = None
        self.decisions = DecisionHash()

    def add(self, decision: Decision) -> Decided:
        """Take the next decision; return what counts of it."""
        day = ist_date(decision.decided_ns)
        if day != self.day:
            self.day, self.decisions = day, DecisionHash()
        made = decided(decision)
        self.decisions.add(made)
        return made

    def figures(self) -> dict[str, str | int | None]:
        """Return the day, how much was decided, and the hash."""
        day = None if self.day is None else self.day.isoformat()
        return {"day": day, "count": self.decisions.count, "hash": self.decisions.hash}


def hash_of(trace: Sequence[Decided]) -> str:
    """Return the hash of decisions in their order."""
    whole = DecisionHash()
    for each in trace:
        whole.add(each)
    return whole.hash


class Difference(NamedTuple):
    """The first decision in which two runs differ; None on the side that has no more of them."""

    number: int
    there: Decided | None
    here: Decided | None

    def __str__(self) -> str:
        """Say it in a sentence."""
        there, here = (each or "nothing more was decided" for each in (self.there, self.here))
        return f"decision {self.number} differs; there: {there}; here: {here}"


def first_difference(there: Sequence[Decided], here: Sequence[Decided]) -> Difference | None:
    """Return the first decision in which two runs differ, None where they are the same."""
    for number, (one, other) in enumerate(zip_longest(there, here), start=1):
        if one != other:
            return Difference(number, one, other)
    return None
