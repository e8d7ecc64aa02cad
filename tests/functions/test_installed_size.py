"""What a serverless host installs for the functions is small: the base dependencies and theirs."""

import re
import tomllib
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.functions.conftest import ROOT

LIMIT_BYTES = 100_000_000
# The sandbox's program, which a host may leave out or put elsewhere.
SANDBOX = re.compile(r"(^|/)bin/monty$")
HEAVY = {"numpy", "pandas", "pandas-ta", "numba", "llvmlite", "dhanhq", "picows", "psutil"}


def base_requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(text) for text in project["dependencies"]]


def closure() -> dict[str, Distribution]:
    """Return every installed distribution that the base dependencies need, by its name."""
    found: dict[str, Distribution] = {}
    open_ends = base_requirements()
    while open_ends:
        wanted = open_ends.pop()
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        extras = wanted.extras or {""}
        if name in found and extras == {""}:
            continue
        found[name] = distribution(name)
        for text in found[name].requires or []:
            needed = Requirement(text)
            marker = needed.marker
            if marker is None or any(marker.evaluate({"extra": each}) for each in extras):
                open_ends.append(needed)
    return found


def size(package: Distribution) -> int:
    files = package.files
    assert files, f"{package.metadata['Name']} does not say what it installed"
    places = (Path(str(package.locate_file(file))) for file in files if _counts(str(file)))
    return sum(place.stat().st_size for place in places if place.is_file())


def _counts(file: str) -> bool:
    return not SANDBOX.search(file) and not file.endswith(".pyc")


def test_nothing_heavy_is_among_them() -> None:
    names = set(closure())
    assert {"flask", "pydantic-core", "postgrest", "cryptography"} <= names
    assert names.isdisjoint(HEAVY)


def test_they_take_less_than_a_hundred_megabytes_without_the_sandbox() -> None:
    sizes = {name: size(package) for name, package in closure().items()}
    largest = sorted(sizes.items(), key=lambda each: -each[1])[:8]
    told = ", ".join(f"{name} {bytes_ / 1e6:.1f} MB" for name, bytes_ in largest)
    print(f"{len(sizes)} packages, {sum(sizes.values()) / 1e6:.1f} MB: {told}")  # noqa: T201
    assert sum(sizes.values()) < LIMIT_BYTES, told
