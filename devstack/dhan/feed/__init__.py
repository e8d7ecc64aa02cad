"""The market feed socket of the simulator."""
