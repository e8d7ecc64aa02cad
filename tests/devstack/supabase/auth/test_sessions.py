"""Refresh tokens: rotation, the forgiving window, and what happens to a stolen one."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.devstack.supabase.clients import Client, refusal
from tests.stacks import RunningStack


def _age(stack: RunningStack, seconds: int) -> None:
    """Make every refresh token look as if it was used so many seconds earlier."""
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "update auth.refresh_tokens set updated_at = updated_at - %s * interval '1 second'",
            (seconds,),
        )


def test_a_refresh_gives_a_new_pair_of_tokens_for_the_same_session(
    anybody: Client, email: str
) -> None:
    first = anybody.sign_up(email)
    second = anybody.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["user"]["id"] == first["user"]["id"]
    assert anybody.refresh(second["refresh_token"]).status_code == 200


def test_a_token_used_twice_within_ten_seconds_is_forgiven(
    anybody: Client, stack: RunningStack, email: str
) -> None:
    first = anybody.sign_up(email)
    second = anybody.refresh(first["refresh_token"]).json()
    anybody.refresh(second["refresh_token"])
    _age(stack, 4)  # Six seconds are left for a busy machine.
    assert anybody.refresh(first["refresh_token"]).status_code == 200


def test_the_parent_of_the_current_token_is_forgiven_for_ever(
    anybody: Client, stack: RunningStack, email: str
) -> None:
    first = anybody.sign_up(email)
    second = anybody.refresh(first["refresh_token"]).json()
    _age(stack, 3600)
    again = anybody.refresh(first["refresh_token"]).json()
    assert again["refresh_token"] == second["refresh_token"]


def test_a_token_reused_later_ends_the_whole_session(
    anybody: Client, stack: RunningStack, email: str
) -> None:
    first = anybody.sign_up(email)
    second = anybody.refresh(first["refresh_token"]).json()
    third = anybody.refresh(second["refresh_token"]).json()
    _age(stack, 11)
    expected = (400, "refresh_token_already_used")
    assert refusal(anybody.refresh(first["refresh_token"])) == expected
    assert refusal(anybody.refresh(third["refresh_token"])) == expected


def test_a_token_nobody_was_given_is_refused(anybody: Client) -> None:
    assert refusal(anybody.refresh("invented")) == (400, "refresh_token_not_found")
    assert refusal(anybody.refresh("")) == (400, "validation_failed")


def test_two_refreshes_at_once_both_get_a_working_token(anybody: Client, email: str) -> None:
    token = anybody.sign_up(email)["refresh_token"]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(anybody.refresh, [token] * 4))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["refresh_token"] for reply in replies}) == 1
