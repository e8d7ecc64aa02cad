"""The strategies there are, by name; a new one is one file and one line here.

In:  the name of a type, or the module and class that a config's row names.
Out: the class, its parameters' schema, an instance, the digest of its code.
Next: `strategies/momentum.py`, the one to copy.

A strategy's module is imported when it is asked for and not before, so that a process started
for it sees the file as it is now. Nothing outside this table can be loaded.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, cast

from core.errors import ConfigError
from core.parameters import json_schema, parameters_from
from core.strategy import Strategy, digest_of


class StrategyType(NamedTuple):
    """Where a type of strategy is.

    Attributes
    ----------
    brings_code
        Whether each strategy of this type brings code of its own, which runs in a sandbox: whoever
        has one makes it, and its parameters are whatever the code asks for.
    """

    name: str
    module_path: str
    class_name: str
    brings_code: bool = False


class StrategyClass(Protocol):
    """What a strategy's class offers beside its instances: the class of its parameters."""

    Parameters: type[Any]

    def __call__(self, parameters: Any) -> Strategy:
        """Make a strategy with these parameters."""
        ...


REGISTRY: Final[dict[str, StrategyType]] = {
    each.name: each
    for each in (
        StrategyType("momentum", "strategies.momentum", "Momentum"),
        StrategyType("pva", "strategies.pva", "Pva"),
        StrategyType("mean_reversion", "strategies.mean_reversion", "MeanReversion"),
        StrategyType("arbitrage", "strategies.arbitrage", "Arbitrage"),
        StrategyType("code", "strategies.code", "Code", brings_code=True),
    )
}


def strategy_type(name: str) -> StrategyType:
    """Return the type of this name.

    Raises
    ------
    ConfigError
        If there is none; names those there are.
    """
    found = REGISTRY.get(name)
    if found is None:
        raise ConfigError(f"strategy type {name!r} is unknown; there are {', '.join(REGISTRY)}")
    return found


def type_of(module_path: str, class_name: str) -> StrategyType:
    """Return the type that a config's row means.

    Raises
    ------
    ConfigError
        If the pair is not in the registry.
    """
    for each in REGISTRY.values():
        if (each.module_path, each.class_name) == (module_path, class_name):
            return each
    raise ConfigError(f"{module_path}.{class_name} is not a registered strategy")


def load(module_path: str, class_name: str) -> StrategyClass:
    """Import a registered strategy and return its class.

    Raises
    ------
    ConfigError
        If the pair is not in the registry.
    """
    found = type_of(module_path, class_name)
    module = importlib.import_module(found.module_path)
    return cast("StrategyClass", getattr(module, found.class_name))


def make(name: str, parameters: Mapping[str, Any]) -> Strategy:
    """Return a new strategy.

    Parameters
    ----------
    name
        Its type.
    parameters
        JSON values; what is absent has its default.

    Raises
    ------
    ConfigError
        If the type is unknown, a parameter cannot be used, or the type brings its own code.
    """
    found = strategy_type(name)
    if found.brings_code:
        raise ConfigError(f"a strategy of type {name!r} is made with its code, where a sandbox is")
    strategy = load(found.module_path, found.class_name)
    return strategy(parameters_from(strategy.Parameters, parameters))


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a type's parameters; raises as `strategy_type`."""
    found = strategy_type(name)
    if found.brings_code:
        return {"type": "object", "additionalProperties": True, "properties": {}}
    return json_schema(load(found.module_path, found.class_name).Parameters)


def risk_defaults(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the risk parameters a type asks for where the user has set none.

    Raises
    ------
    ConfigError
        If the type is unknown or a parameter cannot be used.
    """
    found = strategy_type(name)
    if found.brings_code:
        return {}
    strategy = load(found.module_path, found.class_name)
    asked = getattr(strategy, "risk_defaults", None)
    return {} if asked is None else dict(asked(parameters_from(strategy.Parameters, parameters)))


def code_digest(name: str, parameters: Mapping[str, Any]) -> str:
    """Return what names a type's code, as it is on disk now, with these parameters.

    Of a type that is a folder, all its files count.

    Raises
    ------
    ConfigError
        If the type is unknown or its file is not there.
    """
    found = strategy_type(name)
    place = importlib.util.find_spec(found.module_path)
    if place is None or place.origin is None:
        raise ConfigError(f"the file of strategy type {name!r} is not there")
    files = [Path(place.origin)]
    if place.submodule_search_locations is not None:
        files = sorted(files[0].parent.glob("*.py"))
    return digest_of(b"".join(each.read_bytes() for each in files), parameters)
