"""What the dashboard's forms are made of is what the strategies say of themselves."""

import json
from pathlib import Path

from strategies.__main__ import described

COPY = Path(__file__).resolve().parents[2] / "web" / "lib" / "strategy-types.json"


def test_the_dashboards_copy_is_current() -> None:
    made_by = "python -m strategies > web/lib/strategy-types.json"
    assert json.loads(COPY.read_text()) == described(), f"make it anew: {made_by}"


def test_every_type_says_what_it_does_and_every_parameter_has_a_title() -> None:
    types = json.loads(COPY.read_text())["types"]
    assert {each["name"] for each in types} >= {"momentum", "mean_reversion", "pva", "arbitrage"}
    for each in types:
        assert each["summary"]
        for name, field in each["parameters"]["properties"].items():
            assert field["title"], f"{each['name']}.{name}"
