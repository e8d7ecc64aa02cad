"""What `bench/transport.py` compares: ways to write a message down, ways to carry it.

In:  messages of `worker/processes/messages.py`.
Out: bytes; answers of processes.
Next: `bench/transport_parts/formats.py`, `bench/transport_parts/carriers.py`.
"""
