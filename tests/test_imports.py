"""Who may import whom: the dependency rules of the architecture, held by walking the imports.

In: every Python file of ours. Out: a failure that names the file, the import and the rule.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"core", "adapters", "strategies", "functions", "worker", "backtest", "devstack", "tests"}

# What each package may import of ours. A dotted name allows that module and what is inside it.
MAY_IMPORT: dict[str, set[str]] = {
    "core": {"core"},
    "adapters": {"adapters", "core"},
    "strategies": {"strategies", "core"},
    "functions": {"functions", "core", "adapters", "strategies"},
    "worker": {"worker", "core", "adapters", "strategies"},
    "backtest": {"backtest", "core", "adapters", "strategies"},
    # The simulator and the embedded stack know Dhan's formats and the plain facts about
    # instruments and sessions, never the trading logic that they are used to test.
    "devstack": {
        "devstack",
        "core.brokers.dhan",
        "core.errors",
        "core.instrument",
        "core.session",
        "core.settings",
    },
}
# Packages whose imports at module level must all be standard library (or ours).
STANDARD_LIBRARY_ONLY = {"core": {"mypy_extensions"}, "strategies": {"mypy_extensions"}}


def python_files(package: str) -> list[Path]:
    return sorted(
        path for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts
    )


def imported_names(path: Path, *, module_level_only: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text(), filename=str(path))
    nodes = ast.iter_child_nodes(tree) if module_level_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, (
                f"{path}: write `from {path.parts[-2]}...`, not a relative import"
            )
            assert node.module is not None
            # `from core import signal` imports the module core.signal.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def allowed(name: str, permitted: set[str]) -> bool:
    return any(name == entry or name.startswith(f"{entry}.") for entry in permitted)


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_package_imports_only_what_the_rules_allow(package: str) -> None:
    for path in python_files(package):
        for name in imported_names(path):
            if name.partition(".")[0] in OURS:
                assert allowed(name, MAY_IMPORT[package]), f"{path} imports {name}"


@pytest.mark.parametrize("package", sorted(STANDARD_LIBRARY_ONLY))
def test_package_needs_only_the_standard_library_to_be_imported(package: str) -> None:
    permitted = set(sys.stdlib_module_names) | OURS | STANDARD_LIBRARY_ONLY[package]
    # A strategy may use pandas-ta inside a method; core may not use anything anywhere.
    inside_too = package == "core"
    for path in python_files(package):
        for name in imported_names(path, module_level_only=not inside_too):
            assert name.partition(".")[0] in permitted, f"{path} imports {name}"


def test_nothing_but_tests_and_the_demo_imports_devstack() -> None:
    for package in MAY_IMPORT.keys() - {"devstack"}:
        for path in python_files(package):
            for name in imported_names(path):
                assert not name.startswith("devstack"), f"{path} imports {name}"


def test_no_module_of_core_hides_a_standard_module() -> None:
    for path in python_files("core"):
        for part in path.relative_to(ROOT / "core").with_suffix("").parts:
            if part != "__init__":
                assert part not in sys.stdlib_module_names, f"{path} hides the standard `{part}`"


def test_no_file_has_a_name_that_says_nothing() -> None:
    banned = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    for package in OURS:
        for path in python_files(package):
            assert not banned & set(path.with_suffix("").parts), path


def test_the_walker_sees_every_form_of_import(tmp_path: Path) -> None:
    source = tmp_path / "example.py"
    source.write_text("import a.b\nfrom c import d\ndef f():\n    import e\n")
    assert list(imported_names(source)) == ["a.b", "c.d", "e"]
    assert list(imported_names(source, module_level_only=True)) == ["a.b", "c.d"]
