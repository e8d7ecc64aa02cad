"""`core/brokers/dhan/packets.py`: names on the fields, in the order of the layouts."""

import pytest

from core.brokers.dhan.packets import Depth, Full, Header, Quote, Ticker, named, raw_levels
from core.brokers.dhan.wire import LAYOUTS, PacketKind

ONE_LEVEL = bytes.fromhex("0a000000 14000000 0100 0200 0000c842 0000c942")


@pytest.mark.parametrize("kind", list(PacketKind))
def test_every_kind_has_a_view_as_wide_as_its_layout(kind: PacketKind) -> None:
    layout = LAYOUTS[kind]
    fields = (kind, *layout.unpack(bytes(layout.size))[1:])
    view = named(fields)
    assert view == fields
    assert view._fields[:4] == Header._fields


def test_fields_shared_by_two_kinds_have_the_same_name_and_meaning() -> None:
    # A full packet is a quote with three open interest fields and the levels.
    assert [name for name in Full._fields if name in Quote._fields] == list(Quote._fields)
    assert Quote._fields[:5] == Depth._fields[:5] == Ticker._fields[:5]


def test_levels_come_back_best_first() -> None:
    other = bytes.fromhex("0b000000 00000000 0300 0000 0080c742 00000000")
    first, second = raw_levels(ONE_LEVEL + other)
    assert first == (10, 20, 1, 2, 100.0, 100.5)
    assert second == (11, 0, 3, 0, 99.75, 0.0)
    assert (first.bid_price, first.ask_quantity) == (100.0, 20)
