"""A catalogue of hostile strategy code: every way out that we could think of, by what it is after.

In:  nothing.
Out: `CATALOGUE`: scripts, each with how the sandbox contains it and how the checks refuse it.
Next: `tests/adapters/test_hostile_scripts.py` runs them all.

In the sources, CANARY_FILE, CANARY_FOLDER and CANARY_PORT stand for things that exist outside.
"""

from tests.adapters.hostile import (
    attributes,
    disguises,
    endless,
    files,
    imports,
    memory,
    network,
    results,
    traces,
)

CATALOGUE = (
    *files.SCRIPTS,
    *network.SCRIPTS,
    *imports.SCRIPTS,
    *attributes.SCRIPTS,
    *endless.SCRIPTS,
    *memory.SCRIPTS,
    *disguises.SCRIPTS,
    *results.SCRIPTS,
    *traces.SCRIPTS,
)
