"""What arrived from the feed, and what of it did not become part of a candle.

In:  one count at a time, from `core/candle_builder.py`.
Out: plain numbers for the heartbeat, so that nothing is dropped unseen.
Next: `core/candle_builder.py`.
"""


class TickCounters:
    """Count the packets of one instrument that were not ordinary trades.

    Attributes
    ----------
    quotes
        Packets with unchanged volume: the book moved, nothing was traded.
    late
        Ticks of a candle that was already complete; their volume joins the current one.
    late_volume
        Units in them.
    outside_session
        Ticks whose last trade lies outside every session, or in one that is over; ignored.
    volume_falls
        Ticks whose day volume is below what was seen before; they add no volume.
    joined_midway
        Sessions of which the first packet came late, so that the volume before it is unknown.
    unplaced_volume
        Units that came after the last candle of their session was complete.
    gaps
        Stretches that the feed did not bring whole.
    repaired
        Those of them that were closed with the broker's candles, or in which nothing was traded.
    unrepaired_volume
        Units of gaps that could not be closed; they are in no candle.
    """

    __slots__ = (
        "gaps",
        "joined_midway",
        "late",
        "late_volume",
        "outside_session",
        "quotes",
        "repaired",
        "unplaced_volume",
        "unrepaired_volume",
        "volume_falls",
    )

    def __init__(self) -> None:
        self.quotes = 0
        self.late = 0
        self.late_volume = 0
        self.outside_session = 0
        self.volume_falls = 0
        self.joined_midway = 0
        self.unplaced_volume = 0
        self.gaps = 0
        self.repaired = 0
        self.unrepaired_volume = 0

    def put_back(self, counts: dict[str, int]) -> None:
        """Go on from counts that `as_dict` returned."""
        for name, count in counts.items():
            setattr(self, name, count)

    def as_dict(self) -> dict[str, int]:
        """Return all counts by name."""
        return {
            "quotes": self.quotes,
            "late": self.late,
            "late_volume": self.late_volume,
            "outside_session": self.outside_session,
            "volume_falls": self.volume_falls,
            "joined_midway": self.joined_midway,
            "unplaced_volume": self.unplaced_volume,
            "gaps": self.gaps,
            "repaired": self.repaired,
            "unrepaired_volume": self.unrepaired_volume,
        }
