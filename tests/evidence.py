"""Where the long programs write what they saw: one file each under docs/evidence/.

In:  a title, how to see it again, paragraphs and tables.
Out: the file, with commit, time and machine above.
Next: whoever doubts a figure.
"""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import core.engine

ROOT = Path(__file__).resolve().parent.parent


def write(name: str, title: str, command: str, parts: Sequence[str]) -> Path:
    """Write one file of evidence; return where it is."""
    path = ROOT / "docs" / "evidence" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join((f"# {title}", f"`{command}` wrote this.\n{_circumstances()}", *parts))
    path.write_text(f"{text}\n", encoding="utf-8")
    print(f"written to {path.relative_to(ROOT)}")  # noqa: T201 - read in a terminal.
    return path


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows as a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(each) for each in line)} |" for line in lines)


def core_is() -> str:
    """Return whether `core` is compiled here; its packages' own files never are."""
    return "interpreted" if (core.engine.__file__ or "").endswith(".py") else "compiled"


def _circumstances() -> str:
    git = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit or 'unknown'}, {_processor()}, "
        f"{os.cpu_count()} CPUs, load {load} at the end; Python {platform.python_version()}, "
        f"core {core_is()}."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
