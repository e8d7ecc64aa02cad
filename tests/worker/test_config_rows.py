"""Rows of configs as designs."""

from decimal import Decimal
from typing import Any

import pytest

from core.candle import Interval
from core.errors import ConfigError
from worker.configs.config_rows import merged, read_design

ROW: dict[str, Any] = {
    "id": "c",
    "strategy_id": "s",
    "user_id": "u",
    "name": "default",
    "portfolio_id": None,
    "strategies": {"portfolio_id": "p", "archived_at": None},
    "module_path": "strategies.momentum",
    "class_name": "Momentum",
    "trade_mode": "VIRTUAL",
    "shares_process": True,
    "config_json": {
        "parameters": {"fast": 5},
        "risk_parameters": {"cooldown_minutes": 5},
        "symbols": ["NIFTY-FUT"],
        "timeframes": ["5m", "1m"],
        "max_positions": 2,
        "capital": "100000.50",
    },
}


def test_a_whole_row_is_a_design() -> None:
    design = read_design(ROW)
    assert design.portfolio_id == "p"
    assert design.capital == Decimal("100000.50")
    assert design.intervals == (Interval.M5, Interval.M1)
    assert design.risk.max_open_trades == 2
    assert design.risk.cooldown_minutes == 5
    assert design.parameters == {"fast": 5}
    assert design.shares_process


def test_the_configs_own_portfolio_wins() -> None:
    assert read_design({**ROW, "portfolio_id": "own"}).portfolio_id == "own"


def test_what_the_risk_parameters_say_wins_over_the_most_positions() -> None:
    settings = {**ROW["config_json"], "risk_parameters": {"max_open_trades": 7}}
    assert read_design(ROW, settings).risk.max_open_trades == 7


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"symbols": []}, "config 'default' names no symbol"),
        ({"capital": "0"}, "capital is '0', must be an amount above 0"),
        ({"capital": "lots"}, "capital is 'lots'"),
        ({"capital": "NaN"}, "capital is 'NaN'"),
        ({"timeframes": ["2m"]}, "timeframe '2m' is unknown; there are 1m, 5m"),
        ({"risk_parameters": {"luck": 1}}, "luck is not a parameter"),
        ({"max_positions": 0}, "max_open_trades is 0"),
    ],
)
def test_what_cannot_be_used_is_named(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        read_design(ROW, {**ROW["config_json"], **settings})


def test_a_config_without_a_portfolio_is_refused() -> None:
    with pytest.raises(ConfigError, match="has no portfolio; link one"):
        read_design({**ROW, "strategies": {"portfolio_id": None}})


def test_a_patch_is_laid_over_group_by_group() -> None:
    patch = {"parameters": {"slow": 9}, "symbols": ["NIFTY"]}
    found = merged(ROW["config_json"], patch)
    assert found["parameters"] == {"fast": 5, "slow": 9}
    assert found["symbols"] == ["NIFTY"]
    assert found["capital"] == "100000.50"
    assert ROW["config_json"]["parameters"] == {"fast": 5}


def test_a_patch_of_something_unknown_is_refused() -> None:
    with pytest.raises(ConfigError, match="a config has no colour; it has asset_class"):
        merged(ROW["config_json"], {"colour": "red"})
