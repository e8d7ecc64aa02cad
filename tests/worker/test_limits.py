"""What the kernel keeps a strategy process from, tried in one."""

import subprocess
import sys
from pathlib import Path

from tests.worker.running import PROJECT

WANTING = """
import mmap, os, resource
from worker.processes.limits import Limits, confine, memory_reason

confine(Limits(memory_mb=64))

def memory():
    kept = []
    while True:
        kept.append(bytearray(1 << 20))

def shared_memory():
    return mmap.mmap(-1, 1 << 30)

def a_file():
    with open("probe", "wb", 0) as file:
        file.write(b"x")

def descriptors():
    while True:
        os.dup(0)

print(resource.getrlimit(resource.RLIMIT_CORE), open("/proc/self/oom_score_adj").read().strip())
for want in (memory, shared_memory, a_file, descriptors):
    try:
        want()
    except MemoryError:
        print(memory_reason(), len(bytearray(8 << 20)))
    except OSError as error:
        print(error.strerror)
"""
HELD = """
import resource
from worker.processes.limits import Limits, confine

resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
confine(Limits())
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def lines_of(code: str, folder: Path) -> list[str]:
    """Return what a process prints."""
    command, path = [sys.executable, "-c", code], {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        command, cwd=folder, env=path, capture_output=True, text=True, timeout=60, check=False
    )
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]


def test_a_confined_process_gets_no_more_memory_files_or_descriptors_and_leaves_no_core(
    tmp_path: Path,
) -> None:
    assert lines_of(WANTING, tmp_path) == [
        "(0, 0) 500",
        "memory above 64 MB 8388608",
        "Cannot allocate memory",
        "File too large",
        "Too many open files",
    ]


def test_a_limit_that_is_there_already_is_never_raised(tmp_path: Path) -> None:
    assert lines_of(HELD, tmp_path) == ["(40, 40)"]
