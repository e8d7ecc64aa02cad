"""The demo: the whole system on one machine, playing a simulated market day."""
