"""The ids of everything a run makes: named by the run and a count, never by chance.

In:  the run's own id, the kind of row.
Out: uuid as text; the same events give the same ids, so that what is stored twice is stored once.
Next: `core/dealer.py`.
"""

from typing import Final
from uuid import UUID, uuid5


class RunIds:
    """Count each kind of row.

    Parameters
    ----------
    run_id
        Names the run.

    Examples
    --------
    >>> ids = RunIds(UUID(int=1))
    >>> ids.new("order") == RunIds(UUID(int=1)).new("order") != ids.new("order")
    True
    """

    def __init__(self, run_id: UUID) -> None:
        self._run_id = run_id
        self._counts: Final[dict[str, int]] = {}

    def state(self) -> tuple[UUID, dict[str, int]]:
        """Return the run and the counts, for `put_back`."""
        return self._run_id, dict(self._counts)

    def put_back(self, state: tuple[UUID, dict[str, int]]) -> None:
        """Go on naming where another process of the same run was."""
        self._run_id, counts = state
        self._counts.clear()
        self._counts.update(counts)

    def new(self, kind: str) -> str:
        """Return the next id of a kind of row, uuid as text."""
        count = self._counts.get(kind, 0) + 1
        self._counts[kind] = count
        return str(uuid5(self._run_id, f"{kind}:{count}"))
