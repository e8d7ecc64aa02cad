"""`.env.example` names every setting that any process reads, and nothing else."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

import functions.settings
import worker.settings
from core.errors import ConfigError
from core.settings import SettingsReader
from devstack.demo.settings import DemoSettings
from devstack.supabase.options import read_options
from devstack.web.__main__ import dashboard_of

ROOT = Path(__file__).resolve().parent.parent


def read_stack(environ: Mapping[str, str]) -> object:
    return read_options([], environ)


def read_functions(environ: Mapping[str, str]) -> object:
    return functions.settings.read_settings(environ)


def read_worker(environ: Mapping[str, str]) -> object:
    return worker.settings.read_settings(environ)


def read_web(environ: Mapping[str, str]) -> object:
    return vars(dashboard_of(environ))


PROCESSES: dict[str, Callable[[Mapping[str, str]], object]] = {
    "stack": read_stack,
    "demo": DemoSettings.from_env,
    "functions": read_functions,
    "worker": read_worker,
    "web": read_web,
}
REQUIRED = {
    "SUPABASE_URL": "https://project.supabase.co",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x",
    "SUPABASE_SECRET_KEY": "sb_secret_x",
    "CRON_SECRET": "0123456789abcdef0123456789abcdef",
    "DHAN_CLIENT_ID": "1000000001",
    "DHAN_ACCESS_TOKEN": "token",
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


@pytest.mark.parametrize("process", sorted(PROCESSES))
def test_the_values_of_the_example_are_the_defaults(process: str) -> None:
    text = (ROOT / ".env.example").read_text()
    values = dict(re.findall(r"^([A-Z][A-Z_]*)=(.*)$", text, re.MULTILINE))
    read = PROCESSES[process]
    assert read({**values, **REQUIRED}) == read(REQUIRED)
