"""The admin's endpoints, and that nobody else gets in."""

import pytest

from tests.devstack.supabase.clients import PASSWORD, Client, refusal

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_an_admin_creates_reads_changes_and_deletes_a_user(admin: Client, email: str) -> None:
    created = admin.auth(
        "POST",
        "/admin/users",
        {
            "email": email,
            "password": PASSWORD,
            "email_confirm": True,
            "user_metadata": {"name": "Asha"},
            "app_metadata": {"role": "trader"},
        },
    ).json()
    path = f"/admin/users/{created['id']}"
    assert admin.auth("GET", path).json() == created
    assert created["app_metadata"]["role"] == "trader"
    changed = admin.auth("PUT", path, {"app_metadata": {"role": None, "plan": "pro"}}).json()
    assert changed["app_metadata"] == {
        "provider": "email",
        "providers": ["email"],
        "plan": "pro",
    }
    assert admin.sign_in(email).status_code == 200
    assert admin.auth("DELETE", path).json() == {}
    assert refusal(admin.auth("GET", path)) == (404, "user_not_found")
    assert refusal(admin.sign_in(email)) == (400, "invalid_credentials")


def test_a_deleted_user_is_signed_out(admin: Client, anybody: Client, email: str) -> None:
    session = anybody.sign_up(email)
    admin.auth("DELETE", f"/admin/users/{session['user']['id']}")
    seen = anybody.auth("GET", "/user", token=session["access_token"])
    assert refusal(seen) == (403, "session_not_found")


def test_a_user_who_is_not_confirmed_cannot_sign_in(admin: Client, email: str) -> None:
    created = admin.auth("POST", "/admin/users", {"email": email, "password": PASSWORD}).json()
    assert "email_confirmed_at" not in created
    assert refusal(admin.sign_in(email)) == (400, "email_not_confirmed")
    admin.auth("PUT", f"/admin/users/{created['id']}", {"email_confirm": True})
    assert admin.sign_in(email).status_code == 200


def test_a_banned_user_cannot_sign_in_nor_refresh(
    admin: Client, anybody: Client, email: str
) -> None:
    session = anybody.sign_up(email)
    path = f"/admin/users/{session['user']['id']}"
    assert "banned_until" in admin.auth("PUT", path, {"ban_duration": "1h30m"}).json()
    assert refusal(anybody.sign_in(email)) == (400, "user_banned")
    assert refusal(anybody.refresh(session["refresh_token"])) == (400, "user_banned")
    assert "banned_until" not in admin.auth("PUT", path, {"ban_duration": "none"}).json()
    assert anybody.sign_in(email).status_code == 200


def test_users_are_listed_page_by_page(admin: Client, anybody: Client, email: str) -> None:
    for number in range(3):
        anybody.sign_up(f"{number}.{email}")
    first = admin.auth("GET", "/admin/users?page=1&per_page=2")
    total = int(first.headers["x-total-count"])
    last = -(-total // 2)
    assert total >= 3
    assert len(first.json()["users"]) == 2
    assert 'page=2&per_page=2>; rel="next"' in first.headers["link"]
    assert f'page={last}&per_page=2>; rel="last"' in first.headers["link"]
    final = admin.auth("GET", f"/admin/users?page={last}&per_page=2")
    assert 'rel="next"' not in final.headers["link"]
    emails = [
        user["email"]
        for page in range(1, last + 1)
        for user in admin.auth("GET", f"/admin/users?page={page}&per_page=2").json()["users"]
    ]
    assert len(emails) == len(set(emails)) == total


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/admin/users?page=0", None, (400, "validation_failed")),
        ("GET", "/admin/users?per_page=many", None, (400, "validation_failed")),
        ("GET", f"/admin/users?page={'9' * 5000}", None, (400, "validation_failed")),
        ("GET", "/admin/users/somebody", None, (404, "validation_failed")),
        ("GET", f"/admin/users/{NOBODY}", None, (404, "user_not_found")),
        ("DELETE", f"/admin/users/{NOBODY}", None, (404, "user_not_found")),
        ("PUT", f"/admin/users/{NOBODY}", {}, (404, "user_not_found")),
        ("POST", "/admin/users", {"email": "a@b.c", "id": "1"}, (400, "validation_failed")),
        (
            "POST",
            "/admin/users",
            {"email": "a@b.c", "ban_duration": "soon"},
            (400, "validation_failed"),
        ),
        (
            "POST",
            "/admin/users",
            {"email": "a@b.c", "ban_duration": "9" * 30 + "h"},
            (400, "validation_failed"),
        ),
    ],
)
def test_a_request_that_cannot_be_is_refused(
    admin: Client, method: str, path: str, body: object, expected: tuple[int, str]
) -> None:
    assert refusal(admin.auth(method, path, body)) == expected


def test_an_address_or_id_is_given_once(admin: Client, email: str) -> None:
    created = admin.auth("POST", "/admin/users", {"email": email}).json()
    again = admin.auth("POST", "/admin/users", {"email": email})
    assert refusal(again) == (422, "email_exists")
    same_id = admin.auth("POST", "/admin/users", {"email": f"x{email}", "id": created["id"]})
    assert refusal(same_id) == (500, "unexpected_failure")


def test_only_the_secret_key_is_an_admin(anybody: Client, email: str) -> None:
    token = anybody.sign_up(email)["access_token"]
    for given in (None, token):
        assert refusal(anybody.auth("GET", "/admin/users", token=given)) == (403, "not_admin")
