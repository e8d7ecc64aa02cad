"""Every behaviour our code may rely on, each in one sentence.

In:  nothing.
Out: the names that tie together a supabase-js case, a supabase-py case and a sabotage.
Next: `tests/contract/sabotage/__init__.py`, then the cases in ``js/`` and ``py/``.
"""

from typing import Final

AUTH: Final = (
    "sign-up gives a session and keeps the metadata",
    "sign-up makes a profile through the trigger on auth.users",
    "sign-in with the right password gives a session",
    "sign-in with a wrong password is refused",
    "refresh gives two new tokens of the same session",
    "getUser answers what the server knows now",
    "getUser refuses a forged token",
    "a user changes their own metadata and password",
    "local sign-out ends this session only",
    "global sign-out ends every session of the user",
    "admin creates a confirmed user with app metadata",
    "admin lists users page by page",
    "admin deletes a user, who can then not sign in",
    "admin is refused to the publishable key",
    "user tokens verify against the published keys",
    "auth errors carry status, code and reasons",
)

REST: Final = (
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
    "a raised exception brings its detail and hint",
    "two users never see each other's rows",
    "two users never change each other's rows",
    "a security invoker view obeys the reader's policies",
    "an anonymous caller reads public rows only",
    "the secret key sees every user's rows",
    "an unknown key is refused",
)

BINARY_BROADCAST: Final = "binary broadcast arrives byte for byte"

# Disturb everybody on the stack, so they run when nobody else does.
ALONE: Final = frozenset({"a terminated replication connection recovers by itself"})

REALTIME: Final = (
    "INSERT events bring the new row",
    "UPDATE events bring the new row and the old key",
    "DELETE events bring the old key",
    "an eq filter lets through equal rows only",
    "an in filter lets through listed rows only",
    "a gt filter lets through greater rows only",
    "several bindings on one channel each get their own events",
    "events reach those who may read the row only",
    "the secret key receives every user's events",
    "a table that is not published is refused in a system message",
    "event payloads equal the REST row",
    "unchanged wide columns are left out of UPDATE events",
    "broadcast reaches the others on the topic but not its sender",
    "broadcast is acknowledged and echoed to a sender who asks",
    BINARY_BROADCAST,
    "broadcast over HTTP reaches the topic",
    "members listen and speak on a private topic",
    "a stranger is refused a private topic",
    "a member without the right to write is not heard",
    "a trigger broadcasts a row's changes on its owner's topic",
    "presence tells who is there and who left",
    "presence shows a newcomer who is already there",
    "a new token changes whose rows a channel receives",
    "a refreshed token keeps a channel open when the old one expires",
    "a cut connection is restored and its channels rejoin",
    "a terminated replication connection recovers by itself",
)

AREAS: Final = (AUTH, REST, REALTIME)
ALL: Final = AUTH + REST + REALTIME
