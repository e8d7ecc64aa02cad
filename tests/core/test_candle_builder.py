"""Candles from ticks: the rules of the interval, the volume and the clock, one by one."""

from datetime import date

from core.candle import Interval
from core.candle_builder import UNKNOWN
from core.session import Market
from tests.core.market import Desk, at

M1, M5, M15, D1 = Interval.M1, Interval.M5, Interval.M15, Interval.D1


def test_open_high_low_close_are_first_highest_lowest_and_last_price() -> None:
    desk = Desk()
    for second, price, volume in (
        ("01", 100, 10),
        ("20", 103, 20),
        ("40", 99, 30),
        ("59", 101, 45),
    ):
        desk.tick(f"09:15:{second}", price, volume)
    desk.tick("09:16:00", 105, 50)
    (candle,) = desk.of(M1)
    assert (candle.open, candle.high, candle.low, candle.close) == (100, 103, 99, 101)
    assert candle.volume == 45
    assert (candle.open_ns, candle.close_ns) == (at("09:15"), at("09:16"))


def test_tick_in_the_last_instant_belongs_to_the_candle_it_fell_in() -> None:
    desk = Desk()
    desk.tick("09:15:00", 100, 1)
    desk.tick(at("09:16") - 1, 107, 2)
    desk.tick("09:16:00", 101, 3)
    assert desk.of(M1)[0].high == 107
    assert desk.of(M1)[0].volume == 2


def test_packet_with_unchanged_volume_is_a_quote_and_moves_no_candle() -> None:
    desk = Desk()
    desk.tick("09:15:00", 100, 10)
    desk.tick("09:15:30", 150, 10)
    desk.tick("09:16:10", 150, 10)
    desk.advance("09:16:02")
    assert desk.of(M1)[0].high == 100
    assert desk.builder.counters.quotes == 2


def test_candle_is_complete_two_seconds_after_its_end_by_the_clock() -> None:
    desk = Desk()
    desk.tick("09:15:10", 100, 10)
    desk.advance(at("09:16:02") - 1)
    assert desk.of(M1) == []
    desk.advance("09:16:02")
    assert len(desk.of(M1)) == 1


def test_silent_minutes_have_no_candle() -> None:
    desk = Desk()
    desk.tick("09:15:10", 100, 10)
    desk.tick("09:19:10", 101, 20)
    desk.advance("09:20:02")
    assert [candle.open_ns for candle in desk.of(M1)] == [at("09:15"), at("09:19")]
    (five,) = desk.of(M5)
    assert (five.open, five.close, five.volume) == (100, 101, 20)


def test_longer_candle_whose_last_minutes_were_silent_is_completed_by_the_clock() -> None:
    desk = Desk()
    desk.tick("09:15:10", 100, 10)
    desk.advance("09:20:02")
    assert len(desk.of(M5)) == 1
    desk.advance("09:29:00")
    assert desk.of(M15) == []
    desk.advance("09:30:02")
    assert [candle.close_ns for candle in desk.of(M15)] == [at("09:30")]


def test_volume_after_its_candle_was_completed_joins_the_current_candle() -> None:
    desk = Desk()
    desk.tick("09:15:10", 100, 10)
    desk.tick("09:16:01", 101, 20)
    desk.tick("09:15:59", 250, 27)
    desk.tick("09:17:00", 101, 30)
    first, second = desk.of(M1)
    assert (first.volume, second.volume) == (10, 17)
    assert second.high == 101
    assert (desk.builder.counters.late, desk.builder.counters.late_volume) == (1, 7)


def test_late_volume_with_no_running_candle_joins_the_next_one() -> None:
    desk = Desk()
    desk.tick("09:15:10", 100, 10)
    desk.advance("09:16:03")
    desk.tick("09:15:59", 250, 18)
    desk.tick("09:17:00", 101, 20)
    desk.advance("09:18:02")
    assert [candle.volume for candle in desk.of(M1)] == [10, 10]


def test_volume_after_the_last_candle_of_the_session_is_counted() -> None:
    desk = Desk()
    desk.tick("15:29:10", 100, 10)
    desk.advance("15:30:02")
    desk.tick("15:29:59", 100, 25)
    assert desk.builder.counters.unplaced_volume == 15
    assert sum(candle.volume for candle in desk.of(M1)) == 10


def test_fall_of_the_volume_in_a_session_is_counted_and_never_negative() -> None:
    desk = Desk()
    desk.tick("09:15:10", 100, 50)
    desk.tick("09:15:20", 98, 20)
    desk.tick("09:15:30", 99, 60)
    desk.advance("09:16:02")
    (candle,) = desk.of(M1)
    assert (candle.volume, candle.low) == (60, 98)
    assert desk.builder.counters.volume_falls == 1


def test_new_day_starts_its_volume_from_nothing() -> None:
    desk = Desk()
    desk.tick("15:29:10", 100, 5_000)
    desk.tick("09:15:05", 101, 70, day=date(2025, 12, 2))
    desk.advance("09:16:02", day=date(2025, 12, 2))
    assert [candle.volume for candle in desk.of(M1)] == [5_000, 70]
    assert desk.of(D1)[0].close_ns == at("15:30")


def test_volume_before_the_subscription_is_not_made_part_of_a_candle() -> None:
    desk = Desk(watched_since_ns=0)
    desk.tick("10:00:10", 100, 5_000)
    desk.tick("10:00:20", 101, 5_030)
    desk.advance("10:01:02")
    (candle,) = desk.of(M1)
    assert (candle.open, candle.volume) == (101, 30)
    assert desk.builder.counters.joined_midway == 1


def test_first_trade_at_ten_of_a_share_watched_since_before_the_opening_brings_its_volume() -> None:
    desk = Desk(watched_since_ns=at("09:00"))
    desk.tick("10:00:10", 100, 75)
    desk.advance("10:01:02")
    assert desk.of(M1)[0].volume == 75


def test_ticks_outside_the_session_are_ignored_and_counted() -> None:
    desk = Desk()
    desk.tick("09:07:59", 90, 40)
    desk.tick("09:15:01", 100, 60)
    desk.tick("15:30:00", 300, 90)
    desk.tick("10:00", 300, 90, day=date(2025, 12, 6))
    assert desk.of(M1)[0].high == 100
    assert desk.of(M1)[0].volume == 60
    assert desk.builder.counters.outside_session == 3


def test_last_trade_of_yesterday_seen_today_makes_no_candle() -> None:
    desk = Desk(watched_since_ns=0)
    desk.advance("09:00", day=date(2025, 12, 2))
    desk.tick("15:29:59", 100, 5_000)
    desk.advance("09:15:00", day=date(2025, 12, 2))
    assert desk.candles == []
    assert desk.builder.counters.outside_session == 1


def test_a_time_no_calendar_covers_is_outside_every_session() -> None:
    desk = Desk()
    desk.now_ns = at("09:15")
    desk.tick(0, 100, 1)
    assert desk.candles == []
    assert desk.builder.counters.outside_session == 1


def test_index_without_volume_takes_every_packet_as_a_value() -> None:
    desk = Desk(has_volume=False)
    desk.tick("09:15:00", 26_000.0)
    desk.tick("09:15:30", 26_010.0)
    desk.tick("09:15:40", 25_990.0)
    desk.advance("09:16:02")
    (candle,) = desk.of(M1)
    assert (candle.high, candle.low, candle.volume, candle.open_interest) == (
        26_010,
        25_990,
        0,
        None,
    )


def test_open_interest_is_the_last_heard() -> None:
    desk = Desk()
    desk.tick("09:15:00", 100, 1)
    desk.builder.open_interest = 900
    desk.tick("09:16:00", 100, 2)
    assert desk.of(M1)[0].open_interest == 900


def test_last_candle_of_the_day_ends_with_the_session() -> None:
    desk = Desk(market=Market.CASH)
    desk.tick("15:20:00", 100, 10)
    desk.advance("15:30:02")
    ends = {candle.interval: candle.close_ns for candle in desk.candles}
    assert ends[Interval.H1] == ends[Interval.H4] == ends[D1] == at("15:30")


def test_intervals_count_from_the_opening_of_the_session() -> None:
    desk = Desk()
    desk.tick("10:16:00", 100, 10)
    desk.tick("13:16:00", 100, 20)
    desk.advance("15:30:02")
    assert [candle.open_ns for candle in desk.of(Interval.H1)] == [at("10:15"), at("13:15")]
    assert [candle.open_ns for candle in desk.of(Interval.H4)] == [at("09:15"), at("13:15")]


def test_session_of_two_windows_has_no_candle_in_its_pause() -> None:
    day = date(2024, 3, 2)
    desk = Desk(market=Market.DERIVATIVES)
    desk.tick("09:59:30", 100, 10, day=day)
    desk.tick("10:30:00", 200, 20, day=day)
    desk.tick("11:30:05", 101, 30, day=day)
    desk.advance("12:30:02", day=day)
    assert [candle.volume for candle in desk.of(M1)] == [10, 20]
    assert desk.of(D1)[0].high == 101
    assert desk.builder.counters.outside_session == 1


def test_minutes_are_built_but_not_handed_out_unless_asked_for() -> None:
    desk = Desk(intervals=(M5,))
    desk.tick("09:15:00", 100, 10)
    desk.advance("09:20:02")
    assert [candle.interval for candle in desk.candles] == [M5]


def test_nothing_is_due_before_the_first_tick_and_after_the_last_candle() -> None:
    desk = Desk()
    idle = desk.builder.due_ns
    desk.tick("15:29:00", 100, 10)
    assert desk.builder.due_ns < idle
    desk.advance("15:30:02")
    assert desk.builder.due_ns == idle
    assert Desk().builder.volume == UNKNOWN


def test_session_whose_candles_are_minutes_only_still_ends_by_the_clock() -> None:
    desk = Desk(intervals=(M1,))
    desk.tick("15:00:00", 100, 10)
    desk.advance("15:01:02")
    desk.tick("15:00:50", 100, 14)
    desk.advance("15:30:02")
    assert desk.builder.counters.unplaced_volume == 4


def test_second_session_of_a_share_joined_midway_is_seen_whole() -> None:
    desk = Desk(watched_since_ns=0)
    desk.tick("10:00:10", 100, 5_000)
    desk.tick("11:00:10", 101, 75, day=date(2025, 12, 2))
    desk.advance("11:01:02", day=date(2025, 12, 2))
    assert desk.of(M1)[-1].volume == 75
    assert desk.builder.counters.joined_midway == 1
