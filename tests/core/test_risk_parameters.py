"""The limits a user sets."""

import pickle

import pytest

from core.errors import ConfigError
from core.parameters import json_schema, parameters_from
from core.risk_parameters import RiskParameters


def test_defaults_are_those_of_the_trading_rules() -> None:
    limits = RiskParameters()
    assert limits.risk_per_trade_pct == 2.0
    assert limits.max_open_trades == 3
    assert limits.daily_loss_limit_pct == 6.0
    assert limits.cooldown_minutes == 30
    assert limits.min_reward_risk == 2.0


def test_every_limit_is_in_the_schema_with_a_title() -> None:
    properties = json_schema(RiskParameters)["properties"]
    assert len(properties) == 15
    assert all(each["title"] for each in properties.values())


def test_impossible_limit_is_refused() -> None:
    with pytest.raises(ConfigError, match="max_open_trades is 0, must be a whole number from 1"):
        parameters_from(RiskParameters, {"max_open_trades": 0})


def test_limits_survive_pickling() -> None:
    limits = RiskParameters(max_open_trades=7)
    assert pickle.loads(pickle.dumps(limits)) == limits  # noqa: S301 - our own bytes.
