"""Chaos: what is killed, cut off, starved or filled up, and what holds all the same."""
