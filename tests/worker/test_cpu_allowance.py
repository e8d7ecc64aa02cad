"""What a process may use over time: who is warned, who is ended, who is left alone."""

import os
import subprocess
import sys
import time

import psutil

from worker.processes.cpu_allowance import MINUTES, CpuAllowance, Overdrawn, cpu_seconds, put_behind


def the_course(*spent: float, allowed: int = 10) -> list[str]:
    """Return what follows from so much CPU in one minute after the other."""
    allowance, used, found = CpuAllowance(allowed), 0.0, []
    allowance.check(0, used)
    for minute, seconds in enumerate(spent, start=1):
        used += seconds
        verdict = allowance.check(minute, used)
        found.append("" if verdict is None else "end" if verdict.is_last else "warn")
    return found


def test_the_third_minute_in_a_row_ends_it() -> None:
    assert MINUTES == 3
    assert the_course(10, 11, 12, 13) == ["", "warn", "warn", "end"]


def test_a_minute_within_begins_the_count_anew() -> None:
    assert the_course(11, 11, 10, 11, 11) == ["warn", "warn", "", "warn", "warn"]


def test_several_minutes_at_once_allow_several_times_as_much() -> None:
    allowance = CpuAllowance(10)
    allowance.check(100, 0.0)
    assert allowance.check(104, 40.0) is None
    assert allowance.check(106, 61.0) == Overdrawn(
        "used 21.0 s of CPU in 2 market minutes, above 20", is_last=False
    )
    assert allowance.minutes_above == 1


def test_a_new_process_is_not_held_to_what_the_one_before_used() -> None:
    allowance = CpuAllowance(10)
    allowance.check(1, 500.0)
    allowance.begin()
    assert allowance.check(2, 30.0) is None
    assert allowance.check(3, 35.0) is None


def test_cpu_of_another_process_is_seen_and_it_can_be_put_behind() -> None:
    burner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        until = time.monotonic() + 30
        while cpu_seconds(burner.pid) < 0.2 and time.monotonic() < until:
            time.sleep(0.01)
        assert cpu_seconds(burner.pid) >= 0.2
        put_behind(burner.pid)
        assert psutil.Process(burner.pid).nice() == 10 > os.getpriority(os.PRIO_PROCESS, 0)
    finally:
        burner.kill()
        burner.wait()
    assert cpu_seconds(burner.pid) == 0.0
    put_behind(burner.pid)
