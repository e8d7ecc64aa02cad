"""The minute cron of code strategies: each config and minute once, with books that add up."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from tests.functions.code_market import (
    BROKEN,
    BUY,
    ENDLESS,
    HOLD,
    LOT,
    SELL,
    SMA,
    SYMBOL,
    CodeMarket,
    command,
    deploy_code,
)
from tests.functions.conftest import Caller, Database, problem
from tests.supabase.people import Person

PATH = "/api/cron/strategies"
RISING = [25000 + number for number in range(20)]


@pytest.fixture(autouse=True)
def market(database: Database) -> Iterator[CodeMarket]:
    """Yield a market at one minute past ten, rising since twenty to ten."""
    market = CodeMarket(database)
    market.clean()
    market.closes(RISING)
    market.at(0)
    yield market
    market.clean()


def run(cron: Caller, method: str = "POST") -> dict[str, Any]:
    reply = cron.call(method, PATH)
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.get_json()
    assert body["problems"] == []
    return body


def logs(user: Person) -> list[tuple[str, str]]:
    rows = user.rows("strategy_logs?select=level,message&order=logged_at,created_at,level")
    return [(row["level"], row["message"]) for row in rows]


def balance(user: Person) -> Decimal:
    rows = user.rows("portfolios?select=balance::text&order=created_at")
    return Decimal(rows[-1]["balance"])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_example_of_the_product_buys_one_lot_above_its_average(
    cron: Caller, user: Person, method: str
) -> None:
    deploy_code(user, SMA, p_config={"period": 10})
    body = run(cron, method)
    assert (body["ran"], body["configs"], body["outcomes"]) == (True, 1, {"decided": 1})
    trade = user.row("trades?select=*,entry_price::text,stop_loss::text,charges::text")
    assert (trade["trade_type"], trade["status"], trade["quantity"]) == ("LONG", "OPEN", LOT)
    # One tick worse than the last close; the stop 2 % below the close.
    assert (trade["entry_price"], trade["stop_loss"]) == ("25019.0500", "24518.6000")
    signal = user.row("trading_signals")
    assert (signal["signal_type"], signal["executed"]) == ("LONG", True)
    assert signal["reason"] == "price above SMA"
    assert signal["indicators"] == {"sma": 25014.5}
    order = user.row("orders")
    assert (order["status"], order["purpose"], order["filled_quantity"]) == ("TRADED", "ENTRY", LOT)
    assert balance(user) == Decimal(10_000_000) - Decimal(trade["charges"])
    assert logs(user) == [("trade", f"buy {SYMBOL}: price above SMA")]
    strategy = user.row("strategies")
    assert strategy["status"] == "running"
    assert strategy["last_run_at"] is not None
    assert strategy["last_signal_at"] is not None


def test_it_sells_below_its_average_and_the_ledger_holds_the_profit(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    deploy_code(user, SMA, p_config={"period": 10})
    run(cron)
    market.closes([25019, 24980], first=0)
    market.at(2)
    run(cron)
    trade = user.row("trades?select=*,pnl::text,charges::text,exit_price::text,gross_pnl::text")
    assert (trade["status"], trade["exit_reason"]) == ("CLOSED", "SIGNAL")
    assert trade["exit_price"] == "24979.9500"
    assert Decimal(trade["gross_pnl"]) == LOT * (Decimal("24979.95") - Decimal("25019.05"))
    assert balance(user) == 10_000_000 + Decimal(trade["pnl"])
    assert logs(user)[-1] == ("trade", f"sell {SYMBOL}: price below SMA")
    assert user.rows("positions") == []


def test_a_minute_is_written_once_however_often_it_is_called(
    cron: Caller, user: Person, database: Database
) -> None:
    deploy_code(user, BUY)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: run(cron), range(24)))
    assert sum(answer["ran"] for answer in answers) == 1
    # A run that died after it had written is called again: nothing is there twice.
    database.execute("update public.job_runs set status = 'failed'")
    assert run(cron)["outcomes"] == {"duplicate": 1}
    assert len(user.rows("trades")) == len(user.rows("orders")) == len(logs(user)) == 1


def test_a_run_that_was_worked_out_before_something_changed_is_not_written(
    user: Person, secret: Person
) -> None:
    deployment = deploy_code(user, HOLD)
    version = secret.rpc("due_code_configs")[0]["status_version"]
    command(user, deployment, "PAUSE")
    stale = {
        "config_id": deployment.config_id,
        "minute": "2026-11-20T04:30:00+00:00",
        "at": "2026-11-20T04:30:05+00:00",
        "outcome": "decided",
        "basis": {"status_version": version, "trades": {}},
        "events": [],
    }
    (result,) = secret.rpc("write_code_runs", p_runs=[stale])
    assert result["outcome"] == "changed"
    assert user.row("strategy_configs")["status"] == "PAUSED"


def test_a_run_whose_events_cannot_be_written_leaves_nothing(
    cron: Caller, user: Person, secret: Person
) -> None:
    deployment = deploy_code(user, HOLD)
    due = secret.rpc("due_code_configs")[0]
    log = {"level": "info", "message": "half", "logged_at": "2026-11-20T04:30:05+00:00"}
    event = {"config_id": deployment.config_id, "user_id": user.id, "at": log["logged_at"]}
    run_ = {
        "config_id": deployment.config_id,
        "minute": "2026-11-20T04:30:00+00:00",
        "at": log["logged_at"],
        "outcome": "decided",
        "basis": {"status_version": due["status_version"], "trades": {}},
        "events": [
            {**event, "id": "11111111-1111-4111-8111-111111111111", "kind": "log", "row": log},
            {**event, "id": "11111111-1111-4111-8111-111111111112", "kind": "candle", "row": {}},
        ],
    }
    (result,) = secret.rpc("write_code_runs", p_runs=[run_])
    assert (result["outcome"], result["code"]) == ("failed", "TB422")
    assert logs(user) == []
    assert run(cron)["outcomes"] == {"decided": 1}


def test_buying_what_it_holds_and_selling_what_it_does_not_are_holds_with_a_note(
    cron: Caller, user: Person
) -> None:
    deploy_code(user, SELL)
    run(cron)
    assert logs(user) == [
        ("info", f"sell {SYMBOL} (sell is held back: it holds no {SYMBOL}, and allow_short is off)")
    ]
    assert user.rows("trading_signals") == []
    assert user.rows("trades") == []


def test_with_allow_short_a_sale_enters_short_and_a_purchase_covers(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    code = (
        "def strategy(context):\n"
        "    return {'signal': 'sell' if context['position'] is None else 'buy'}\n"
    )
    deploy_code(user, code, p_risk_parameters={"allow_short": True, "stop_pct": 1})
    run(cron)
    trade = user.row("trades?select=*,entry_price::text,stop_loss::text")
    assert (trade["trade_type"], trade["side"], trade["status"]) == ("SHORT", "SELL", "OPEN")
    assert (trade["entry_price"], trade["stop_loss"]) == ("25018.9500", "25269.2000")
    market.closes([25000], first=0)
    market.at(1)
    run(cron)
    trade = user.row("trades?select=*,gross_pnl::text")
    assert (trade["status"], trade["exit_reason"]) == ("CLOSED", "SIGNAL")
    assert Decimal(trade["gross_pnl"]) == LOT * (Decimal("25018.95") - Decimal("25000.05"))


def test_an_amount_is_followed_when_it_is_whole_lots_within_the_limits(
    cron: Caller, user: Person
) -> None:
    code = "def strategy(context):\n    return {'signal': 'buy', 'amount': %d}\n"
    for amount in (2 * LOT, LOT + 1, 1000 * LOT):
        deploy_code(user, code % amount)
    run(cron)
    assert [row["quantity"] for row in user.rows("trades")] == [2 * LOT]
    refused = {row["refusal_reason"] for row in user.rows("trading_signals?executed=is.false")}
    assert refused == {
        f"66 units of {SYMBOL} are no multiple of its lot of 65",
        "65000 units are wanted, the limits of the config allow 390",
    }
    assert [level for level, _ in logs(user)].count("signal") == 2


def test_a_stop_that_was_reached_within_a_minute_closes_there(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    deploy_code(user, BUY)
    run(cron)
    # It falls through the stop (24518.60) and is back above it at the close.
    market.candle(0, 25019, 25020, 24400, 24900)
    market.at(1)
    run(cron)
    trade = user.row("trades?select=*,exit_price::text,pnl::text")
    assert (trade["status"], trade["exit_reason"]) == ("CLOSED", "STOP_LOSS")
    assert trade["exit_price"] == "24518.5500"
    assert balance(user) == 10_000_000 + Decimal(trade["pnl"])
    assert ("trade", f"{SYMBOL} closed at 24518.5500: STOP_LOSS") in logs(user)
    # It buys again at once, which the cooldown refuses.
    assert any("minutes ago, 30 must pass" in sentence for _, sentence in logs(user))


def test_a_price_that_jumps_over_the_stop_is_what_the_trade_ends_at(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    deploy_code(user, BUY)
    run(cron)
    market.candle(0, 24300, 24350, 24250, 24280)
    market.at(1)
    run(cron)
    trade = user.row("trades?select=*,exit_price::text")
    assert (trade["exit_reason"], trade["exit_price"]) == ("STOP_LOSS", "24299.9500")


def test_at_the_end_of_the_day_it_is_closed(cron: Caller, user: Person, market: CodeMarket) -> None:
    deploy_code(user, BUY)
    run(cron)
    market.candle(314, 25100, 25110, 25090, 25100)
    market.at(315)
    assert run(cron)["skipped_minutes"] == 314
    trade = user.row("trades?select=*,exit_price::text")
    assert (trade["status"], trade["exit_reason"]) == ("CLOSED", "EOD")
    assert trade["exit_price"] == "25099.9500"


def test_an_exception_shows_error_with_the_message_and_three_switch_it_off(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    deployment = deploy_code(user, BROKEN)
    sentence = f"{SYMBOL}: line 2: it raised ZeroDivisionError: division by zero"
    for minute in range(4):
        market.at(minute)
        body = run(cron)
        config = user.row("strategy_configs")
        assert config["status"] == "ERROR"
        assert user.row("strategies")["status"] == "error"
        assert config["error_message"].startswith(sentence)
        assert body["outcomes"] == ({"failed": 1} if minute < 3 else {})
    assert [level for level, _ in logs(user)] == ["error"] * 3
    assert logs(user)[-1][1] == f"{sentence}; switched off after 3 failures in a row"
    command(user, deployment, "START")
    assert user.row("strategy_configs")["error_message"] is None
    market.at(4)
    assert run(cron)["outcomes"] == {"failed": 1}


def test_code_that_works_again_is_active_again(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    deployment = deploy_code(user, BROKEN)
    run(cron)
    user.update(f"strategies?id=eq.{deployment.strategy_id}", {"python_code": HOLD})
    market.at(1)
    run(cron)
    assert user.row("strategy_configs")["status"] == "ACTIVE"
    assert user.row("strategies")["error_message"] is None
    assert user.row("code_runs")["failures"] == 0


@pytest.mark.parametrize("word", ["PAUSE", "STOP"])
def test_paused_or_stopped_it_is_not_asked(cron: Caller, user: Person, word: str) -> None:
    deployment = deploy_code(user, BUY)
    done = command(user, deployment, word)
    assert (done["status"], done["executed_at"] is not None) == ("EXECUTED", True)
    assert run(cron)["configs"] == 0
    assert user.rows("trades") == []


def test_paused_it_enters_nothing_and_its_stop_is_watched(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    deployment = deploy_code(user, BUY)
    run(cron)
    command(user, deployment, "PAUSE")
    market.closes([25019, 24000], first=0)
    market.at(2)
    assert run(cron)["outcomes"] == {"skipped": 1}
    assert user.row("trades")["exit_reason"] == "STOP_LOSS"
    assert user.row("strategy_configs")["status"] == "PAUSED"


@pytest.mark.parametrize("keeps", [False, True])
def test_stopped_it_closes_at_market_unless_positions_are_kept(
    cron: Caller, user: Person, market: CodeMarket, *, keeps: bool
) -> None:
    deployment = deploy_code(user, BUY)
    run(cron)
    command(user, deployment, "STOP", keep_positions=keeps)
    market.closes([25019], first=0)
    market.at(1)
    run(cron)
    trade = user.row("trades")
    expected = ("OPEN", None) if keeps else ("CLOSED", "STRATEGY_STOPPED")
    assert (trade["status"], trade["exit_reason"]) == expected


def test_without_candles_or_with_old_ones_it_holds_with_a_note(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    deploy_code(user, BUY)
    market.at(30)
    run(cron)
    deploy_code(user, BUY, p_symbols=["NOBODY-KNOWS"])
    market.at(31)
    run(cron)
    sentences = [sentence for _, sentence in logs(user)]
    assert f"hold {SYMBOL}: its newest price is older than 5 minutes" in sentences
    assert "hold NOBODY-KNOWS: the database does not know it, no worker has listed it" in sentences
    assert user.rows("trades") == []


def test_without_a_portfolio_it_signals_and_trades_nothing(cron: Caller, user: Person) -> None:
    deployment = deploy_code(user, BUY, start=False)
    user.update(f"strategies?id=eq.{deployment.strategy_id}", {"portfolio_id": None})
    command(user, deployment, "START")
    run(cron)
    assert user.rows("trades") == []
    assert logs(user) == [("info", f"buy {SYMBOL} (no portfolio is linked: nothing is traded)")]


@pytest.mark.parametrize(
    "at", ["2026-11-21T05:00:00Z", "2026-11-24T05:00:00Z", "2026-11-20T02:00:00Z"]
)
def test_while_the_market_is_closed_nothing_happens(
    cron: Caller, user: Person, database: Database, at: str
) -> None:
    deploy_code(user, BUY)
    database.execute("update public.market_clock set market_time = %s", (at,))
    assert run(cron)["outcomes"] == {}
    assert logs(user) == []


def test_a_config_that_cannot_be_used_says_so(cron: Caller, user: Person) -> None:
    deployment = deploy_code(user, HOLD)
    changed = command(user, deployment, "UPDATE_CONFIG", risk_parameters={"stop_pct": 99})
    assert changed["status"] == "EXECUTED"
    run(cron)
    assert "stop_pct is 99" in user.row("strategy_configs")["error_message"]


@pytest.mark.parametrize(
    "patch",
    [
        {"symbols": 5},
        {"symbols": {"a": 1}},
        {"parameters": 5},
        {"risk_parameters": [1]},
        {"timeframes": "1m"},
        {"timeframes": ["2m"]},
        {"capital": "much"},
        {"max_positions": "x"},
    ],
)
def test_a_patch_that_makes_no_sense_hurts_its_own_config_only(
    cron: Caller, user: Person, market: CodeMarket, patch: dict[str, Any]
) -> None:
    deployment, other = deploy_code(user, BUY), deploy_code(user, BUY)
    run(cron)
    assert command(user, deployment, "UPDATE_CONFIG", **patch)["status"] == "EXECUTED"
    market.candle(0, 25019, 25020, 24400, 24900)
    market.at(1)
    assert run(cron)["outcomes"] == {"decided": 1, "failed": 1}
    broken = user.row(f"strategy_configs?id=eq.{deployment.config_id}")
    assert broken["status"] == "ERROR"
    assert broken["error_message"].startswith("the config cannot be used: ")
    # What it holds is looked after all the same.
    trades = user.rows("trades?select=strategy_config_id,exit_reason")
    assert [row["exit_reason"] for row in trades] == ["STOP_LOSS", "STOP_LOSS"]
    assert user.row(f"strategy_configs?id=eq.{other.config_id}")["status"] == "ACTIVE"


def test_a_number_that_nobody_can_read_is_not_taken(user: Person) -> None:
    deployment = deploy_code(user, HOLD)
    row = {
        "strategy_config_id": deployment.config_id,
        "command": "UPDATE_CONFIG",
        "parameters": {"parameters": {"x": "digits"}},
    }
    body = json.dumps(row).replace('"digits"', "9" * 5000)
    headers = {
        "Authorization": f"Bearer {user.token}",
        "Content-Type": "application/json",
    }
    reply = user.http.post("/rest/v1/strategy_commands", content=body, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (400, "23514")


def test_an_update_of_what_a_config_does_not_have_fails_and_changes_nothing(user: Person) -> None:
    deployment = deploy_code(user, HOLD)
    done = command(user, deployment, "UPDATE_CONFIG", speed=3)
    assert (done["status"], done["error_message"].split(";")[0]) == (
        "FAILED",
        "a config has no speed",
    )


def test_only_code_runs_on_the_cron_and_it_changes_hands_while_stopped(user: Person) -> None:
    deployment = deploy_code(user, HOLD)
    path = "rpc/choose_runner"
    arguments = {"p_config_id": deployment.config_id, "p_runner": "worker"}
    refused = user.call("POST", path, arguments)
    assert (refused.status_code, refused.json()["code"]) == (400, "TB409")
    command(user, deployment, "STOP")
    assert user.rpc("choose_runner", **arguments)["runner"] == "worker"
    made = user.call(
        "POST",
        "rpc/create_strategy",
        {"p_name": "trend", "p_strategy_type": "momentum", "p_runner": "cron"},
    )
    assert made.json()["code"] == "TB422"


def test_five_endless_strategies_keep_nobody_waiting(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    for number in range(50):
        deploy_code(user, ENDLESS if number % 10 == 0 else SMA)
    took = []
    for minute in range(3):
        market.at(minute)
        begun = time.monotonic()
        body = run(cron)
        took.append(time.monotonic() - begun)
        assert body["outcomes"] == {"decided": 45, "failed": 5}
        if took[-1] < 6:  # What a busy machine does to one round is not the round's doing.
            break
    assert min(took) < 6, f"rounds of 50 took {took} s"
    assert len(user.rows("trades")) == 45
    assert {sentence[:60] for level, sentence in logs(user) if level == "error"} == {
        f"{SYMBOL}: it ran longer than 0.5 seconds"[:60]
    }


def test_without_a_sandbox_nobody_is_to_blame_and_stops_are_watched(
    cron: Caller, user: Person, market: CodeMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_code(user, BUY)
    run(cron)
    market.closes([25019, 24000], first=0)
    market.at(2)
    monkeypatch.setenv("MONTY_BIN", "/nowhere/monty")
    reply = cron.post(PATH).get_json()
    assert reply["outcomes"] == {"skipped": 1}
    assert "the sandbox program cannot be started" in reply["problems"][0]["detail"]
    assert user.row("trades")["exit_reason"] == "STOP_LOSS"
    assert user.row("strategy_configs")["status"] == "ACTIVE"
    assert user.row("code_runs")["failures"] == 0
    assert [level for level, _ in logs(user)].count("warning") == 1


def test_an_archived_strategy_is_closed_and_asked_no_more(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    deployment = deploy_code(user, BUY)
    run(cron)
    user.rpc("archive_strategy", p_strategy_id=deployment.strategy_id)
    market.closes([25019], first=0)
    market.at(1)
    assert run(cron)["outcomes"] == {"skipped": 1}
    assert user.row("trades")["exit_reason"] == "STRATEGY_STOPPED"
    market.at(2)
    assert run(cron)["configs"] == 0


def test_both_jobs_at_the_end_of_the_day_close_it_once(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    for _ in range(5):
        deploy_code(user, BUY)
    run(cron)
    market.candle(314, 25100, 25110, 25090, 25100)
    market.price(25100, 314)
    market.at(315)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(cron.post, [PATH, "/api/cron/eod-exit"]))
    trades = user.rows("trades?select=id,status,exit_reason,pnl::text,portfolio_id")
    assert [(row["status"], row["exit_reason"]) for row in trades] == [("CLOSED", "EOD")] * 5
    assert len(user.rows("orders?purpose=eq.EXIT")) == 5
    for row in trades:
        held = user.row(f"portfolios?id=eq.{row['portfolio_id']}&select=balance::text")
        assert Decimal(held["balance"]) == 10_000_000 + Decimal(row["pnl"])


def test_longer_candles_are_what_the_code_sees_when_the_config_names_them(
    cron: Caller, user: Person, market: CodeMarket
) -> None:
    code = HOLD.replace("    return", "    print(len(context['candles']))\n    return")
    deploy_code(user, code, p_timeframes=["5m"])
    run(cron)
    assert "the database has no 5m candles of it" in logs(user)[-1][1]
    for minute in (-10, -5, 0):
        market.candle(minute, 25000, 25010, 24990, 25005, timeframe="5m")
    market.at(3)
    market.price(25005, 2)
    run(cron)
    # The candle of ten o'clock is not over yet.
    assert user.row("strategy_logs?data->printed=not.is.null")["data"]["printed"] == ["2"]


def test_what_the_code_prints_is_in_its_log(cron: Caller, user: Person) -> None:
    deploy_code(user, "def strategy(context):\n    print('hello')\n    return {'signal': 'hold'}\n")
    run(cron)
    assert user.row("strategy_logs")["data"]["printed"] == ["hello"]


def test_who_does_not_know_the_secret_is_refused(anybody: Caller, caller: Caller) -> None:
    problem(anybody.post(PATH), 401, "not_signed_in")
    problem(caller.post(PATH), 401, "invalid_cron_secret")
