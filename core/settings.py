"""Read one process's settings from a mapping of names to text, all problems at once.

In:  a mapping such as the environment, handed in by the process (this module never looks itself).
Out: typed values; `finish` raises one `ConfigError` that lists everything missing or malformed.
Next: the `Settings` class of the process you are reading.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import ConfigError


class SettingsReader:
    """Collect typed settings and every problem on the way.

    A value that is missing or malformed is noted and stands in as its default (or an empty
    value), so that the reader goes on and `finish` can report all problems in one sentence each.

    Parameters
    ----------
    values
        Names to text. An empty text counts as missing, as in a copied ``.env.example``.

    Examples
    --------
    >>> reader = SettingsReader({"PORT": "http", "SPEED": "2"})
    >>> reader.integer("PORT", default=80, low=0, high=65535), reader.number("SPEED", 1.0)
    (80, 2.0)
    >>> reader.text("API_KEY")
    ''
    >>> reader.finish()
    Traceback (most recent call last):
    ...
    core.errors.ConfigError: settings cannot be used:
      PORT is 'http', must be a whole number from 0 to 65535
      API_KEY is missing
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._problems: list[str] = []

    def text(
        self,
        name: str,
        default: str | None = None,
        *,
        aliases: Sequence[str] = (),
        min_length: int = 0,
        secret: bool = False,
    ) -> str:
        """Return the text under `name` or the first alias that is set.

        Parameters
        ----------
        default
            Used when nothing is set; None makes the setting required.
        min_length
            Fewest characters allowed.
        secret
            The value is never repeated in a problem.
        """
        found = self._find(name, aliases)
        if found is None:
            if default is None:
                also = f" (or {', '.join(aliases)})" if aliases else ""
                self._problems.append(f"{name}{also} is missing")
            return default or ""
        if len(found) < min_length:
            shown = f"has {len(found)} characters" if secret else f"is {found!r}"
            self._problems.append(f"{name} {shown}, must have at least {min_length} characters")
        return found

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        """Return a whole number within `low`..`high`, both included."""
        found = self._find(name)
        if found is None:
            return default
        try:
            value = int(found)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            self._problems.append(
                f"{name} is {found!r}, must be a whole number from {low} to {high}"
            )
            return default
        return value

    def number(
        self, name: str, default: float, *, low: float = 0.0, high: float = float("inf")
    ) -> float:
        """Return a number within `low`..`high`, both included; NaN is refused."""
        found = self._find(name)
        if found is None:
            return default
        try:
            value = float(found)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self._problems.append(f"{name} is {found!r}, must be a number from {low:g} to {high:g}")
            return default
        return value

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """Return one of the `allowed` words."""
        found = self._find(name)
        if found is None:
            return default
        if found not in allowed:
            self._problems.append(f"{name} is {found!r}, must be one of {', '.join(allowed)}")
            return default
        return found

    def address(
        self,
        name: str,
        default: str | None,
        *,
        aliases: Sequence[str] = (),
        schemes: Sequence[str] = ("https", "http"),
    ) -> str:
        """Return an address without a slash at its end.

        Parameters
        ----------
        default
            Used when nothing is set, whatever it is; None makes the setting required.
        schemes
            What it may begin with.
        """
        found = self.text(name, default, aliases=aliases).rstrip("/")
        if found and found != default and not is_address(found, schemes):
            self._problems.append(
                f"{name} is {found!r}, must be an address such as {schemes[0]}://example.com"
            )
        return found

    def path(self, name: str) -> Path | None:
        """Return a path as it was written, None where nothing is set; nothing is looked up."""
        found = self._find(name)
        return None if found is None else Path(found)

    def problem(self, text: str) -> None:
        """Note a problem found by the caller, such as two settings that contradict each other."""
        self._problems.append(text)

    def finish(self) -> None:
        """Raise if anything was missing or malformed.

        Raises
        ------
        ConfigError
            One line per problem, in the order in which the settings were read.
        """
        if self._problems:
            raise ConfigError("settings cannot be used:\n  " + "\n  ".join(self._problems))

    def _find(self, name: str, aliases: Sequence[str] = ()) -> str | None:
        for candidate in (name, *aliases):
            value = self._values.get(candidate, "").strip()
            if value:
                return value
        return None


def is_address(text: str, schemes: Sequence[str] = ("https", "http")) -> bool:
    """Return whether a text is an address: a scheme and a host, and a port that can be one.

    Examples
    --------
    >>> is_address("https://example.com/v2"), is_address("example.com"), is_address("http://:99999")
    (True, False, False)
    """
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # A port that is no number.
        return False
