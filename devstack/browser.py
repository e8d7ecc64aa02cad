"""Chromium for the browser tests: found, or installed where that is possible.

In:  CHROMIUM from the environment, the PATH; Debian's package where we are root.
Out: the path of a browser; one line that says why there is none.
Next: `tests/web/conftest.py`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_INSTALL_SECONDS = 300


def find_browser() -> str | None:
    """Return the path of a Chromium, None where there is none."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen if Path(chosen).is_file() else None
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def main() -> int:
    """Install Chromium where there is none; without it the browser tests are skipped."""
    if find_browser() is not None:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print("no Chromium: the browser tests will be skipped; install one, or set CHROMIUM")
        return 0
    print("  Chromium for the browser tests ...", file=sys.stderr, flush=True)
    if not (_apt_get("install") or (_apt_get("update") and _apt_get("install"))):
        print("Chromium could not be installed: the browser tests will be skipped")
    return 0


def _apt_get(what: str) -> bool:
    packages = ["--no-install-recommends", "chromium"] if what == "install" else []
    try:
        done = subprocess.run(
            ["/usr/bin/env", "apt-get", what, "-y", "-q", *packages],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            check=False,
            capture_output=True,
            timeout=_INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
