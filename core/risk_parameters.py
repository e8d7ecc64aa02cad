"""The limits a user sets for one strategy config.

In:  the JSON column `risk_parameters`.
Out: `RiskParameters`, checked.
Next: `core/risk.py`, which holds every entry against them.
"""

from dataclasses import astuple, dataclass

from core.parameters import parameter


@dataclass(frozen=True)
class RiskParameters:
    """Limits of one config; percentages are of its capital, 5 means 5 %.

    Notes
    -----
    `future_margin_pct` stands for SPAN plus exposure margin of an index future, which changes
    daily; it decides how much capital a simulated future ties up. In live trading the broker's
    margin calculator is asked.
    """

    risk_per_trade_pct: float = parameter(
        2.0, "Loss at the stop, percent of capital", low=0.01, high=10.0
    )
    max_outlay_pct: float = parameter(
        30.0, "Premium, price or margin of one trade, percent of capital", low=0.1, high=100.0
    )
    future_margin_pct: float = parameter(
        15.0, "Margin of a future, percent of its value", low=1.0, high=100.0
    )
    max_open_trades: int = parameter(3, "Open trades at a time", low=1, high=100)
    daily_loss_limit_pct: float = parameter(
        6.0, "Loss of a day after which nothing is entered, percent of capital", low=0.1, high=100.0
    )
    cooldown_minutes: int = parameter(
        30, "Minutes without an entry on the same side after an exit", low=0, high=1440
    )
    min_reward_risk: float = parameter(
        2.0, "Least distance to the target, in distances to the stop", low=0.0, high=100.0
    )
    entry_delay_minutes: int = parameter(
        0, "Minutes after the opening without an entry", low=0, high=360
    )
    entry_cutoff_minutes: int = parameter(
        15, "Minutes before square-off from which nothing is entered", low=0, high=360
    )
    expiry_entry_until_minute: int = parameter(
        780, "Minute of the day (780 is 13:00) from which an expiring contract is not entered",
        low=555, high=940,
    )  # fmt: skip
    expiry_flat_minute: int = parameter(
        870, "Minute of the day (870 is 14:30) at which an expiring contract is closed",
        low=555, high=940,
    )  # fmt: skip
    leg_seconds: int = parameter(
        10, "Market seconds within which all legs of a trade must be entered", low=1, high=600
    )
    max_signal_age_seconds: int = parameter(
        60, "Market seconds after which a signal is too old to act on", low=1, high=3600
    )

    stop_pct: float = parameter(
        2.0, "Distance of the stop where the strategy names none (code), percent of the price",
        low=0.01, high=50.0,
    )  # fmt: skip
    allow_short: bool = parameter(
        False,
        "Whether code that signals sell while it holds nothing enters short",
    )

    def __reduce__(self) -> tuple[object, ...]:
        # Said by hand because a compiled class has no dictionary to be pickled from.
        return (RiskParameters, astuple(self))
