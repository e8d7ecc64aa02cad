"""Contract tests: the real clients against a stack, each behaviour seen to work and missed."""
