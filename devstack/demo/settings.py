"""What a demo plays, how fast and for how long.

In:  the environment: DEMO_SECONDS, DEMO_SPEED, DEMO_SOURCE, DEMO_SYMBOL, DEMO_SEED, DEMO_RECORD.
Out: `DemoSettings`, or one `ConfigError` with everything that is wrong.
Next: `devstack/demo/__main__.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.settings import SettingsReader

DEFAULT_SPEED = 60.0


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """One demo.

    Parameters
    ----------
    seconds
        Length in seconds of wall time, counted from the first tick; 0 means until Ctrl-C.
    speed
        Market seconds per second.
    source
        A candle file to replay; None plays the generated day.
    symbol
        What the candle file holds the candles of.
    seed
        Seed of the generated day.
    record
        Directory that keeps the recorded feed and the trades; None keeps nothing.
    usual_ports
        Whether to take the usual ports where they are free; else any free ones, so that several
        demos can be started at once.
    """

    seconds: float
    speed: float
    source: Path | None
    symbol: str
    seed: int
    record: Path | None
    usual_ports: bool

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "DemoSettings":
        """Read the settings from names and texts.

        Raises
        ------
        ConfigError
            Lists every malformed setting.
        """
        reader = SettingsReader(environ)
        source = reader.text("DEMO_SOURCE", "")
        record = reader.text("DEMO_RECORD", "")
        settings = cls(
            seconds=reader.number("DEMO_SECONDS", 0.0, high=86_400.0),
            speed=reader.number("DEMO_SPEED", DEFAULT_SPEED, low=0.1, high=10_000.0),
            source=Path(source) if source else None,
            symbol=reader.text("DEMO_SYMBOL", "RELIANCE"),
            seed=reader.integer("DEMO_SEED", 1, low=0, high=2**31),
            record=Path(record) if record else None,
            usual_ports=reader.choice("DEMO_PORTS", "usual", ("usual", "any")) == "usual",
        )
        if settings.source is not None and not settings.source.is_file():
            reader.problem(f"DEMO_SOURCE is {source!r}, which is no file")
        reader.finish()
        return settings
