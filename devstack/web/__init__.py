"""The dashboard on a developer's machine: built when its sources changed, served as in production.

Next: `devstack/web/__main__.py`.
"""
