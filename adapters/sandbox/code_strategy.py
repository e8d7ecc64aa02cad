"""A strategy as pasted code: what reading it shows, before any of it runs.

In:  source text.
Out: `CodeStrategy`: findings, entry function, explanation, parameters, digest.
Next: `adapters/sandbox/pool.py` runs it; `/api/convert` and code validation show it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Self

from adapters.sandbox.entry import find_entry
from adapters.sandbox.explanation import Explanation, explain
from adapters.sandbox.finding import Finding, FindingKind
from adapters.sandbox.names import name_findings
from adapters.sandbox.outcome import Failed, FailureKind
from adapters.sandbox.parsing import Parsed, parse
from adapters.sandbox.reading import FoundParameter
from adapters.sandbox.rules import broken_rules

_MOST_FINDINGS: Final = 100
_LONGEST: Final = 400
_FAILURES: Final[Mapping[FindingKind, FailureKind]] = {
    "syntax": "syntax",
    "forbidden": "forbidden",
    "unsupported": "forbidden",
    "entry": "error",
    "unknown": "error",
}


@dataclass(frozen=True, slots=True)
class CodeStrategy:
    """Pasted code, read but not run.

    Parameters
    ----------
    source
        As pasted.
    entry
        Name of the function to call; None when there is not exactly one.
    findings
        Everything found, by line.
    explanation
        In plain English; None when there is no entry function.

    Examples
    --------
    >>> code = CodeStrategy.read("def strategy(context): return {'signal': 'hold'}")
    >>> code.entry, code.problems, code.explanation.signals
    ('strategy', (), ('hold',))
    >>> CodeStrategy.read("def strategy(context): return contxt").problems[0].sentence
    'nothing defines contxt'
    """

    source: str
    entry: str | None
    findings: tuple[Finding, ...]
    explanation: Explanation | None

    @classmethod
    def read(cls, source: str) -> Self:
        """Return what can be said about `source` without running it; never raises."""
        parsed = parse(source)
        if isinstance(parsed, Finding):
            return cls(source, None, (parsed,), None)
        entry = find_entry(parsed.tree)
        findings = _listed(list(_findings(parsed, entry)))
        if isinstance(entry, Finding):
            return cls(source, None, findings, None)
        return cls(source, entry.name, findings, explain(entry))

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that keep it from running."""
        return tuple(finding for finding in self.findings if finding.stops)

    @property
    def cautions(self) -> tuple[Finding, ...]:
        """The findings that are remarks."""
        return tuple(finding for finding in self.findings if not finding.stops)

    @property
    def parameters(self) -> tuple[FoundParameter, ...]:
        """The parameters it asks for."""
        return self.explanation.parameters if self.explanation else ()

    @property
    def digest(self) -> str:
        """SHA-256 of the source, in hexadecimal: another digest is other code."""
        return sha256(self.source.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def refusal(self) -> Failed | None:
        """The outcome of running it when it has problems: the first of them."""
        if not self.problems:
            return None
        first = self.problems[0]
        return Failed(_FAILURES[first.kind], first.sentence, first.line)


def _findings(parsed: Parsed, entry: object) -> Iterator[Finding]:
    if isinstance(entry, Finding):
        yield entry
    yield from broken_rules(parsed.tree)
    yield from name_findings(parsed)


def _listed(found: list[Finding]) -> tuple[Finding, ...]:
    """Return what is worth listing, by line: problems before remarks where there are too many."""
    first = sorted(found, key=lambda finding: (not finding.stops, _place(finding)))
    kept = [replace(item, sentence=_cut(item.sentence)) for item in first[:_MOST_FINDINGS]]
    dropped = len(found) - len(kept)
    if dropped:
        kept.append(Finding("caution", f"{dropped:,} more findings are not listed", None))
    return tuple(sorted(kept, key=_place))


def _cut(sentence: str) -> str:
    # A name in pasted code may be as long as the code.
    return sentence if len(sentence) <= _LONGEST else f"{sentence[:_LONGEST]}..."


def _place(finding: Finding) -> tuple[int, str]:
    return (finding.line or 0, finding.sentence)
