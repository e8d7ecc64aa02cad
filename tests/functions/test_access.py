"""Who passes the door, with which names and keys of the project."""

from dataclasses import replace

import pytest

from devstack.supabase.keys import ANON_JWT, SERVICE_JWT, SHARED_SECRET
from functions.access import Doorkeeper
from functions.problems import ApiError
from functions.routing import Access
from functions.settings import Settings
from tests.functions.conftest import CRON_SECRET, Caller, Environ, running_app
from tests.supabase.people import Person


def test_the_older_names_and_keys_of_a_project_serve_every_kind_of_route(
    environ: Environ, user: Person
) -> None:
    older = {
        "SUPABASE_URL": "",
        "SUPABASE_PUBLISHABLE_KEY": "",
        "SUPABASE_SECRET_KEY": "",
        "NEXT_PUBLIC_SUPABASE_URL": environ["SUPABASE_URL"],
        "NEXT_PUBLIC_SUPABASE_ANON_KEY": ANON_JWT,
        "SUPABASE_SERVICE_ROLE_KEY": SERVICE_JWT,
        "SUPABASE_JWT_SECRET": SHARED_SECRET,
    }
    with running_app(environ | older) as app:
        assert Caller(app).get("/api/health").status_code == 200
        assert Caller(app, user.token).get("/api/trades/all").status_code == 200
        assert Caller(app, CRON_SECRET).post("/api/cron/eod-exit").status_code == 200
        # The keys are tokens of the same secret, and still no user's.
        for key in (ANON_JWT, SERVICE_JWT):
            assert Caller(app, key).get("/api/trades/all").status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "  Bearer  "])
def test_the_scheme_may_be_written_in_any_case(settings: Settings, scheme: str) -> None:
    door = Doorkeeper(settings)
    assert door.admit(Access.CRON, f"{scheme} {CRON_SECRET} ").user_id is None


@pytest.mark.parametrize("shown", [CRON_SECRET[:-1], CRON_SECRET.upper(), "ÿ" * 41, "€", "x"])
def test_another_secret_is_refused_whatever_its_letters(settings: Settings, shown: str) -> None:
    with pytest.raises(ApiError) as caught:
        Doorkeeper(settings).admit(Access.CRON, f"Bearer {shown}")
    assert (caught.value.status, caught.value.code) == (401, "invalid_cron_secret")


def test_a_secret_that_is_not_ascii_is_known_again(settings: Settings) -> None:
    secret = "für-den-wecker-" * 3
    door = Doorkeeper(replace(settings, cron_secret=secret))
    # A server hands a header over as Latin-1.
    assert door.admit(Access.CRON, f"Bearer {secret.encode().decode('latin-1')}").user_id is None
