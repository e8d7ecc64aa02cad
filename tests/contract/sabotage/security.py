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
        "two users never see each other's rows": [
            open_policies("reads"),
        ],
        # A row that may not be read is not found to be changed, so reading is opened as well.
        "two users never change each other's rows": [
            open_policies("writes"),
            open_policies("reads", "changes"),
            open_policies("reads", "deletes"),
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


def open_policies(*verbs: str) -> Statements:
    """Let these policies on the notes hold for everybody."""
    off = [_policy(verb, "true") for verb in verbs]
    on = [_policy(verb, "(select auth.uid()) = user_id") for verb in verbs]
    return Statements(off="; ".join(off), on="; ".join(on))


def _policy(verb: str, rule: str) -> str:
    using = "" if verb == "writes" else f"using ({rule})"
    check = f"with check ({rule})" if verb in {"writes", "changes"} else ""
    return f'alter policy "A user {verb} their own notes" on public.notes {using} {check}'
