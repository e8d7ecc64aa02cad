"""Run strategies and the engine together, without processes, sockets or a clock.

In:  effects of the engine; for each candle, what the strategies that want it say.
Out: everything that happened, collected.
Next: `core/replay/result.py`; `worker/configs/rounds.py` does the same with one process per
      strategy.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from core import hooks
from core.candle import Candle, InstrumentKey, Interval
from core.effects import Effects
from core.engine import Engine
from core.gap import Gap
from core.hearing import Heard, Hearing
from core.replay.result import Result
from core.signals import Signal
from core.stored_rows import KeptTrade
from core.strategy import Strategy, StrategyConfig
from core.tick_columns import TickColumns
from core.tick_pace import Tick, TickPace
from core.trade import Trade, TradeStatus

Said = tuple[int, str, Signal, str]
"""End of the candle, config id, what is wanted, the digest of who wants it."""


class Deployment(NamedTuple):
    """A strategy at work.

    Attributes
    ----------
    digest
        Names its code and parameters.
    """

    config: StrategyConfig
    strategy: Strategy
    digest: str


class Driver:
    """Hand candles to strategies and their signals back to the engine.

    Parameters
    ----------
    engine
        Watches the instruments already.
    keep_candles
        Whether the result holds the candles too.
    """

    def __init__(self, engine: Engine, *, keep_candles: bool = False) -> None:
        self.engine: Final = engine
        self.result: Final = Result(keep_candles=keep_candles)
        self._deployments: Final[dict[str, Deployment]] = {}
        self._hearings: Final[dict[str, Hearing]] = {}
        self._listeners: dict[tuple[InstrumentKey, Interval], list[Deployment]] = {}
        self.pace: Final = TickPace()

    def deploy(
        self,
        deployment: Deployment,
        warm_up: Iterable[Candle] = (),
        *,
        changed: bool = False,
        left: Iterable[KeptTrade] = (),
    ) -> None:
        """Add a strategy, or put a new one in the place of one with the same config id.

        Parameters
        ----------
        warm_up
            Candles it sees first; what it says to them is not listened to.
        changed
            It takes the place of one that ran, because its config was changed.
        left
            Trades of an earlier run to take up, the first time.

        Raises
        ------
        ConfigError
            If the config cannot be traded here, or the strategy cannot work with it.
        """
        config, strategy, past = deployment.config, deployment.strategy, tuple(warm_up)
        hooks.start(strategy, config, changed=changed)
        for candle in past:
            hooks.remember(strategy, candle)
        self.engine.deploy(config)
        for kept in left:
            self.engine.restore(kept.trade, kept.fills, kept.guard)
            self.result.trades_by_id[kept.trade.id] = kept.trade
        for trade in self.result.trades:
            if trade.owner.config_id == config.id and trade.status is TradeStatus.OPEN:
                hooks.tell(strategy, trade)
        self._deployments[config.id] = deployment
        self.result.configs[config.id] = config
        hearing = self._hearings.setdefault(config.id, Hearing())
        hearing.listen(config.instruments)
        hearing.knows(past)
        self.pace.listen(config.id, config.instruments, hooks.tick_seconds_of(strategy))
        self._listen()

    def leave(self, config_id: str) -> None:
        """Let a strategy hear no more candles: its process has ended. Its trades stay."""
        self._deployments.pop(config_id, None)
        self._hearings.pop(config_id, None)
        self.pace.leave(config_id)
        self._listen()

    def _listen(self) -> None:
        self._listeners = {}
        for each in self._deployments.values():
            for key in each.config.instruments:
                for interval in each.config.intervals:
                    self._listeners.setdefault((key, interval), []).append(each)

    def play(self, ticks: TickColumns) -> None:
        """Play packets without depth, one after the other."""
        at = 0
        while at < len(ticks) and self.pace.is_idle:
            at, effects = self.engine.play(ticks, at)
            if effects:
                self.take(effects)
        for number in range(at, len(ticks)):
            self._play_one(ticks, number)
        self.result.ticks += len(ticks)

    def _play_one(self, ticks: TickColumns, at: int) -> None:
        """Play one packet, and show it to strategies that want ticks."""
        slot, time_ns = ticks.slots[at], ticks.times_ns[at]
        price, volume = ticks.prices[at], ticks.volumes[at]
        effects = self.engine.tick(slot, time_ns, price, volume, ticks.open_interests[at])
        if effects:
            self.take(effects)
        else:
            self.tick(Tick(self.engine.key_of(slot), time_ns, price, volume))

    def tick(self, tick: Tick) -> None:
        """Show a tick that caused nothing to the strategies whose turn it is."""
        key = tick.instrument
        if tick.time_ns < self.pace.due_ns(key):
            return
        wanted = [
            signal
            for name in self.pace.take(key, tick.time_ns)
            if self.has_time(name)
            for signal in self._show(name, tick)
        ]
        self._apply(wanted)

    def show(self, config_id: str, ticks: Iterable[Tick]) -> None:
        """Show ticks to one strategy."""
        if config_id in self._deployments:
            self._apply([signal for tick in ticks for signal in self._show(config_id, tick)])

    def _show(self, config_id: str, tick: Tick) -> list[Said]:
        heard = self._hearings[config_id].show(tick, self.engine.open_gaps)
        return self.said(self._deployments[config_id], heard)

    def has_time(self, config_id: str) -> bool:  # noqa: ARG002 - a recorded one may have none.
        """Return whether a strategy is shown the tick whose turn it is."""
        return True

    def take(self, effects: Effects) -> None:
        """Collect what happened; let the strategies answer to the candles among it.

        Signals are applied in the order (candle close, config id), as in the worker.
        """
        self.result.collect(effects)
        touched: dict[str, Deployment] = {}
        for effect in effects:
            if isinstance(effect, Candle | Trade | Gap):
                for each in self._meant(effect):
                    touched[each.config.id] = each
                    self._hearings[each.config.id].add(effect)
        gaps = self.engine.open_gaps
        self._apply(
            [
                signal
                for each in touched.values()
                for signal in self.said(each, self._hearings[each.config.id].take(gaps))
            ]
        )

    def _apply(self, wanted: list[Said]) -> None:
        for _, config_id, signal, digest in sorted(wanted, key=_place):
            self.act(config_id, signal, digest)

    def act(self, config_id: str, signal: Signal, digest: str) -> None:
        """Give a signal to the engine; raises as `Engine.signal`."""
        self.take(self.engine.signal(config_id, signal, digest))

    def _meant(self, effect: Candle | Trade | Gap) -> Iterable[Deployment]:
        """Return those who are to be told."""
        if isinstance(effect, Candle):
            return self._listeners.get((effect.instrument, effect.interval), ())
        if isinstance(effect, Gap):
            everybody = self._deployments.values()
            return [each for each in everybody if effect.instrument in each.config.instruments]
        found = self._deployments.get(effect.owner.config_id)
        return () if found is None else (found,)

    def said(self, deployment: Deployment, told: Iterable[Heard]) -> list[Said]:
        """Tell a strategy what there is to tell now; return what it wants, with its place."""
        signals = [hooks.hear(deployment.strategy, heard) for heard in told]
        config_id, digest = deployment.config.id, deployment.digest
        return [
            (signal.candle_close_ns, config_id, signal, digest)
            for signal in signals
            if signal is not None
        ]


def run_id_of(*facts: object) -> UUID:
    """Return an id that names a run by what goes into it, so that a rerun has the same ids."""
    return uuid5(_RUNS, repr(facts))


_RUNS: Final = UUID("6f1d2f52-7c55-4a0c-9a38-2d4b5a1f7e10")


def _place(wanted: Said) -> tuple[int, str]:
    return wanted[:2]
