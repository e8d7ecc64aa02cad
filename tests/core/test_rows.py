"""Effects as events: the columns, the types, the ids."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from core.rows import EventRows, iso_time
from core.signals import SignalType
from tests.core.engine_driver import CONFIG_ID, RUN, Bench
from tests.core.market import FUTURE, RELIANCE, at

# What `worker_write` takes, kind by kind.
REQUIRED = {
    "candle": "instrument_key symbol timeframe timestamp open_price high_price low_price"
    " close_price volume",
    "signal": "id instrument_key symbol signal_type price candle_time generated_at executed reason",
    "order": "id version instrument_key symbol side order_type purpose quantity status placed_at"
    " changed_at",
    "fill": "id order_id instrument_key side quantity price charges filled_at",
    "trade": "id version instrument_key symbol trade_type side quantity entry_time entry_price"
    " status",
    "ledger": "id portfolio_id kind amount occurred_at",
}
FURTHER = {
    "candle": "open_interest origin",
    "signal": "signal_strength stop_loss target_price indicators execution_mode refused_by"
    " refusal_reason code_digest",
    "order": "filled_quantity trade_id signal_id portfolio_id trade_mode exit_reason limit_price"
    " trigger_price average_price rejection_reason correlation_id broker_order_id code_digest",
    "fill": "trade_id broker_trade_id",
    "trade": "charges stop_loss target_price entry_delta stop_premium target_premium exit_time"
    " exit_price exit_reason gross_pnl pnl"
    " open_quantity trade_mode signal_id portfolio_id code_digest dhanhq_order_id",
    "ledger": "order_id fill_id trade_id note",
}
MONEY = {"charges", "gross_pnl", "pnl", "amount"}
PRICES = {"price", "entry_price", "exit_price", "stop_loss", "target_price", "average_price"}


def a_day() -> list[dict[str, Any]]:
    """Return the events of a day with a trade, a refusal and candles."""
    bench = Bench()
    bench.tick("09:30:00", 100.0)
    bench.signal(SignalType.LONG)
    bench.signal(SignalType.LONG)
    bench.tick("09:30:01", 100.0)
    bench.tick("09:31:00", 104.0)
    bench.tick("09:31:01", 104.0)
    bench.advance("15:30:02")
    symbols = {RELIANCE.key: "RELIANCE", FUTURE.key: FUTURE.symbol}
    return EventRows(RUN, symbols.__getitem__).events(tuple(bench.effects))


def rows_of(kind: str) -> list[dict[str, Any]]:
    return [event["row"] for event in a_day() if event["kind"] == kind]


def test_every_row_has_the_required_columns_and_no_unknown_one() -> None:
    seen = set()
    for event in a_day():
        required, further = (set(part[event["kind"]].split()) for part in (REQUIRED, FURTHER))
        columns = set(event["row"])
        assert required <= columns <= required | further, event["kind"]
        assert all(event["row"][name] is not None for name in required), event
        seen.add(event["kind"])
    assert seen == set(REQUIRED)


def test_events_are_plain_json_with_money_as_text_in_whole_paise() -> None:
    for event in a_day():
        assert json.loads(json.dumps(event)) == event
        for name in (MONEY | PRICES) & set(event["row"]):
            value = event["row"][name]
            assert value is None or isinstance(value, str)
            if name in MONEY and value is not None:
                assert len(value.partition(".")[2]) <= 2, (name, value)


def test_ids_are_different_and_the_same_in_a_second_run_over_the_same_effects() -> None:
    ids = [event["id"] for event in a_day()]
    assert len(set(ids)) == len(ids)
    assert ids == [event["id"] for event in a_day()]
    assert all(UUID(each).version == 5 for each in ids)


def test_trading_events_name_their_config_and_candles_do_not() -> None:
    for event in a_day():
        assert event["config_id"] == (None if event["kind"] == "candle" else CONFIG_ID)
        assert (event["user_id"] is None) == (event["kind"] == "candle")


def test_a_closed_trade_has_everything_and_its_profit_is_gross_less_charges() -> None:
    *_, row = rows_of("trade")
    assert (row["status"], row["exit_reason"], row["open_quantity"]) == ("CLOSED", "TARGET", 0)
    assert (row["entry_price"], row["exit_price"]) == ("100.1000", "103.9000")
    assert row["gross_pnl"] == "11400.00"
    assert float(row["pnl"]) == round(float(row["gross_pnl"]) - float(row["charges"]), 2)
    assert row["exit_time"] == "2025-12-01T04:01:01+00:00"


def test_a_refused_signal_names_its_rule() -> None:
    first, second = rows_of("signal")
    assert (first["executed"], first["refused_by"]) == (True, None)
    assert (second["executed"], second["refused_by"]) == (False, "OPEN_TRADE")
    assert "RELIANCE is open" in second["refusal_reason"]


def test_a_candle_is_stamped_with_its_start() -> None:
    row = rows_of("candle")[0]
    assert row["timestamp"] == iso_time(at("09:30"))
    assert (row["timeframe"], row["open_price"]) == ("1m", "100.00")


def test_times_are_iso_with_an_offset_to_the_microsecond() -> None:
    text = iso_time(at("09:15:00") + 1_999)
    assert datetime.fromisoformat(text).utcoffset() is not None
    assert text == "2025-12-01T03:45:00.000001+00:00"


def test_the_worker_s_own_events_share_the_numbering() -> None:
    rows = EventRows(RUN, lambda _: "X")
    first = rows.event("heartbeat", at("09:15"), {"process": "supervisor"})
    second = rows.event("heartbeat", at("09:15"), {"process": "supervisor"})
    assert first["id"] != second["id"]
    assert first["config_id"] is None
