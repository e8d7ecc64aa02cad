"""The registry: what is in it can be made, what is not cannot be loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

import strategies
from core.candle import Candle
from core.errors import ConfigError
from core.parameters import parameters_from
from core.risk_parameters import RiskParameters
from tests.core.test_candle import a_candle

ROOT = Path(__file__).resolve().parents[2]
MADE_HERE = [name for name, each in strategies.REGISTRY.items() if not each.brings_code]


@pytest.mark.parametrize("name", MADE_HERE)
def test_every_type_is_made_with_its_defaults_and_takes_a_candle(name: str) -> None:
    strategy = strategies.make(name, {})
    candle: Candle = a_candle()
    assert strategy.name == name
    assert strategy.warm_up >= 1
    assert strategy.on_candle(candle) is None


@pytest.mark.parametrize("name", MADE_HERE)
def test_every_type_describes_its_parameters(name: str) -> None:
    properties = strategies.schema(name)["properties"]
    defaults = {key: each["default"] for key, each in properties.items()}
    assert properties
    assert strategies.make(name, defaults).name == name


@pytest.mark.parametrize("name", strategies.REGISTRY)
def test_module_and_class_lead_back_to_the_type(name: str) -> None:
    found = strategies.REGISTRY[name]
    assert strategies.type_of(found.module_path, found.class_name) == found
    assert strategies.load(found.module_path, found.class_name).__name__ == found.class_name  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("module_path", "class_name"),
    [
        ("os", "system"),
        ("strategies.momentum", "MomentumParameters"),
        ("strategies", "load"),
        ("worker.settings", "Settings"),
        ("strategies.momentum.", "Momentum"),
    ],
)
def test_what_is_not_registered_is_not_loaded(module_path: str, class_name: str) -> None:
    with pytest.raises(ConfigError, match="not a registered strategy"):
        strategies.load(module_path, class_name)


def test_a_type_that_brings_its_code_is_made_elsewhere_and_takes_any_parameters() -> None:
    with pytest.raises(ConfigError, match="'code' is made with its code, where a sandbox is"):
        strategies.make("code", {"period": 20})
    assert strategies.schema("code")["additionalProperties"] is True


def test_an_unknown_type_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(ConfigError, match="'moonshot' is unknown; there are momentum"):
        strategies.make("moonshot", {})


def test_digest_follows_the_parameters() -> None:
    digest = strategies.code_digest("momentum", {"fast": 5})
    assert digest == strategies.code_digest("momentum", {"fast": 5})
    assert digest != strategies.code_digest("momentum", {"fast": 6})
    assert len(digest) == 64


def test_the_digest_of_a_folder_follows_every_file_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "strategies_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("ONE = 1\n")
    (folder / "rules.py").write_text("TWO = 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(
        strategies.REGISTRY, "folder", strategies.StrategyType("folder", folder.name, "Folder")
    )
    before = strategies.code_digest("folder", {})
    (folder / "rules.py").write_text("TWO = 3\n")
    assert strategies.code_digest("folder", {}) != before
    (folder / "rules.py").write_text("TWO = 2\n")
    assert strategies.code_digest("folder", {}) == before


@pytest.mark.parametrize("name", strategies.REGISTRY)
def test_the_risk_parameters_a_type_asks_for_can_be_used(name: str) -> None:
    asked = strategies.risk_defaults(name, {})
    assert parameters_from(RiskParameters, asked) is not None


def test_importing_the_registry_imports_no_strategy() -> None:
    code = "import sys, strategies; print([n for n in sys.modules if n.startswith('strategies.')])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
