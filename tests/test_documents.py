"""Every command that a document tells a user to type exists, and every link leads somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def shell_lines(document: Path) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


COMMANDS = sorted({line for document in DOCUMENTS for line in shell_lines(document)})
MODULES = sorted({found for line in COMMANDS for found in re.findall(r"python -m (\S+)", line)})


@pytest.mark.parametrize("command", [line for line in COMMANDS if "make " in line])
def test_make_command_of_a_document_names_a_target(command: str) -> None:
    for words in re.findall(r"make ([^|;&)]+)", command):
        targets = [word for word in words.split() if "=" not in word and not word.startswith("-")]
        assert set(targets) <= TARGETS, command


@pytest.mark.parametrize("module", MODULES)
def test_module_of_a_document_explains_itself(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) >= 5


def test_flags_in_documents_are_known_to_their_programs() -> None:
    for command in COMMANDS:
        found = re.search(r"python -m (\S+)(.*)", command)
        if found is None:
            continue
        done = subprocess.run(
            [sys.executable, "-m", found[1], "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for flag in re.findall(r"--[a-z-]+", found[2]):
            assert flag in done.stdout, f"{flag} in `{command}`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document} links to {target}"


def test_the_two_commands_stand_in_the_readme() -> None:
    lines = shell_lines(ROOT / "README.md")
    assert {"make demo", "make test"} <= set(lines)
