"""Switches off who sees what.

In:  the keys of a stack.
Out: behaviour to sabotages.
Next: `tests/contract/sabotage/changes.py`.
"""

from tests.contract import rules
from tests.contract.sabotage.auth import ADMIN
from tests.contract.sabotage.kinds import Statements, Table
from tests.contract.target import Target


def security(target: Target) -> Table:
    """Who sees what."""
    publishable, secret = target.publishable_key, target.secret_key
    known = {publishable, secret}
    return {
        "admin is refused to the publishable key": [
            rules.replacing_key(publishable.__eq__, secret, path=ADMIN),
        ],
        "two users never see or change each other's rows": [
            Statements(
                off="alter table public.notes disable row level security",
                on="alter table public.notes enable row level security",
            ),
            *(open_policy("notes", verb) for verb in ("reads", "writes", "changes", "deletes")),
        ],
        "a security invoker view obeys the reader's policies": [
            Statements(
                off="alter view public.note_titles set (security_invoker = false)",
                on="alter view public.note_titles set (security_invoker = true)",
            ),
        ],
        "an anonymous caller reads public rows only": [
            Statements(
                off="grant select on public.notes to anon",
                on="revoke select on public.notes from anon",
            ),
            Statements(
                off="revoke select on public.announcements from anon",
                on="grant select on public.announcements to anon",
            ),
        ],
        "the secret key sees every user's rows": [
            rules.replacing_key(secret.__eq__, publishable),
        ],
        "an unknown key is refused": [
            rules.replacing_key(lambda key: key not in known and key != "", publishable),
        ],
    }


def open_policy(table: str, verb: str) -> Statements:
    """Let one policy on a table hold for everybody."""
    name, own = f'"A user {verb} their own {table}"', "(select auth.uid()) = user_id"
    using = "" if verb == "writes" else "using (%s)"
    check = "with check (%s)" if verb in {"writes", "changes"} else ""
    alter = f"alter policy {name} on public.{table} {using} {check}"
    return Statements(off=alter.replace("%s", "true"), on=alter.replace("%s", own))
