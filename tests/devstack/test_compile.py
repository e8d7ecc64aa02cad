"""`core` compiles with mypyc and its own tests pass on the compiled modules."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import ConfigError
from devstack.compile import compile_core

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler on this machine")
def test_the_tests_of_core_pass_on_the_compiled_modules(tmp_path: Path) -> None:
    extensions = compile_core(tmp_path)
    probe = "import core.instrument; print(core.instrument.__file__)"
    command = [sys.executable, "-c", probe]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"}
    loaded = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert Path(loaded.stdout.strip()) in extensions

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/core", "-o", f"pythonpath={tmp_path} ."],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert f"core: {tmp_path}/core/errors." in done.stdout


def test_without_a_c_compiler_the_reason_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="no C compiler"):
        compile_core(tmp_path / "target")
