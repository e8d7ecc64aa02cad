"""One hostile script and what must become of it.

In:  written by hand.
Out: `Hostile`.
Next: the files of this folder.
"""

from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

from adapters.sandbox.finding import FindingKind
from adapters.sandbox.outcome import FailureKind

# `harmless`: it runs to its end and has gained nothing. `limit`: time or memory, whichever this
# machine reaches first.
type Contained = FailureKind | Literal["harmless", "limit"]


@dataclass(frozen=True, slots=True)
class Hostile:
    """A script that wants out.

    Parameters
    ----------
    name
        What it tries, in words.
    source
        Its code; what it finds it puts into its reason, where the test would see it.
    contained
        What the sandbox alone makes of it, with no check before.
    refused
        The first finding of the checks; None when only running it can show what it is.
    """

    name: str
    source: str
    contained: Contained
    refused: FindingKind | None


def hostile(
    name: str, source: str, *, contained: Contained, refused: FindingKind | None = None
) -> Hostile:
    """Return a script whose source may be indented as it stands in the catalogue."""
    return Hostile(name, dedent(source).strip("\n"), contained, refused)
