"""The desks of all configs, and the running trades on them.

In:  configs as they are deployed and changed.
Out: desks by config and by portfolio; running trades by what matters to them.
Next: `core/desk.py`, one of them; `core/portfolios.py`, several together.
"""

from collections.abc import Collection
from typing import Any, Final

from core.candle import NEVER_NS, InstrumentKey
from core.desk import Desk
from core.errors import ConfigError
from core.kept_trade import InstrumentOf
from core.strategy import ConfigStatus, StrategyConfig, TradeMode
from core.trade import RunningTrade


class Desks:
    """Keep one desk per config, by config id, as signals are applied.

    Where two of them trade against the same depth, who comes first gets the better price. It must
    not be who was started first, for they are started side by side.
    """

    def __init__(self) -> None:
        self._desks: Final[dict[str, Desk]] = {}
        self._halted: Collection[str] = ()
        self._live_doubt: str | None = None

    def deploy(self, config: StrategyConfig) -> None:
        """Add a config, or replace it; running trades keep their levels.

        Raises
        ------
        ConfigError
            If it trades live: the only broker here is the simulated one.
        """
        if config.trade_mode is TradeMode.LIVE:
            raise ConfigError(f"config {config.name} is LIVE; only VIRTUAL trading is available")
        desk = self._desks.get(config.id)
        if desk is None:
            desk = self._desks[config.id] = Desk(config)
            self._sort()
            desk.is_halted = config.id in self._halted
            desk.live_doubt = self._live_doubt
        else:
            desk.config = config

    def _sort(self) -> None:
        for config_id in sorted(self._desks):
            self._desks[config_id] = self._desks.pop(config_id)

    def of(self, config_id: str) -> Desk:
        """Return the desk of a config.

        Raises
        ------
        ConfigError
            If it was never deployed.
        """
        desk = self._desks.get(config_id)
        if desk is None:
            raise ConfigError(f"strategy config {config_id} was never deployed")
        return desk

    def of_trade(self, running: RunningTrade) -> Desk:
        """Return the desk a running trade is on."""
        return self._desks[running.owner.config_id]

    def of_portfolio(self, portfolio_id: str) -> tuple[Desk, ...]:
        """Return the desks whose configs trade for a portfolio."""
        return tuple(
            desk for desk in self._desks.values() if desk.config.portfolio_id == portfolio_id
        )

    def holding(self, key: InstrumentKey) -> list[Desk]:
        """Return the desks with a running trade in an instrument."""
        return [desk for desk in self._desks.values() if desk.holds(key)]

    def set_status(self, config_id: str, status: ConfigStatus) -> None:
        """Change what a config may do; raises as `of`."""
        desk = self.of(config_id)
        desk.config = desk.config._replace(status=status)

    def halt(self, config_ids: Collection[str]) -> None:
        """Halt live trading of these configs, deployed or not, and of no others."""
        self._halted = frozenset(config_ids)
        for config_id, desk in self._desks.items():
            desk.is_halted = config_id in self._halted

    def doubt_live(self, reason: str | None) -> None:
        """Let nothing be entered live while there is a reason, deployed now or later."""
        if reason == self._live_doubt:
            return
        self._live_doubt = reason
        for desk in self._desks.values():
            desk.live_doubt = reason

    def state(self) -> tuple[Any, ...]:
        """Return all desks as plain values, for `put_back`."""
        desks = tuple([(desk.config, desk.state()) for desk in self._desks.values()])
        return desks, self._halted

    def put_back(self, state: tuple[Any, ...], instrument_of: InstrumentOf) -> None:
        """Go on from a state, with no desks but those in it."""
        desks, self._halted = state
        self._desks.clear()
        for config, each in desks:
            self.deploy(config)
            self.of(config.id).put_back(each, instrument_of)

    def running(self) -> list[RunningTrade]:
        """Return all trades that have not ended, by config id."""
        return [trade for desk in self._desks.values() for trade in desk.running.values()]

    def guarded_by(self, key: InstrumentKey) -> list[RunningTrade]:
        """Return the running trades with levels of an instrument whose exit is not decided."""
        return [
            trade
            for trade in self.running()
            if trade.levels.instrument.key == key and trade.exit_reason is None
        ]

    def next_due_ns(self) -> int:
        """Return when time ends the next running trade."""
        next_ns = NEVER_NS
        for trade in self.running():
            due_ns = trade.settles_ns if trade.exit_reason else trade.due_ns
            next_ns = min(next_ns, due_ns)
        return next_ns
