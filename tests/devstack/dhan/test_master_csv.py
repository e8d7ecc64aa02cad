"""The instrument master: the product's own reader finds every instrument and meets every trap."""

import csv
from decimal import Decimal

from core.brokers.dhan.master import MasterReader
from core.instrument import Instrument, Segment
from devstack.dhan.master_csv import LISTED_ONLY, compact_lines, detailed_lines
from tests.devstack.dhan.generated_days import generated


def instruments() -> tuple[Instrument, ...]:
    return generated().tape.instruments


def fields(lines: list[str]) -> dict[str, dict[str, str]]:
    return {
        row.get("SECURITY_ID") or row["SEM_SMST_SECURITY_ID"]: row for row in csv.DictReader(lines)
    }


def test_the_detailed_layout_gives_every_instrument_back() -> None:
    reader = MasterReader(detailed_lines(instruments()))
    found = {instrument.key: instrument for instrument in reader}
    for instrument in instruments():
        assert found[instrument.key] == instrument
    assert not reader.report.bad


def test_the_compact_layout_gives_every_key_tick_lot_and_term_back() -> None:
    reader = MasterReader(compact_lines(instruments()))
    found = {instrument.key: instrument for instrument in reader}
    for each in instruments():
        other = found[each.key]
        assert (other.tick_size, other.lot_size) == (each.tick_size, each.lot_size)
        assert (other.expiry, other.strike) == (each.expiry, each.strike)
        assert (other.option_side, other.underlying) == (each.option_side, each.underlying)
    assert not reader.report.bad


def test_test_symbols_and_further_indices_are_in_the_file_but_not_on_the_feed() -> None:
    reader = MasterReader(detailed_lines(instruments()))
    assert sum(1 for _ in reader) == len(instruments()) + 2
    assert sum(reader.report.left_out.values()) == 2
    assert not {each.key for each in LISTED_ONLY} & {each.key for each in instruments()}


def test_ticks_are_in_paise_but_of_indices_in_rupees() -> None:
    for lines in (list(detailed_lines(instruments())), list(compact_lines(instruments()))):
        rows = fields(lines)
        name = "TICK_SIZE" if "TICK_SIZE" in rows["13"] else "SEM_TICK_SIZE"
        future = next(each for each in instruments() if each.kind.is_future)
        assert rows["13"][name] == "0.0500"
        assert Decimal(rows[str(future.security_id)][name]) == future.tick_size * 100


def test_one_segment_can_be_asked_for() -> None:
    found = list(MasterReader(detailed_lines(instruments(), Segment.IDX_I)))
    assert {each.segment for each in found} == {Segment.IDX_I}
    assert len(found) == 5


def test_the_expiry_flag_tells_monthly_from_weekly() -> None:
    flags = {
        str(each.expiry): fields(list(compact_lines([each])))[str(each.security_id)]
        for each in instruments()
        if each.strike is not None and each.underlying == "NIFTY"
    }
    assert {day: row["SEM_EXPIRY_FLAG"] for day, row in flags.items()} == {
        "2026-11-23": "M",
        "2026-12-01": "W",
        "2026-12-29": "M",
    }
