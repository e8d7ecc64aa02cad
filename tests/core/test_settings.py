"""Settings are read with every problem told at once."""

import pytest

from core.errors import EXIT_CONFIGURATION, ConfigError
from core.settings import SettingsReader


def problems(reader: SettingsReader) -> list[str]:
    with pytest.raises(ConfigError) as told:
        reader.finish()
    assert told.value.exit_code == EXIT_CONFIGURATION
    first, *lines = str(told.value).splitlines()
    assert first == "settings cannot be used:"
    return [line.strip() for line in lines]


def test_what_is_set_is_read_as_its_type() -> None:
    reader = SettingsReader({"A": " text ", "N": "7", "X": "2.5", "C": "red"})
    assert reader.text("A") == "text"
    assert reader.integer("N", 1, low=0, high=10) == 7
    assert reader.number("X", 1.0) == 2.5
    assert reader.choice("C", "blue", ("red", "blue")) == "red"
    reader.finish()


def test_what_is_not_set_or_empty_has_its_default() -> None:
    reader = SettingsReader({"A": "", "N": "  "})
    assert reader.text("A", "default") == "default"
    assert reader.integer("N", 1, low=0, high=10) == 1
    assert reader.number("X", 1.5) == 1.5
    assert reader.choice("C", "blue", ("red", "blue")) == "blue"
    reader.finish()


def test_an_alias_stands_in_for_a_name_and_the_name_wins() -> None:
    values = {"OLD": "old", "NEW": "new"}
    assert SettingsReader(values).text("NEW", aliases=["OLD"]) == "new"
    assert SettingsReader({"OLD": "old"}).text("NEW", aliases=["OLD"]) == "old"


def test_every_problem_is_told_in_the_order_of_reading_with_value_and_limit() -> None:
    reader = SettingsReader({"N": "11", "X": "nan", "C": "green", "S": "short", "I": "7.0"})
    assert reader.text("A", aliases=["B"]) == ""
    assert reader.integer("N", 1, low=0, high=10) == 1
    assert reader.integer("I", 1, low=0, high=10) == 1
    assert reader.number("X", 1.5, low=0.5, high=2.0) == 1.5
    assert reader.choice("C", "blue", ("red", "blue")) == "blue"
    reader.text("S", min_length=8)
    reader.problem("A and B contradict each other")
    assert problems(reader) == [
        "A (or B) is missing",
        "N is '11', must be a whole number from 0 to 10",
        "I is '7.0', must be a whole number from 0 to 10",
        "X is 'nan', must be a number from 0.5 to 2",
        "C is 'green', must be one of red, blue",
        "S is 'short', must have at least 8 characters",
        "A and B contradict each other",
    ]


def test_a_secret_is_never_repeated() -> None:
    reader = SettingsReader({"KEY": "hunter2"})
    reader.text("KEY", min_length=20, secret=True)
    assert problems(reader) == ["KEY has 7 characters, must have at least 20 characters"]
