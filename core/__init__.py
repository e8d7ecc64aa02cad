"""The pure trading domain: standard library only, no I/O, no clock, no environment.

Read it in the order of the data path: `instrument`, `session`, `tick`, then `brokers/dhan/wire`.
"""
