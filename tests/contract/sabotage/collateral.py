"""Which other cases may fail while a behaviour is off, because they stand on it.

In:  nothing.
Out: `COLLATERAL`.
Next: `tests/contract/test_sabotage.py`.
"""

from collections.abc import Mapping
from typing import Final

# Cases that sign in once more, or expect to be refused when they do.
_SIGN_IN_AGAIN: Final = frozenset(
    {
        "sign-in with a wrong password is refused",
        "a user changes their own metadata and password",
        "local sign-out ends this session only",
        "global sign-out ends every session of the user",
        "admin creates a confirmed user with app metadata",
        "admin deletes a user, who can then not sign in",
    }
)

# Cases that take all notes they see for their own. Whether they meet others' depends on what runs
# beside them.
_TRUST_ISOLATION: Final = frozenset(
    {
        "insert stores a row and returns its defaults",
        "select filters and orders",
        "select embeds related rows",
        "upsert replaces the row in conflict",
        "update changes the matching rows only",
        "delete removes the matching rows only",
        "rpc passes named arguments and returns rows",
        "rpc of a security definer function acts as its owner",
        "an exact count comes without the rows",
        "range returns one page",
        "a broken constraint is told by its code",
        "two users never see each other's rows",
        "two users never change each other's rows",
        "a security invoker view obeys the reader's policies",
        "the secret key sees every user's rows",
    }
)

# The same of the INSERT events they receive.
_TRUST_ISOLATION_OF_EVENTS: Final = frozenset(
    {
        "INSERT events bring the new row",
        "UPDATE events bring the new row and the old key",
        "an eq filter lets through equal rows only",
        "an in filter lets through listed rows only",
        "a gt filter lets through greater rows only",
        "several bindings on one channel each get their own events",
        "a new token changes whose rows a channel receives",
    }
)

_WAIT_FOR_UPDATES: Final = frozenset(
    {
        "several bindings on one channel each get their own events",
        "event payloads equal the REST row",
        "unchanged wide columns are left out of UPDATE events",
    }
)

_WAIT_FOR_INSERTS: Final = _WAIT_FOR_UPDATES | {
    "an eq filter lets through equal rows only",
    "an in filter lets through listed rows only",
    "a gt filter lets through greater rows only",
    "events reach those who may read the row only",
    "the secret key receives every user's events",
    "a new token changes whose rows a channel receives",
    "a refreshed token keeps a channel open when the old one expires",
    "a cut connection is restored and its channels rejoin",
    "a terminated replication connection recovers by itself",
}

_NEW_TOKEN: Final = "a new token changes whose rows a channel receives"
_REFRESHED_TOKEN: Final = "a refreshed token keeps a channel open when the old one expires"
_SILENT_MEMBER: Final = "a member without the right to write is not heard"

COLLATERAL: Final[Mapping[str, frozenset[str]]] = {
    # The case reads the profile with the session that sign-up gave.
    "sign-up gives a session and keeps the metadata": frozenset(
        {"sign-up makes a profile through the trigger on auth.users"}
    ),
    "sign-in with the right password gives a session": _SIGN_IN_AGAIN,
    "sign-in with a wrong password is refused": frozenset(
        {"admin deletes a user, who can then not sign in"}
    ),
    # It tries to refresh the session that has ended.
    "refresh gives two new tokens of the same session": frozenset(
        {"local sign-out ends this session only"}
    ),
    # They ask getUser whether the session has ended.
    "getUser refuses a forged token": frozenset(
        {
            "local sign-out ends this session only",
            "global sign-out ends every session of the user",
        }
    ),
    # They read in an order. Without one, rows come as they lie in the table: mostly as inserted.
    "select filters and orders": frozenset(
        {"range returns one page", "the secret key sees every user's rows"}
    ),
    "two users never see each other's rows": _TRUST_ISOLATION,
    "two users never change each other's rows": _TRUST_ISOLATION,
    "INSERT events bring the new row": _WAIT_FOR_INSERTS,
    "UPDATE events bring the new row and the old key": _WAIT_FOR_UPDATES,
    "events reach those who may read the row only": _TRUST_ISOLATION_OF_EVENTS,
    # It needs members who listen and speak, and refusals that are enforced.
    "members listen and speak on a private topic": frozenset({_SILENT_MEMBER}),
    "a stranger is refused a private topic": frozenset({_SILENT_MEMBER}),
    # supabase-js holds every change back until it knows who is there.
    "presence shows a newcomer who is already there": frozenset(
        {"presence tells who is there and who left"}
    ),
    # Both are the message access_token.
    _NEW_TOKEN: frozenset({_REFRESHED_TOKEN}),
    _REFRESHED_TOKEN: frozenset({_NEW_TOKEN}),
}
