"""The parts of `bench/engine.py`: the ticks, our engine at work, the two others beside it."""
