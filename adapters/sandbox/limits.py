"""What one run of user code may cost, and how large its source may be.

In:  nothing.
Out: `Limits`, with the values that the product promises as defaults.
Next: `adapters/sandbox/session.py` applies them.
"""

from dataclasses import dataclass
from typing import Final

MAX_SOURCE_BYTES: Final = 64 * 1024
# Deeper code is refused before Python's own recursive tools (compiler, unparser) see it.
MAX_NESTING: Final = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one run: defining the code, calling it once and reading its result, together.

    Parameters
    ----------
    seconds
        Execution time.
    memory_bytes
        Heap of the sandboxed program.
    recursion
        Depth of calls.
    log_characters
        Printed text; more than this fails the run.
    result_characters
        The result as JSON.
    """

    seconds: float = 0.5
    memory_bytes: int = 64 * 1024 * 1024
    recursion: int = 200
    log_characters: int = 16 * 1024
    result_characters: int = 64 * 1024
