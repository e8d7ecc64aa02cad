"""What the browser is told when a value breaks a rule: a sentence with the value and the limit."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, deploy
from tests.supabase.people import Person, refusal, sign_up
from tests.supabase.rights import RELATIONS

LONG = "x" * 70_000
NOBODY = str(UUID(int=7))
OF_NAMES = 'name has 1 to 100 characters and no space at its ends, unlike "{}"'

OF_PRICES = "price is above 0, below 1000000000 rupees and has at most 4 decimals, unlike {}"

# Per column that a user may set: values that no row can have, each with what is said.
BAD: dict[str, dict[str, list[tuple[Any, str]]]] = {
    "profiles": {
        "display_name": [("x" * 101, "display_name has at most 100 characters, not 101")],
    },
    "portfolios": {
        "name": [
            ("", OF_NAMES.format("")),
            (" padded", OF_NAMES.format(" padded")),
            ("x" * 101, OF_NAMES.format("x" * 60)),
            ("taken", 'there is a portfolio with the name "taken" already'),
        ],
        "initial_capital": [
            (0, "initial_capital is above 0 and at most 10000000000 rupees, not 0"),
            ("NaN", "initial_capital is above 0 and at most 10000000000 rupees, not NaN"),
            ("0.001", "initial_capital is in whole paise, not 0.001"),
        ],
        "max_open_trades": [(0, "max_open_trades is 1 to 1000, not 0")],
        "daily_loss_limit_pct": [
            (101, "daily_loss_limit_pct is above 0 and at most 100 percent, not 101")
        ],
        "max_outlay_pct": [(-1, "max_outlay_pct is above 0 and at most 1000 percent, not -1")],
    },
    "strategies": {
        "name": [
            ("", OF_NAMES.format("")),
            ("taken", 'there is a strategy with the name "taken" already'),
        ],
        "description": [("x" * 2001, "description has at most 2000 characters, not 2001")],
        "python_code": [
            (LONG, "python_code has at most 65536 bytes, unlike the 70000 characters given")
        ],
        "portfolio_id": [(NOBODY, f"portfolio {NOBODY} does not exist")],
    },
    "strategy_configs": {
        "name": [
            ("{name} ", OF_NAMES.format("{name} ")),
            ("taken", 'the strategy has a config with the name "taken" already'),
        ],
        "auto_start": [],
        "shares_process": [],
        "portfolio_id": [(NOBODY, f"portfolio {NOBODY} does not exist")],
    },
    "strategy_commands": {
        "id": [("taken", "a command with the id {} was given already")],
        "strategy_config_id": [(NOBODY, f"strategy config {NOBODY} does not exist")],
        "command": [],
        "parameters": [
            ([], "parameters is a JSON object, unlike []"),
            (
                {"x": LONG},
                "parameters has at most 65536 bytes as text, unlike the 70009 characters given",
            ),
        ],
    },
    "price_alerts": {
        "instrument_key": [
            (
                "RELIANCE",
                'instrument_key is a segment and a number, as NSE_EQ:2885, unlike "RELIANCE"',
            )
        ],
        "symbol": [("", "symbol has 1 to 100 characters, not 0")],
        "side": [],
        "price": [
            (price, OF_PRICES.format(price))
            for price in ("0", "NaN", "1.00001", "10000000000000000000")
        ],
        "note": [("x" * 501, "note has at most 500 characters, not 501")],
        "is_active": [],
        "expires_at": [
            (
                "2020-01-01T00:00:00+00:00",
                "expires_at lies after the alert was made, not at 2020-01-01T00:00:00+00:00",
            )
        ],
    },
}
# What has no value that breaks a rule: true or false, one of a type's values.
ANY_VALUE = {"auto_start", "shares_process", "is_active", "command", "side"}
NULLABLE = {"python_code", "portfolio_id"}
TOLD_ELSEWHERE = {
    # Refused by a trigger that asks whose the config is, before its key would be.
    "strategy_commands_strategy_config_id_user_id_fkey",
    # Kept by a trigger: an alert that is switched on again has not been triggered.
    "price_alerts_check2",
}

CASES = [
    (table, column, value, sentence)
    for table, columns in BAD.items()
    for column, values in columns.items()
    for value, sentence in values
]
SETTABLE = [
    (table, column)
    for table, relation in RELATIONS.items()
    for column in sorted(relation.insert | relation.update)
]


class Desk:
    """A user's rows, and how the user would write each of them badly."""

    def __init__(self, user: Person, deployment: Deployment) -> None:
        self._user = user
        config = {"strategy_config_id": deployment.config_id}
        self._good: dict[str, dict[str, Any]] = {
            "portfolios": {"name": "another", "initial_capital": 1000},
            "strategy_commands": {**config, "command": "START"},
            "price_alerts": {
                "instrument_key": "NSE_EQ:2885",
                "symbol": "RELIANCE",
                "side": "ABOVE",
                "price": 100,
            },
        }
        self._mine = {
            "profiles": f"profiles?id=eq.{user.id}",
            "portfolios": f"portfolios?id=eq.{deployment.portfolio_id}",
            "strategies": f"strategies?id=eq.{deployment.strategy_id}",
            "strategy_configs": f"strategy_configs?id=eq.{deployment.config_id}",
        }

    def take(self, table: str, database: Database) -> str:
        """Make a row that has what "taken" stands for; returns it."""
        if table == "strategy_commands":
            return str(self._user.insert(table, self._good[table])["id"])
        if table == "portfolios":
            self._user.insert(table, self._good[table] | {"name": "taken"})
        elif table == "strategies":
            made = {"p_name": "taken", "p_strategy_type": "momentum", "p_symbols": ["NIFTY-FUT"]}
            self._user.rpc("create_strategy", **made)
        else:
            database.execute(
                "insert into public.strategy_configs "
                "(user_id, strategy_id, name, module_path, class_name) "
                "select user_id, strategy_id, 'taken', module_path, class_name "
                "from public.strategy_configs where user_id = %s",
                (self._user.id,),
            )
        return "taken"

    def write(self, table: str, column: str, value: Any) -> list[tuple[str, str]]:
        """Write the value in each way in which the user may; returns the refusals."""
        rights = RELATIONS[table]
        replies = []
        if column in rights.insert:
            row = self._good[table] | {column: value}
            replies.append(self._user.call("POST", table, row))
        if column in rights.update:
            path = self._mine.get(table) or self._alert()
            replies.append(self._user.call("PATCH", path, {column: value}))
        return [refusal(reply) for reply in replies]

    def _alert(self) -> str:
        alert = self._user.insert("price_alerts", self._good["price_alerts"])
        return f"price_alerts?id=eq.{alert['id']}"


@pytest.fixture(scope="module")
def desk(publishable: httpx.Client) -> Desk:
    """Return a user's rows; what is refused leaves them as they are."""
    user = sign_up(publishable)
    return Desk(user, deploy(user))


@pytest.mark.parametrize(
    "case",
    CASES,
    ids=[f"{table}.{column}-{str(value)[:12]}" for table, column, value, _ in CASES],
)
def test_a_value_that_breaks_a_rule_is_named_with_its_limit(
    desk: Desk, database: Database, case: tuple[str, str, Any, str]
) -> None:
    table, column, value, sentence = case
    if value == "taken":
        value = desk.take(table, database)
    for code, said in desk.write(table, column, value):
        assert said == sentence.replace("{}", value if isinstance(value, str) else "{}")
        assert code in {"23514", "23503", "23505", "TB404"}


@pytest.mark.parametrize(
    ("table", "column"), [pair for pair in SETTABLE if pair[1] not in NULLABLE]
)
def test_a_value_that_must_be_there_is_asked_for(desk: Desk, table: str, column: str) -> None:
    for code, said in desk.write(table, column, None):
        assert (code, said) in {
            ("23502", f"{column} must be given, not null"),
            ("TB404", "strategy config null does not exist"),
            ("TB404", "strategy config  does not exist"),
        }


def test_every_column_that_a_user_may_set_has_its_bad_values_here() -> None:
    assert {(table, column) for table, columns in BAD.items() for column in columns} == set(
        SETTABLE
    )
    for table, columns in BAD.items():
        for column, values in columns.items():
            assert bool(values) != (column in ANY_VALUE), f"{table}.{column}"


def test_every_rule_over_a_column_that_a_user_may_set_has_a_sentence(database: Database) -> None:
    rules = database.execute(
        """
        select
          rule.name, relation.relname as table, rule.sentence,
          exists (
            select from pg_trigger
            where tgrelid = relation.oid and tgname = 'say_what_is_wrong' and tgenabled = 'O'
          ) as told
        from (
          select conrelid as relid, conname as name, conkey as key,
            obj_description(oid, 'pg_constraint') as sentence
          from pg_constraint where contype in ('c', 'f')
          union all
          select indrelid, indexrelid::regclass::text, indkey::smallint[],
            obj_description(indexrelid, 'pg_class')
          from pg_index where indisunique and indkey[0] <> 0
        ) as rule
        inner join pg_class as relation on relation.oid = rule.relid
        where relation.relnamespace = 'public'::regnamespace
          and exists (
            select from pg_attribute as part
            where part.attrelid = relation.oid
              and part.attnum = any (rule.key)
              and (
                has_column_privilege('authenticated', relation.oid, part.attnum, 'insert')
                or has_column_privilege('authenticated', relation.oid, part.attnum, 'update')
              )
          )
        """
    ).fetchall()
    assert len(rules) > 20
    for rule in rules:
        assert rule["told"], f"{rule['table']} has no trigger that says what is wrong"
        if rule["name"] not in TOLD_ELSEWHERE:
            assert rule["sentence"], f"{rule['name']} has no sentence: comment on it"


def test_what_an_rpc_is_given_is_refused_in_the_same_words(user: Person) -> None:
    refused: list[tuple[dict[str, Any], str]] = [
        ({"p_timeframes": ["2m"]}, 'timeframes are 1m, 5m, 15m, 1h, 4h and 1d, unlike ["2m"]'),
        ({"p_timeframes": []}, "a strategy looks at one timeframe at least, not []"),
        ({"p_max_positions": 0}, "max_positions is 1 to 100, not 0"),
        *(
            (
                {"p_strategy_type": "code", "p_python_code": code},
                "a strategy of type code has python_code; this one has none",
            )
            for code in (" ", None)
        ),
    ]
    made = {"p_name": "x", "p_strategy_type": "momentum", "p_symbols": ["NIFTY-FUT"]}
    for change, sentence in refused:
        reply = user.call("POST", "rpc/create_strategy", {**made, **change})
        assert refusal(reply)[1] == sentence
