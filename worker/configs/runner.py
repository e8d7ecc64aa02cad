"""The process side of a config: a strategy loaded, warmed up, and given its candles.

In:  a `Design`; candles from the rounds; messages of the process.
Out: answers to the rounds; word of the process's end, unless it was wanted.
Next: `worker/processes/child.py`, the process; `worker/configs/deployment.py`, which decides.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from core.candle import Candle, InstrumentKey, Interval
from core.errors import ConfigError
from core.hearing import Heard
from core.instrument import Instrument
from core.strategy import StrategyConfig
from worker.configs.config_rows import Design
from worker.configs.parts import Parts
from worker.configs.rounds import ANSWER_SECONDS
from worker.processes.child import STOP_SECONDS, Child
from worker.processes.cpu_allowance import CpuAllowance, cpu_seconds, put_behind
from worker.processes.messages import (
    Answer,
    AskFigures,
    Candles,
    Crash,
    Figures,
    Load,
    Loaded,
    Message,
    Refused,
    UserCode,
    WarmUp,
)
from worker.processes.output import LineBudget
from worker.recovery.told import AGAIN

SENTENCES_AT_ONCE: Final = 500
SENTENCES_PER_SECOND: Final = 5.0
LOAD_SECONDS: Final = 20.0
TELL_SECONDS: Final = 60.0
KILLED: Final = "killed by SIGKILL"
"""By nobody of ours: an operator, or the kernel for want of memory. The strategy is not to blame,
so where the market can wait another process goes on where this one was."""
FIGURES_SECONDS: Final = 2.0

Hearing = tuple[tuple[InstrumentKey, ...], tuple[Interval, ...]]


class Runner:
    """One config's process.

    Parameters
    ----------
    config_id
        Names it, in the rounds too.
    parts
        What all configs share.
    on_crash
        Called with the reason when the process has ended and was not asked to, and with the
        strategy's traceback, empty where there is none.
    on_said
        Called with each sentence that the strategy has for its owner, and each line it prints.

    Attributes
    ----------
    is_alone
        Whether its next process is its own, whatever its design says.
    is_awaited
        Whether the market stands still until another process is where the last one was.
    """

    def __init__(
        self,
        config_id: str,
        parts: Parts,
        on_crash: Callable[[str, str], None],
        on_said: Callable[[str], None],
    ) -> None:
        self.id: Final = config_id
        self._parts: Final = parts
        self._on_crash: Final = on_crash
        self._on_said: Final = on_said
        self._child: Child | None = None
        self._loaded: asyncio.Future[Loaded] | None = None
        self._traceback = ""
        self._warm_at_packet = 0
        self._load: Load | None = None
        self._missed: list[Message] | None = None
        """While a process is told again what had been: the rounds that come meanwhile."""
        self._sentences: Final = LineBudget(SENTENCES_AT_ONCE, SENTENCES_PER_SECOND)
        self._sentences_dropped = 0
        self._cpu: Final = CpuAllowance(parts.pools.limits.cpu_seconds)
        self._figures: asyncio.Future[dict[str, float | None]] | None = None
        self._hears: Hearing = ((), ())
        self._early: list[Candle] | None = None
        """While a strategy is warmed up: the candles that are completed meanwhile."""
        self.is_alone = False
        self.is_awaited = False

    @property
    def pid(self) -> int | None:
        """The process id, None while there is no process."""
        return None if self._child is None else self._child.pid

    async def load(self, design: Design, config: StrategyConfig) -> Loaded:
        """Have the process, a new one if there is none, make the strategy.

        Parameters
        ----------
        config
            What the strategy is to see first.

        Raises
        ------
        ConfigError
            If it cannot be made, or the machine has no room for its process.
        """
        child = self._child
        replaces = child is not None
        if child is None:
            child = await self._moved_in(design)
        place = (design.module_path, design.class_name)
        code = self._code(design, config)
        self._load = Load(*place, design.settings, config, replaces, code)
        return await self._made(child, self._load)

    async def tell_again(self, design: Design, told: Sequence[Message]) -> Loaded:
        """Have a new process stand where the one before was: it is told all that one was told.

        Its answers do not count, but for that to a round which still waits for it.

        Parameters
        ----------
        told
            As `Told.so_far` says it.

        Raises
        ------
        ConfigError
            If the strategy cannot be made, or it ends, or is not through in time.
        """
        load, warm_up, *rounds = told
        missed: list[Message] = []
        self._missed = missed
        try:
            child = await self._moved_in(design)
            loaded = await self._made(child, load)
            self._hear(loaded.config.instruments, loaded.config.intervals)
            for message in (warm_up, *rounds, *missed):
                child.send(self._as_told_again(message))
        finally:
            self._missed = None
        self._warm_at_packet = self._parts.market.intake.packets
        through = self._figures = asyncio.get_running_loop().create_future()
        child.send(AskFigures())  # It answers when it is through.
        await asyncio.wait([through], timeout=TELL_SECONDS)
        if child is not self._child or not through.done():
            child.kill("it was not through in time with what it was told again")
            raise ConfigError("the strategy process ended while it was told again what had been")
        if self.is_awaited:
            self.is_awaited = False
            self._parts.market.intake.release()
        return loaded

    def let_go(self) -> None:
        """Let the market go on without this config, if it waits for another process of it."""
        if self.is_awaited:
            self.is_awaited = False
            self._fall_silent()
            self._parts.market.intake.release()

    def _as_told_again(self, message: Message) -> Message:
        if isinstance(message, Candles) and not self._parts.market.rounds.waits_for(
            self, message.round
        ):
            return message._replace(round=AGAIN)
        return message

    async def _made(self, child: Child, load: Message) -> Loaded:
        """Have a process make a strategy; raises as `load`."""
        self._loaded = asyncio.get_running_loop().create_future()
        child.send(load)
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                return await self._loaded
        except TimeoutError:
            raise ConfigError(f"the strategy did not load within {LOAD_SECONDS:g} s") from None
        finally:
            self._loaded = None

    async def warm_up(self, instruments: Sequence[Instrument], loaded: Loaded) -> list[Candle]:
        """Show the strategy the past and let it hear the present from here on, with no gap.

        The trades it has open are told after the past, as if they had just changed.

        Returns
        -------
        list of Candle
            The past, as it was shown.

        Raises
        ------
        TradingError
            If the past cannot be had or the process has ended; then what was heard before is
            heard on.
        """
        market, child, before = self._parts.market, self._child, self._hears
        self._early = []
        self._hear(loaded.config.instruments, loaded.config.intervals)
        try:
            past = await self._parts.warm_up(instruments, loaded.warm_up, market.now_ns)
            if child is None or child is not self._child:
                raise ConfigError("the strategy process ended while it was started")  # noqa: TRY301
        except BaseException:
            self._hear(*before)
            raise
        finally:
            early, self._early = self._early, None
        past = _with_later(past, early)
        market.rounds.knows(self, past)  # Trades that waited were the former strategy's.
        warm = WarmUp(tuple(past), market.holdings.trades_of(self.id))
        child.send(warm)
        if self._load is not None:
            self._parts.told.begin(self.id, self._load, warm)
        self._warm_at_packet = market.intake.packets
        return past

    async def _moved_in(self, design: Design) -> Child:
        """Return the config in a process."""
        pools = self._parts.pools
        if design.shares_process and not self.is_alone:
            process = await pools.shared(design.user_id)
        else:
            process = await pools.own(self.id)
        child = self._child = Child(process, self._heard, self._ended, self._on_said)
        self._traceback = ""
        self._cpu.begin()
        try:
            await child.start()
        except ConfigError:
            self._child = None
            raise
        return child

    async def end(self, seconds: float = STOP_SECONDS) -> None:
        """Let it end within so many seconds, if it runs, or by force; hear nothing more."""
        self.let_go()
        self._hears = ((), ())
        self._parts.market.rounds.leave(self)
        child, self._child = self._child, None
        self._tell_figures({})
        if child is not None:
            self._note_silence()
            self._parts.market.rounds.gone(self)
            await child.stop(seconds)

    async def figures(self) -> dict[str, float | None]:
        """Return the strategy's own figures; none where there is no process, or it is busy."""
        child = self._child
        if child is None:
            return {}
        if self._figures is None:
            self._figures = asyncio.get_running_loop().create_future()
            child.send(AskFigures())
        asked = self._figures
        await asyncio.wait([asked], timeout=FIGURES_SECONDS)
        return asked.result() if asked.done() else {}

    def pressure(self) -> dict[str, float]:
        """Return how far behind it is and what was left out for it, as figures by name."""
        figures = self._parts.market.rounds.backlog.figures(self.id)
        if self._child is not None:
            figures["cpu_minutes_above"] = self._cpu.minutes_above
            figures["bytes_waiting"] = self._child.bytes_waiting
            figures["lines_dropped"] = self._child.output.dropped + self._sentences_dropped
        return figures

    def check_cpu(self, minute: int) -> None:
        """Bound what the process uses over time; see `worker/processes/cpu_allowance.py`."""
        child = self._child
        if child is None or child.pid is None:
            return
        overdrawn = self._cpu.check(minute, cpu_seconds(child.pid))
        if overdrawn is None:
            return
        if overdrawn.is_last:
            child.kill(overdrawn.sentence)
        else:
            put_behind(child.pid)
            self._on_said(f"{overdrawn.sentence}: all others go first from now on")

    def hear(self, number: int, heard: tuple[Heard, ...]) -> bool:
        """Hand what a round brought to the process; return whether it will answer."""
        if self._early is not None:
            self._early += [each for each in heard if isinstance(each, Candle)]
        message = Candles(number, heard)
        self._parts.told.add(self.id, message)
        if self._missed is not None:
            self._missed.append(message)
        if self._child is None or self._missed is not None:
            return False
        # One that is not warm yet has nothing to say and answers at once.
        self._child.send(message)
        return True

    def is_late(self, number: int) -> None:
        """Kill the process: it did not answer in time."""
        if self._child is not None and not self.is_awaited:
            self._child.kill(f"no answer to round {number} within {ANSWER_SECONDS:g} s")

    def _code(self, design: Design, config: StrategyConfig) -> UserCode | None:
        if design.code is None:
            return None
        return UserCode(design.code, tuple(self._parts.listed(key) for key in config.instruments))

    def _hear(self, keys: tuple[InstrumentKey, ...], intervals: tuple[Interval, ...]) -> None:
        self._hears = (keys, intervals)
        self._parts.market.rounds.join(self, keys, intervals)

    def _heard(self, child: Child, message: Message) -> None:
        if child is not self._child or _was_said_before(message):
            return  # Or a last word of one that was replaced.
        if isinstance(message, Answer):
            self._parts.market.rounds.answered(self, message.round, message.signals)
            for sentence in message.said:
                if self._sentences.take():
                    self._on_said(sentence)
                else:
                    self._sentences_dropped += 1
        elif isinstance(message, Figures):
            self._tell_figures(message.figures)
        elif isinstance(message, Crash):
            self._traceback = message.traceback
            child.drop(message.reason)
        elif self._loaded is not None and not self._loaded.done():
            if isinstance(message, Loaded):
                self._loaded.set_result(message)
            elif isinstance(message, Refused):
                self._loaded.set_exception(ConfigError(message.reason))

    def _tell_figures(self, figures: dict[str, float | None]) -> None:
        asked, self._figures = self._figures, None
        if asked is not None and not asked.done():
            asked.set_result(figures)

    def _ended(self, child: Child, reason: str) -> None:
        if child is not self._child:
            return
        self._tell_figures({})
        self._child = None
        if reason == KILLED and self._parts.told.is_needed and self._missed is None:
            if not self.is_awaited:
                self.is_awaited = True
                self._parts.market.intake.hold()
        else:
            self._fall_silent()
        if self._loaded is not None and not self._loaded.done():
            self._loaded.set_exception(ConfigError(f"the strategy process ended: {reason}"))
        self._on_crash(reason, self._traceback)

    def _fall_silent(self) -> None:
        """Answer no more; if the feed played again, it would perhaps go on."""
        self._parts.told.spoil(f"the process of config {self.id} ended")
        self._note_silence()
        self._parts.market.rounds.gone(self)

    def _note_silence(self) -> None:
        """Record that the strategy answers no more, nor to what it was asked by the last tick."""
        market = self._parts.market
        was_asked = market.rounds.awaits(self) and market.intake.packets > self._warm_at_packet
        fact = {"config_id": self.id, "command": "LEAVE"}
        # In real time the packets went on: here is where it fell silent.
        packets_ago = int(was_asked and market.follows_feed)
        market.note("commands", fact, packets_ago=packets_ago)


def _was_said_before(message: Message) -> bool:
    return isinstance(message, Answer) and message.round == AGAIN


def _with_later(past: list[Candle], later: list[Candle]) -> list[Candle]:
    """Return candles of history and, after them, those the engine completed meanwhile."""
    known = {(each.instrument, each.interval, each.open_ns) for each in past}
    new = [each for each in later if (each.instrument, each.interval, each.open_ns) not in known]
    return past + new
