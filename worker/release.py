"""Which code this is: what it leaves on disk means something to the same code only.

In:  the files of `core` and `worker`.
Out: a digest of them.
Next: `worker/recovery/checkpoint.py` and `worker/market/listing.py`, which write it down.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path

import core
import worker


@cache
def release() -> str:
    """Return a digest of the code of `core` and `worker`."""
    digest = sha256()
    for package in (core, worker):
        for folder in map(Path, package.__path__):
            for file in sorted(folder.rglob("*.py")):
                digest.update(file.read_bytes())
    return digest.hexdigest()
