"""The dashboard's own unit tests, `web/tests/*.test.ts`, as `npm test` runs them."""

import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "web"
NODE = WEB.parent / ".venv" / "bin" / "node"


@pytest.mark.timeout(120)
def test_the_unit_tests_of_the_dashboard_pass() -> None:
    files = sorted(str(path.relative_to(WEB)) for path in WEB.glob("tests/**/*.test.ts"))
    assert files
    done = subprocess.run(
        [str(NODE), "--test", "--test-reporter=spec", *files],
        cwd=WEB,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
