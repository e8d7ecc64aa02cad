"""A design brought to life: its process made and warmed up, its config handed to the engine.

In:  a `Design` and the status it is to have.
Out: the config in the engine with what earlier runs left of it, its options under watch.
Next: `worker/configs/runner.py`, the process; `worker/recovery/books.py`, what was left.

Until the last step, which happens between two ticks, nothing of an older design has changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Final, NamedTuple

from core.candle import Candle, InstrumentKey
from core.errors import TradingError
from core.instrument import Instrument
from core.loss_watch import PortfolioLimits
from core.order import Owner
from core.strategy import ConfigStatus, StrategyConfig
from core.trade import TradeStatus
from worker.configs.config_rows import Design
from worker.configs.parts import Parts
from worker.configs.runner import Runner
from worker.market.option_windows import windows_of
from worker.processes.messages import Loaded, Message
from worker.recovery.books import Left, cancelled

Log = Callable[[str, str], None]
"""Takes the level and the text of a line for the user."""


class KeptConfig(NamedTuple):
    """A config as a checkpoint keeps it; what the engine knows of it is kept there.

    Attributes
    ----------
    instruments
        The contracts it runs on.
    """

    design: Design
    status: ConfigStatus
    instruments: tuple[InstrumentKey, ...]


class _Past(NamedTuple):
    """What a design begins with."""

    replaces: bool
    left: Left
    limits: PortfolioLimits | None
    candles: list[Candle]


class Launch:
    """Bring the designs of one config to life, one after the other.

    Parameters
    ----------
    parts
        What all deployments share.
    runner
        The config's process.
    log
        Where the user reads what happened.
    """

    def __init__(self, parts: Parts, runner: Runner, log: Log) -> None:
        self._parts: Final = parts
        self._runner: Final = runner
        self._log: Final = log
        self._instruments: tuple[Instrument, ...] = ()
        self.has_taken_up = False
        """Whether the engine knows the config, and what earlier runs left of it."""
        self.unsettled: str | None = None
        """Why the books that earlier runs left cannot be taken up, None where they were."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The contracts it runs on."""
        return tuple(each.symbol for each in self._instruments)

    def has_rolled(self, design: Design) -> bool:
        """Return whether the symbols mean other contracts by now; raises as `Parts.resolve`."""
        return self._parts.resolve(design.symbols) != self._instruments

    async def run(self, design: Design, status: ConfigStatus) -> None:
        """Run a design from the next decision on.

        Raises
        ------
        TradingError
            If it cannot be used.
        """
        parts, market = self._parts, self._parts.market
        instruments = parts.resolve(design.symbols)
        wanted = design.on(tuple(each.key for each in instruments), status)
        replaces = self._runner.pid is not None
        loaded = await self._runner.load(design, wanted)
        parts.watch(instruments)
        left = await self._left(design.id, await market.clock.time_known())
        limits = await parts.books.limits_of(design.portfolio_id)
        for kept in left.trades:
            market.holdings.take(kept.trade)
        past = await self._runner.warm_up(instruments, loaded)
        prices = {candle.instrument: candle.close for candle in past}

        def enter() -> None:
            self._instruments = instruments
            market.digests[design.id] = loaded.digest
            windows = windows_of(instruments, loaded.option_legs)
            parts.chains.want(design.id, instruments, windows, prices)
            market.pace.listen(design.id, loaded.config.instruments, loaded.tick_seconds)
            market.set_pace()
            self._deploy(loaded.config, left, limits)
            self._record(design, loaded, _Past(replaces, left, limits, past))

        await market.rounds.between(enter)

    def kept(self, design: Design, status: ConfigStatus) -> KeptConfig | None:
        """Return what a checkpoint keeps, None while the engine does not know the config."""
        if not self.has_taken_up:
            return None
        return KeptConfig(design, status, tuple(each.key for each in self._instruments))

    async def go_on(self, kept: KeptConfig, told: Sequence[Message] | None) -> None:
        """Go on where a checkpoint was taken, the engine and the options having been put back.

        Parameters
        ----------
        told
            What the strategy was told, None where there is no process.

        Raises
        ------
        TradingError
            If its process cannot be made.
        """
        parts = self._parts
        self._instruments = tuple(parts.listed(key) for key in kept.instruments)
        self.has_taken_up = True
        if told is not None:
            await self.tell_again(kept.design, told)

    async def tell_again(self, design: Design, told: Sequence[Message]) -> None:
        """Have a new process stand where the one before was; raises as `go_on`."""
        loaded = await self._runner.tell_again(design, told)
        self._parts.market.digests[design.id] = loaded.digest

    async def guard(self, design: Design, now_ns: int) -> None:
        """Look after the open trades of an earlier run without entering anything.

        Raises
        ------
        TradingError
            If what was left cannot be read.
        """
        left = await self._left(design.id, now_ns)
        keys = tuple({kept.trade.instrument for kept in left.trades})
        self._parts.watch([self._parts.listed(key) for key in keys])
        for kept in left.trades:
            self._parts.market.holdings.take(kept.trade)
        config = design.on(keys, ConfigStatus.STOPPED)
        self._deploy(config, left, None)
        fact = {**config._asdict(), "risk": asdict(config.risk), "left": left.rows}
        self._parts.market.note("guards", fact)

    async def _left(self, config_id: str, now_ns: int) -> Left:
        return Left() if self.has_taken_up else await self._parts.books.of(config_id, now_ns)

    def _deploy(self, config: StrategyConfig, left: Left, limits: PortfolioLimits | None) -> None:
        """Hand a config to the engine and, the first time, what an earlier run left of it."""
        market = self._parts.market
        market.engine.deploy(config)
        if limits is not None:
            market.engine.limit_portfolio(config.portfolio_id, limits)
        if self.has_taken_up:
            return
        self.has_taken_up = True
        for kept in left.trades:
            keys = {kept.trade.instrument, *([kept.guard.instrument] if kept.guard else [])}
            try:
                self._watch_again(keys)
                market.engine.restore(kept.trade, kept.fills, kept.guard)
            except TradingError as error:
                self.unsettled = f"trade {kept.trade.id} is not looked after any more: {error}"
                self._log("error", self.unsettled)
        if self.unsettled is not None:
            market.engine.pause(config.id)  # Books that are not right decide on nothing.
        owner = Owner(config.id, config.strategy_id, config.user_id, config.portfolio_id)
        for row in cancelled(left.orders, market.now_ns):
            market.put_own("order", row, owner)
        open_trades = sum(kept.trade.status is TradeStatus.OPEN for kept in left.trades)
        if open_trades:
            self._log("info", f"{open_trades} open trades of an earlier run are taken up")

    def _watch_again(self, keys: set[InstrumentKey]) -> None:
        self._parts.watch([self._parts.listed(key) for key in sorted(keys)])

    def _record(self, design: Design, loaded: Loaded, past: _Past) -> None:
        fact = {
            **loaded.config._asdict(),
            "risk": asdict(loaded.config.risk),
            "module_path": design.module_path,
            "class_name": design.class_name,
            "parameters": design.parameters,
            "code": design.code,
            "digest": loaded.digest,
            "replaces": past.replaces,
            "limits": None if past.limits is None else past.limits._asdict(),
            "left": past.left.rows,
            "warm_up": [candle.as_tuple() for candle in past.candles],
        }
        self._parts.market.note("configs", fact)
