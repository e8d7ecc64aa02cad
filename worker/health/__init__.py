"""How the worker is, for machines and for people.

In:  figures of every part.
Out: heartbeats, `/healthz`, `/metrics`, `top` and the doctor's checks.
Next: `worker/health/figures.py`, then `worker/health/doctor.py`.
"""
