"""One thing that reading the code has shown, said to its author.

In:  made by the checks.
Out: `Finding`.
Next: `adapters/sandbox/code_strategy.py`.
"""

from dataclasses import dataclass
from typing import Literal

type FindingKind = Literal[
    "syntax",  # Not Python.
    "forbidden",  # Nothing may do this here.
    "unsupported",  # Python that the sandbox does not know.
    "entry",  # The function to be called.
    "unknown",  # A name that nothing defines.
    "type",  # Types that do not fit together, as far as a checker can tell without running.
    "caution",  # It will run; it may not do what was meant.
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Parameters
    ----------
    kind
        ``type`` and ``caution`` are remarks; every other kind keeps the code from running.
    sentence
        For the author, and what to do instead.
    line
        From 1; None for the code as a whole.
    """

    kind: FindingKind
    sentence: str
    line: int | None

    @property
    def stops(self) -> bool:
        """Whether code with this finding is refused."""
        return self.kind not in ("type", "caution")
