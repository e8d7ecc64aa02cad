"""PVA's parameters: two presets, and each settled contradiction on its own.

In:  JSON as a user typed it.
Out: `PvaParameters`, checked.
Next: `strategies/pva/conditions.py`.

The rules of PVA as they were given contradict each other. `preset="literal"` takes them to the
letter, `preset="resolved"` as settled in `docs/pva.md`; each contradiction can also be chosen
alone, "preset" leaves it to the preset. The second (`entry_vroc`) is a number; the sixth (size)
is made of the config's risk parameters, see `risk_defaults`.
"""

from dataclasses import dataclass
from typing import Any, Final

from core.candle import Interval
from core.errors import ConfigError
from core.parameters import parameter

_CHOICES: Final = ("preset", "literal", "resolved")
_EXPIRIES: Final = ("nearest", "next")


@dataclass(frozen=True)
class PvaParameters:
    """How PVA decides; volumes and prices in the units their titles say.

    Raises
    ------
    ConfigError
        If there is no signal interval, the entry window is empty or not in the form HH:MM, or
        the levels are not in order.
    """

    preset: str = parameter("resolved", "Preset", choices=("resolved", "literal"))
    target_rule: str = parameter("preset", "1: target and the 1:2 rule", choices=_CHOICES)
    entry_vroc: float = parameter(200.0, "2: VROC to enter above, percent", low=-100.0, high=1e5)
    climax_rule: str = parameter("preset", "3: when a volume climax ends it", choices=_CHOICES)
    fade_rule: str = parameter("preset", "4: when fading volume ends it", choices=_CHOICES)
    divergence_rule: str = parameter("preset", "5: what OBV has to show", choices=_CHOICES)

    signal_1m: bool = parameter(False, "Signals from 1-minute candles")
    signal_5m: bool = parameter(True, "Signals from 5-minute candles")
    signal_15m: bool = parameter(False, "Signals from 15-minute candles")
    profile_row: float = parameter(
        10.0, "Row of the volume profile, rupees (BANKNIFTY 20)", low=0.01, high=1e4
    )
    profile_sessions: int = parameter(30, "Sessions in the volume profile", low=5, high=60)
    daily_trend: bool = parameter(False, "Enter only beyond the close of the day before")
    entry_from: str = parameter("09:30", "First entry, HH:MM in India")
    entry_until: str = parameter("15:00", "No entry from, HH:MM in India")

    breakout_volume: float = parameter(1.5, "Volume of a breakout, in averages", low=0.1, high=50.0)
    stop_atr: float = parameter(1.5, "Stop, in average true ranges", low=0.1, high=20.0)
    literal_target_atr: float = parameter(2.0, "Target, literal, in ATR", low=0.1, high=50.0)
    target_atr: float = parameter(3.0, "Target, resolved, in ATR", low=0.1, high=50.0)
    breakeven_atr: float = parameter(2.0, "Stop to entry at, resolved, in ATR", low=0.1, high=50.0)
    full_size_vroc: float = parameter(250.0, "VROC for full size, percent", low=-100.0, high=1e5)
    half_size_vroc: float = parameter(150.0, "VROC below which half", low=-100.0, high=1e5)

    climax_vroc: float = parameter(300.0, "VROC of a climax, percent", low=0.0, high=1e5)
    climax_after: int = parameter(3, "Candles before a climax counts, resolved", low=1, high=20)
    climax_volume: float = parameter(3.0, "Its volume, in averages, resolved", low=0.1, high=50.0)
    climax_profit_atr: float = parameter(1.0, "Its profit, in ATR, resolved", low=0.0, high=50.0)
    fade_share: float = parameter(0.8, "Faded volume, as a share", low=0.01, high=5.0)
    fade_candles: int = parameter(3, "Candles of the fading mean, resolved", low=1, high=20)
    dry_share: float = parameter(0.5, "Dry volume, in averages", low=0.01, high=5.0)
    dry_candles: int = parameter(3, "Dry candles in a row", low=1, high=20)

    trade: str = parameter("OPTION", "What is bought", choices=("OPTION", "SIGNAL"))
    strike_offset: int = parameter(0, "Strikes out of the money", low=-20, high=20)
    expiry: str = parameter("nearest", "Expiry of the option", choices=_EXPIRIES)

    def __post_init__(self) -> None:
        if not self.signal_intervals:
            raise ConfigError("no signal interval is chosen: 1, 5 or 15 minutes")
        if minute_of_day(self.entry_from) >= minute_of_day(self.entry_until):
            raise ConfigError(
                f"entry_from ({self.entry_from}) must be before entry_until ({self.entry_until})"
            )
        if self.breakeven_atr >= self.target_atr:
            raise ConfigError(
                f"breakeven_atr ({self.breakeven_atr:g}) must be below target_atr "
                f"({self.target_atr:g})"
            )
        if self.half_size_vroc > self.full_size_vroc:
            raise ConfigError(
                f"half_size_vroc ({self.half_size_vroc:g}) must not be above full_size_vroc "
                f"({self.full_size_vroc:g})"
            )

    @property
    def signal_intervals(self) -> tuple[Interval, ...]:
        """The intervals whose candles may signal."""
        chosen = {
            Interval.M1: self.signal_1m,
            Interval.M5: self.signal_5m,
            Interval.M15: self.signal_15m,
        }
        return tuple(interval for interval, wanted in chosen.items() if wanted)

    def is_literal(self, rule: str) -> bool:
        """Return whether a contradiction is taken to the letter.

        Parameters
        ----------
        rule
            "target", "climax", "fade" or "divergence".
        """
        choice: str = getattr(self, f"{rule}_rule")
        return (self.preset if choice == "preset" else choice) == "literal"


def risk_defaults(parameters: PvaParameters) -> dict[str, Any]:
    """Return the risk parameters of a preset, for a config whose user has set none.

    The sixth contradiction: to the letter the premium may be 2 % of capital; resolved, 2 % is
    the loss at the stop, and 20 % the most that a premium may be.
    """
    literal = parameters.preset == "literal"
    return {
        "risk_per_trade_pct": 2.0,
        "max_outlay_pct": 2.0 if literal else 20.0,
        "max_open_trades": 3,
        "daily_loss_limit_pct": 6.0,
        "min_reward_risk": 2.0,
        "cooldown_minutes": 30,
    }


def minute_of_day(text: str) -> int:
    """Return the minutes since midnight of a time in the form HH:MM.

    Raises
    ------
    ConfigError
        If it is not such a time.
    """
    hours, colon, minutes = text.partition(":")
    right = colon and len(minutes) == 2 and hours.isdecimal() and minutes.isdecimal()
    if not right or int(hours) > 23 or int(minutes) > 59:
        raise ConfigError(f"{text!r} is not a time of day in the form HH:MM")
    return int(hours) * 60 + int(minutes)
