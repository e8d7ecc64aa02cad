"""`.env.example` names every setting that any process reads, and nothing else."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.settings import SettingsReader
from devstack.demo.settings import DemoSettings
from devstack.supabase.options import read_options

ROOT = Path(__file__).resolve().parent.parent


def read_stack(environ: Mapping[str, str]) -> object:
    return read_options([], environ)


PROCESSES: dict[str, Callable[[Mapping[str, str]], object]] = {
    "stack": read_stack,
    "demo": DemoSettings.from_env,
}


@pytest.fixture
def names_read(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the first name of every setting, as the processes ask for them."""
    names: set[str] = set()
    find = SettingsReader._find

    def noting(self: SettingsReader, name: str, aliases: Sequence[str] = ()) -> str | None:
        names.add(name)
        return find(self, name, aliases)

    monkeypatch.setattr(SettingsReader, "_find", noting)
    for read in PROCESSES.values():
        try:
            read({})
        except ConfigError:
            continue  # Missing settings are reported at the end: every name has been asked for.
    return names


def test_the_example_names_every_setting_and_no_other(names_read: set[str]) -> None:
    text = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^([A-Z][A-Z_]*)=", text, re.MULTILINE)) == names_read


def test_the_values_of_the_example_can_be_used_by_every_process() -> None:
    text = (ROOT / ".env.example").read_text()
    values = dict(re.findall(r"^([A-Z][A-Z_]*)=(.*)$", text, re.MULTILINE))
    assert read_stack(values) == read_stack({})
    assert DemoSettings.from_env(values) == DemoSettings.from_env({})
