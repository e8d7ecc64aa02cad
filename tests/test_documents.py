"""Every command that a document tells a user to type exists, and every link leads somewhere."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
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


def test_python_commands_run_in_the_projects_own_environment() -> None:
    for command in COMMANDS:
        assert "python" not in command or command.startswith(".venv/bin/python -m "), command


@pytest.mark.parametrize("module", MODULES)
def test_module_of_a_document_explains_itself_and_knows_its_flags(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) >= 5
    for command in COMMANDS:
        if f"python -m {module} " in command:
            for flag in re.findall(r"--[a-z-]+", command):
                assert flag in done.stdout, f"{flag} in `{command}`"


def test_the_simulator_does_what_its_document_sends_it() -> None:
    sent = [line for line in COMMANDS if line.startswith("curl ") and "$DHAN_CONTROL_URL" in line]
    assert len(sent) >= 5
    command = [sys.executable, "-m", "devstack.dhan", "--port-feed=0", "--port-rest=0", "--hold"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            assert simulator.stdout is not None
            lines = iter(simulator.stdout.readline, "")
            address = next(line for line in lines if line.startswith("DHAN_CONTROL_URL="))
            base = shlex.split(address)[0].partition("=")[2]
            for line in sent:
                answer = send(line.replace("$DHAN_CONTROL_URL", base))
                assert answer.is_success, f"`{line}`: {answer.text}"
        finally:
            simulator.terminate()


def send(curl: str) -> httpx.Response:
    """Send what a `curl [-X METHOD] URL [-d BODY]` line would send."""
    words = shlex.split(curl)
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    body = words[words.index("-d") + 1] if "-d" in words else ""
    url = next(word for word in words if word.startswith("http"))
    form = {"Content-Type": "application/x-www-form-urlencoded"}  # What curl says of any -d.
    return httpx.request(method, url, content=body, headers=form if body else {}, timeout=5)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document} links to {target}"


def test_the_two_commands_stand_in_the_readme() -> None:
    lines = shell_lines(ROOT / "README.md")
    assert {"make demo", "make test"} <= set(lines)
