"""Stateless HTTP and cron functions: one target, one table of routes, one file per resource.

In:  HTTP requests by users (with their token), schedulers (with `CRON_SECRET`), anybody (health).
Out: JSON; errors as `application/problem+json`.
Next: `functions/routes.py`, the table; `functions/service.py`, what every request goes through.
"""
