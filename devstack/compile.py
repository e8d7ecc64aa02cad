"""Compile `core` with mypyc: the same source, several times the speed.

In:  `core/` and a C compiler (`gcc` or `clang`) with the headers of this Python.
Out: `build/compiled/core`, a copy whose modules are extension modules; run anything with
     `PYTHONPATH=build/compiled` and it uses them. Without it everything runs interpreted.
Next: `core/__init__.py`.

The copy keeps the sources beside the extensions, so that tracebacks show lines.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from core.errors import ConfigError, TradingError

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "build" / "compiled"

# Every module but the packages' own files, which hold nothing but a docstring.
_SETUP = """
from mypyc.build import mypycify
from setuptools import setup
setup(name="core", packages=[], ext_modules=mypycify({files!r}, opt_level="3"))
"""


def compile_core(target: Path = TARGET) -> list[Path]:
    """Compile every module of `core` into `target`; return the extension modules.

    Raises
    ------
    ConfigError
        If no C compiler is there, or the compiler refuses the source; its last lines are shown.
    """
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise ConfigError("no C compiler found (cc or gcc); core runs interpreted without one")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "core", target / "core", ignore=shutil.ignore_patterns("__pycache__"))
    files = sorted(
        str(path.relative_to(target))
        for path in (target / "core").rglob("*.py")
        if path.name != "__init__.py"
    )
    (target / "setup.py").write_text(_SETUP.format(files=files))
    done = subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"],
        cwd=target,
        env={**os.environ, "CC": compiler, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    shutil.rmtree(target / "build", ignore_errors=True)
    (target / "setup.py").unlink()
    extensions = sorted(target.rglob("*.so"))
    if done.returncode != 0 or not extensions:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise ConfigError(f"mypyc did not compile core:\n{tail}")
    return extensions


def main() -> int:
    """Compile and say where the result is; return the exit code."""
    try:
        extensions = compile_core()
    except TradingError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{len(extensions)} extension modules below {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
