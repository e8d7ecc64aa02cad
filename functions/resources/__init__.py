"""What the functions offer, one file per resource: models in, models out, one call each.

In:  a checked `Call`, path and query and body as typed values.
Out: a model, or an `ApiError`.
Next: `functions/resources/health.py`, the shortest.
"""
