"""The operating-system processes in which strategies run.

In:  messages of the supervisor.
Out: answers, printed lines, and the reason of an end.
Next: `worker/processes/fork_server.py`, then `worker/processes/strategy_process.py`, the inside.
"""
