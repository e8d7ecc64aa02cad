"""The public keys that verify access tokens, fetched when they are needed and kept.

In:  a function that fetches the published key set (JWKS).
Out: the key of a key id, as a JWK.
Next: `functions/tokens.py`.

Keys are kept for ten minutes. A key id that is not among them asks again (keys are rotated), at
most every thirty seconds, or anybody could make us ask by inventing ids. Old keys serve on while
new ones cannot be had.
"""

import logging
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Final

from functions.problems import ApiError

_log = logging.getLogger(__name__)

_KEEP_SECONDS: Final = 600.0
_ASK_AGAIN_SECONDS: Final = 30.0

type Jwk = Mapping[str, Any]


class KeySet:
    """The keys by their id.

    Parameters
    ----------
    fetch
        Returns the key set, ``{"keys": [...]}``; raises `ApiError` when it cannot be had.
    clock
        Seconds that only grow.
    """

    def __init__(
        self, fetch: Callable[[], Mapping[str, Any]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch: Final = fetch
        self._clock: Final = clock
        self._lock: Final = Lock()
        self._keys: Mapping[str, Jwk] | None = None
        self._asked = 0.0

    def find(self, key_id: str) -> Jwk | None:
        """Return a key, None when it is not published.

        Raises
        ------
        ApiError
            If there has never been an answer.
        """
        with self._lock:  # Of many requests after a rotation, one asks and the others wait.
            keys = self._keys
            if keys is None or self._is_due(known=key_id in keys):
                keys = self._ask()
            return keys.get(key_id)

    def _is_due(self, *, known: bool) -> bool:
        return self._clock() - self._asked >= (_KEEP_SECONDS if known else _ASK_AGAIN_SECONDS)

    def _ask(self) -> Mapping[str, Jwk]:
        try:
            published = self._fetch().get("keys", [])
        except ApiError:
            if self._keys is None:
                raise
            _log.warning("key_set_not_renewed")
        else:
            self._keys = {key["kid"]: key for key in published if "kid" in key}
        self._asked = self._clock()
        return self._keys or {}
