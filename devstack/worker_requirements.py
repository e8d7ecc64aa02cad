"""Write what the worker's image installs: exact versions and hashes, as in development.

In:  `pyproject.toml`, `requirements-dev.txt`, the packages of this environment.
Out: `worker/requirements.txt` (what runs) and `worker/requirements-build.txt` (what compiles core).
Next: `worker/Dockerfile`.

Run ``python -m devstack.worker_requirements`` after a package has changed; a test says when.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import requires
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = ROOT / "requirements-dev.txt"
RUN: Final = ROOT / "worker" / "requirements.txt"
BUILD: Final = ROOT / "worker" / "requirements-build.txt"
COMPILERS: Final = ("mypy", "setuptools")

_HEAD: Final = (
    "# Written by devstack/worker_requirements.py from requirements-dev.txt; do not edit.\n"
)


def wanted() -> dict[Path, str]:
    """Return the text of each file as it should be."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    running = [*project["dependencies"], *project["optional-dependencies"]["worker"]]
    return {RUN: pinned(running), BUILD: pinned(COMPILERS)}


def pinned(roots: Iterable[str]) -> str:
    """Return requirements and all that they need, as the lock file pins them."""
    blocks = locked(LOCK.read_text(encoding="utf-8"))
    return _HEAD + "".join(blocks[name] for name in sorted(needed(roots)))


def locked(text: str) -> dict[str, str]:
    r"""Return the lines of each package of a lock file.

    Examples
    --------
    >>> locked("a==1 \\\n    --hash=sha256:0\nB_c==2 \\\n    --hash=sha256:1\n")["b-c"]
    'B_c==2 \\\n    --hash=sha256:1\n'
    """
    blocks = re.findall(r"^([A-Za-z0-9._-]+)(==.*\n(?:    .*\n)*)", text, re.MULTILINE)
    return {canonicalize_name(name): name + rest for name, rest in blocks}


def needed(roots: Iterable[str]) -> set[str]:
    """Return the names of packages and of all that they need here."""
    found: set[str] = set()
    waiting = [Requirement(root) for root in roots]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        found.add(name)
        for extra in ("", *sorted(requirement.extras)):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for line in requires(name) or ():
                wants = Requirement(line)
                if wants.marker is None or wants.marker.evaluate({"extra": extra}):
                    waiting.append(wants)
    return found


def main() -> int:
    """Write both files and say what is in them."""
    for path, text in wanted().items():
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(locked(text))} packages", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
