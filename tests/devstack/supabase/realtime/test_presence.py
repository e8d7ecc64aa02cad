"""Presence lists, whatever order members come, change and go in."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from devstack.supabase.realtime.presence import Presence

STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y"]), st.booleans()), max_size=30
)


def applied(state: dict[str, list[Any]], diff: Any) -> None:
    """Change a client's state as supabase-js does: joins are added, leaves taken out by ref."""
    for key, metas in diff.joins.items():
        state.setdefault(key, []).extend(metas)
    for key, metas in diff.leaves.items():
        gone = {meta["phx_ref"] for meta in metas}
        state[key] = [meta for meta in state[key] if meta["phx_ref"] not in gone]
        if not state[key]:
            del state[key]


@given(STEPS)
def test_a_client_that_follows_the_diffs_knows_the_state(
    steps: list[tuple[str, str, bool]],
) -> None:
    presence, followed = Presence(), dict[str, list[Any]]()
    for member, key, comes in steps:
        diff = presence.track(member, key, {"n": 1}) if comes else presence.untrack(member)
        if diff is not None:
            applied(followed, diff)
    state = {key: value["metas"] for key, value in json.loads(presence.state_json()).items()}
    assert {k: sorted(m["phx_ref"] for m in v) for k, v in state.items()} == {
        k: sorted(m["phx_ref"] for m in v) for k, v in followed.items()
    }


def test_who_was_not_present_does_not_leave() -> None:
    assert Presence().untrack("a") is None
