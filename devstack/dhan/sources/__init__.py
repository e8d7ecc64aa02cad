"""Where a tape comes from: a generated day, a candle file, recorded ticks or frames."""
