"""Rounds: who is asked, in which order answers are applied, when the market goes on."""

import asyncio
from decimal import Decimal

import pytest

from core.candle import Candle, InstrumentKey, Interval
from core.gap import Gap, GapState
from core.hearing import Heard
from core.instrument import Segment
from core.order import Owner
from core.signals import Direction, Side, Signal, SignalType
from core.tick_pace import Tick
from core.trade import Trade
from worker.configs import rounds
from worker.configs.rounds import Rounds, Wanted

KEY, OTHER = (Segment.NSE_EQ, 1), (Segment.NSE_EQ, 2)


def _candle(key: InstrumentKey = KEY, interval: Interval = Interval.M1, begin: int = 0) -> Candle:
    return Candle(key, interval, begin, begin + 60, 10.0, 10.0, 10.0, 10.0, 1, None)


def _signal(close_ns: int) -> Signal:
    return Signal(SignalType.EXIT, KEY, close_ns, 10.0, None, None, 0, "", {})


def _trade(config_id: str, version: int) -> Trade:
    owner = Owner(config_id, "s", "u", "p")
    price = Decimal(10)
    return Trade(
        "t", owner, "d", "", KEY, "X", Direction.LONG, Side.BUY, 1, 1, 0, price, 9.0, 12.0,
        Decimal(0), version=version,
    )  # fmt: skip


class Ear:
    """A listener that writes down what it hears."""

    def __init__(self, name: str, *, answers: bool = True) -> None:
        self.id = name
        self.heard: list[tuple[int, tuple[Heard, ...]]] = []
        self.late: list[int] = []
        self.was_late = asyncio.Event()
        self._answers = answers

    def hear(self, number: int, heard: tuple[Heard, ...]) -> bool:
        self.heard.append((number, heard))
        return self._answers

    def is_late(self, number: int) -> None:
        self.late.append(number)
        self.was_late.set()


class Scene:
    """Rounds that wait, with two listeners."""

    def __init__(self, *, waits: bool = True) -> None:
        self.applied: list[Wanted] = []
        self.holds = 0
        self.gaps: set[InstrumentKey] = set()
        self.rounds = (
            Rounds(self.applied.extend, self._hold, self._release, self.gaps)
            if waits
            else Rounds(self.applied.extend)
        )
        self.a, self.b = Ear("a"), Ear("b")
        self.rounds.join(self.b, [KEY], [Interval.M1, Interval.M5])
        self.rounds.join(self.a, [KEY], [Interval.M1])

    def _hold(self) -> None:
        self.holds += 1

    def _release(self) -> None:
        self.holds -= 1


async def test_each_listener_gets_its_own_candles_in_one_message() -> None:
    scene = Scene()
    scene.rounds.hand_out([_candle(), _candle(interval=Interval.M5), _candle(OTHER)])
    assert [len(candles) for _, candles in scene.a.heard] == [1]
    assert [len(candles) for _, candles in scene.b.heard] == [2]


async def test_a_trade_waits_for_the_next_candle_of_its_config_and_keeps_its_place() -> None:
    scene = Scene()
    before, after = _trade("b", 1), _trade("b", 2)
    scene.rounds.hand_out([before, _trade("nobody", 1)])
    assert scene.holds == 0
    scene.rounds.hand_out([_candle(), after])
    assert [heard for _, heard in scene.b.heard] == [(before, _candle(), after)]
    assert [heard for _, heard in scene.a.heard] == [(_candle(),)]


async def test_trades_that_are_forgotten_are_not_handed_out() -> None:
    scene = Scene()
    scene.rounds.hand_out([_trade("b", 1)])
    scene.rounds.knows(scene.b, ())
    scene.rounds.hand_out([_candle()])
    assert [heard for _, heard in scene.b.heard] == [(_candle(),)]


async def test_candles_that_were_shown_as_the_past_are_not_handed_out_again() -> None:
    scene = Scene()
    scene.rounds.knows(scene.b, [_candle()])
    scene.rounds.hand_out([_candle(), _candle(begin=60)])
    assert [heard for _, heard in scene.b.heard] == [(_candle(begin=60),)]
    assert [heard for _, heard in scene.a.heard] == [(_candle(), _candle(begin=60))]


async def test_a_listener_hears_nothing_while_one_of_its_instruments_has_a_gap() -> None:
    scene = Scene()
    scene.rounds.join(scene.b, [KEY, OTHER], [Interval.M1])
    scene.gaps.add(OTHER)
    scene.rounds.hand_out([_candle(), _trade("b", 1), _candle(begin=60)])
    assert len(scene.a.heard) == 1
    assert scene.b.heard == []
    scene.gaps.clear()
    gap = Gap(OTHER, 0, 60, GapState.REPAIRED)
    scene.rounds.hand_out([gap, _candle(OTHER), _candle(OTHER, begin=60)])
    ((_, heard),) = scene.b.heard
    in_order = (gap, _candle(), _candle(OTHER), _trade("b", 1), _candle(begin=60))
    assert heard == (*in_order, _candle(OTHER, begin=60))


async def test_the_market_stands_still_until_all_have_answered() -> None:
    scene = Scene()
    scene.rounds.hand_out([_candle()])
    assert scene.holds == 1
    scene.rounds.answered(scene.b, 1, [_signal(60)])
    assert (scene.holds, scene.applied) == (1, [])
    scene.rounds.answered(scene.a, 1, [_signal(60), _signal(30)])
    assert scene.holds == 0
    places = [(each.candle_close_ns, each.config_id) for each in scene.applied]
    assert places == [(30, "a"), (60, "a"), (60, "b")]


async def test_in_real_time_an_answer_is_applied_when_it_comes() -> None:
    scene = Scene(waits=False)
    scene.rounds.hand_out([_candle()])
    scene.rounds.answered(scene.b, 1, [_signal(60)])
    assert [each.config_id for each in scene.applied] == ["b"]


async def test_nobody_is_waited_for_who_is_gone() -> None:
    scene = Scene()
    scene.rounds.hand_out([_candle()])
    scene.rounds.answered(scene.a, 1, [])
    scene.rounds.gone(scene.b)
    assert scene.holds == 0
    scene.rounds.answered(scene.b, 1, [_signal(60)])
    assert scene.applied == []


async def test_who_has_left_or_does_not_answer_is_not_waited_for() -> None:
    scene = Scene()
    scene.rounds.leave(scene.a)
    scene.rounds.leave(scene.b)
    mute = Ear("c", answers=False)
    scene.rounds.join(mute, [KEY], [Interval.M1])
    scene.rounds.hand_out([_candle()])
    assert scene.holds == 0
    assert len(mute.heard) == 1
    assert not scene.a.heard


async def test_joining_again_replaces_what_was_heard_before() -> None:
    scene = Scene()
    scene.rounds.join(scene.b, [OTHER], [Interval.M1])
    scene.rounds.hand_out([_candle()])
    assert not scene.b.heard
    scene.rounds.hand_out([_candle(OTHER)])
    assert len(scene.b.heard) == 1


async def test_who_does_not_answer_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "ANSWER_SECONDS", 0.01)
    scene = Scene()
    scene.rounds.hand_out([_candle()])
    scene.rounds.answered(scene.a, 1, [])
    async with asyncio.timeout(5):
        await scene.b.was_late.wait()
    assert scene.b.late == [1]
    assert scene.a.late == []


async def test_a_command_during_a_round_takes_effect_after_its_signals() -> None:
    scene = Scene()
    seen: list[tuple[int, int]] = []
    scene.rounds.hand_out([_candle()])
    command = asyncio.create_task(
        scene.rounds.between(lambda: seen.append((len(scene.applied), scene.holds)))
    )
    await asyncio.sleep(0)
    assert seen == []
    scene.rounds.answered(scene.a, 1, [_signal(60)])
    scene.rounds.answered(scene.b, 1, [_signal(60)])
    await command
    assert seen == [(2, 1)]
    assert scene.holds == 0


async def test_a_command_between_rounds_takes_effect_at_once() -> None:
    done: list[str] = []
    await Scene().rounds.between(lambda: done.append("now"))
    live = Scene(waits=False)
    live.rounds.hand_out([_candle()])
    await live.rounds.between(lambda: done.append("live"))
    assert done == ["now", "live"]


async def test_a_tick_is_shown_to_those_named_with_the_trades_that_waited_for_it() -> None:
    scene = Scene()
    trade, tick = _trade("b", 1), Tick(KEY, 7, 10.0, 5)
    scene.rounds.hand_out([trade])
    scene.rounds.show(tick, ["b", "gone"])
    assert scene.a.heard == []
    assert scene.b.heard == [(1, (trade, tick))]
    assert scene.holds == 1
    scene.rounds.answered(scene.b, 1, [_signal(7)])
    assert scene.holds == 0
    assert [each.config_id for each in scene.applied] == ["b"]


async def test_while_an_instrument_has_a_gap_its_ticks_are_not_shown() -> None:
    scene = Scene()
    scene.gaps.add(KEY)
    scene.rounds.show(Tick(KEY, 7, 10.0, 5), ["b"])
    scene.gaps.clear()
    scene.rounds.show(Tick(KEY, 8, 11.0, 6), ["b"])
    assert scene.b.heard == [(1, (Tick(KEY, 8, 11.0, 6),))]


async def test_in_real_time_who_thinks_is_shown_only_the_newest_tick_but_every_candle() -> None:
    scene = Scene(waits=False)
    scene.rounds.show(Tick(KEY, 7, 10.0, 5), ["b"])
    for second in (8, 9, 10):
        scene.rounds.show(Tick(KEY, second, 10.0, second), ["b"])
        scene.rounds.hand_out([_candle(begin=60 * second)])
    scene.rounds.show(Tick(OTHER, 9, 20.0, 3), ["b"])
    candles = [heard for _, heard in scene.b.heard[1:]]
    assert candles == [(_candle(begin=60 * second),) for second in (8, 9, 10)]
    assert scene.rounds.backlog.figures("b")["rounds_waiting"] == 4
    for number in (1, 2, 3, 4):
        assert len(scene.b.heard) == 4, "nothing new before the last answer"
        scene.rounds.answered(scene.b, number, [])
    assert scene.b.heard[-1][1] == (Tick(OTHER, 9, 20.0, 3), Tick(KEY, 10, 10.0, 10))
    figures = scene.rounds.backlog.figures("b")
    assert (figures["ticks_conflated"], figures["rounds_waiting"]) == (2, 1)
    assert figures["answers"] == 4
    assert scene.rounds.backlog.times.count == 4


async def test_ticks_that_wait_are_forgotten_with_the_process_that_was_slow() -> None:
    scene = Scene(waits=False)
    for second in (7, 8):
        scene.rounds.show(Tick(KEY, second, 10.0, second), ["b"])
    scene.rounds.gone(scene.b)
    scene.rounds.hand_out([_candle()])
    scene.rounds.answered(scene.b, 3, [])
    assert [heard for _, heard in scene.b.heard] == [(Tick(KEY, 7, 10.0, 7),), (_candle(),)]
