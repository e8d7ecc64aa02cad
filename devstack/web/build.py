"""Build the dashboard when it is not built, or when its sources have changed since.

In:  `web/`, Node and npm packages set up by `devstack/install.py`.
Out: `web/out`, and a stamp in it that names the sources it was built from.
Next: `devstack/web/server.py`.
"""

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
OUT = WEB / "out"
_STAMP = "built-from.txt"
_LOCK = ".build.lock"
_NO_SOURCES = frozenset({"node_modules", ".next", "out"})
_LAST_WORDS = 20


def build_if_changed() -> bool:
    """Build the dashboard unless `web/out` is of these very sources; return whether it was built.

    Raises
    ------
    ConfigError
        If the build fails; shows its last words.
    """
    # Who comes while it is being built waits, and finds it built.
    with (WEB / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest = _digest()
        stamp = OUT / _STAMP
        if stamp.is_file() and stamp.read_text() == digest:
            return False
        _run_build()
        stamp.write_text(digest)
        return True


def _run_build() -> None:
    node = ROOT / ".venv" / "bin"
    environ = {
        **os.environ,
        "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
        "NEXT_TELEMETRY_DISABLED": "1",
    }
    done = subprocess.run(
        [str(node / "npm"), "run", "build"],
        cwd=WEB,
        env=environ,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        words = "\n  ".join(done.stdout.splitlines()[-_LAST_WORDS:])
        raise ConfigError(f"the dashboard could not be built; the last words:\n  {words}")


def _digest() -> str:
    total = hashlib.sha256()
    for path in sorted(_sources(WEB)):
        total.update(f"{path.relative_to(WEB)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in _NO_SOURCES:
            yield from _sources(path)
        elif path.is_file() and not _is_written_by_the_build(path):
            yield path


def _is_written_by_the_build(path: Path) -> bool:
    return path.suffix == ".tsbuildinfo" or path.name in {"next-env.d.ts", "AGENTS.md", _LOCK}
