"""Clients and tokens, with a wall clock the test moves by hand."""

import base64
import json

import pytest

from devstack.dhan.accounts import Account, Accounts, LoginError, Refusal, Token
from devstack.dhan.totp import totp


class Now:
    """Unix seconds that move when told."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def accounts(now: Now) -> Accounts:
    return Accounts(count=2, now=now)


def digits(account: Account, now: Now) -> str:
    return totp(account.totp_secret, now())


def test_a_living_token_names_its_account(accounts: Accounts) -> None:
    first = accounts.all[0]
    assert accounts.check(first.token.text, first.client_id) is first
    assert accounts.check(first.token.text) is first


def test_every_way_to_be_refused_has_the_number_of_dhan(accounts: Accounts, now: Now) -> None:
    first, second = accounts.all
    assert accounts.check("eyJ.none", first.client_id) is Refusal.TOKEN_INVALID
    assert accounts.check(first.token.text, "999") is Refusal.CLIENT_INVALID
    assert accounts.check(first.token.text, second.client_id) is Refusal.AUTHENTICATION_FAILED
    now.seconds += 86_400
    assert accounts.check(first.token.text, first.client_id) is Refusal.TOKEN_EXPIRED


def test_a_token_is_a_jwt_whose_claims_say_how_it_was_made(accounts: Accounts) -> None:
    token = accounts.all[0].token
    body = token.text.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert claims["tokenConsumerType"] == "SELF"
    assert claims["dhanClientId"] == "1100000001"
    assert claims["exp"] - claims["iat"] == 86_400
    assert token.text.startswith("eyJ")


def test_a_login_mints_an_app_token_and_kills_the_old_one(accounts: Accounts, now: Now) -> None:
    account = accounts.all[0]
    old = account.token
    dead: list[Token] = []
    accounts.on_death.append(dead.append)
    new = accounts.login(account.client_id, account.pin, digits(account, now))
    assert dead == [old]
    assert accounts.check(old.text, account.client_id) is Refusal.TOKEN_EXPIRED
    assert accounts.check(new.text, account.client_id) is account
    assert new.consumer == "APP"


def test_a_login_within_two_minutes_of_the_last_is_refused(accounts: Accounts, now: Now) -> None:
    account = accounts.all[0]
    accounts.login(account.client_id, account.pin, digits(account, now))
    now.seconds += 119
    with pytest.raises(LoginError, match="once every 2 minutes"):
        accounts.login(account.client_id, account.pin, digits(account, now))
    now.seconds += 1
    accounts.login(account.client_id, account.pin, digits(account, now))


def test_a_wrong_login_is_refused_and_says_what_is_wrong(accounts: Accounts, now: Now) -> None:
    account = accounts.all[0]
    wrong_pin = "000000" if account.pin != "000000" else "111111"
    with pytest.raises(LoginError, match="Client ID"):
        accounts.login("999", account.pin, digits(account, now))
    with pytest.raises(LoginError, match="Pin"):
        accounts.login(account.client_id, wrong_pin, digits(account, now))
    with pytest.raises(LoginError, match="TOTP"):
        accounts.login(account.client_id, account.pin, "no")


def test_only_a_token_of_the_web_can_be_renewed(accounts: Accounts, now: Now) -> None:
    account = accounts.all[0]
    old = account.token
    new = accounts.renew(account)
    assert new.text != old.text
    assert accounts.check(old.text) is Refusal.TOKEN_EXPIRED
    accounts.login(account.client_id, account.pin, digits(account, now))
    with pytest.raises(LoginError, match="not allowed"):
        accounts.renew(account)


def test_expiry_by_force_kills_the_living_token_only_of_that_client(accounts: Accounts) -> None:
    first, second = accounts.all
    accounts.expire(first)
    assert accounts.check(first.token.text) is Refusal.TOKEN_EXPIRED
    assert accounts.check(second.token.text) is second


def test_the_same_seed_gives_the_same_pins_and_secrets() -> None:
    one, other, different = Accounts(seed=4), Accounts(seed=4), Accounts(seed=5)
    assert one.all[0].pin == other.all[0].pin
    assert one.all[0].totp_secret == other.all[0].totp_secret
    assert one.all[0].totp_secret != different.all[0].totp_secret
