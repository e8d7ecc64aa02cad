"""The dashboard's types are those of the database that the migrations make."""

import subprocess
import sys

from devstack.supabase.state import PROJECT
from devstack.supabase.typescript_types import COMMAND, FILE, types_of
from tests.stacks import RunningStack


def test_the_file_is_current(stack: RunningStack) -> None:
    current = FILE.read_text(encoding="utf-8") == types_of(stack.database_url)
    assert current, f"run {COMMAND}"


def test_a_file_that_is_not_current_is_said_so_and_left_alone() -> None:
    code = (
        "import sys, devstack.supabase.typescript_types as it;"
        "it.FILE = it.PROJECT / 'web' / 'no-such-file.ts'; sys.exit(it.main(['--check']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"web/no-such-file.ts is not current: {COMMAND}" in done.stderr
    assert not (PROJECT / "web" / "no-such-file.ts").exists()
