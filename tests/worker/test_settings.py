"""Settings: all problems at once, no secret repeated."""

import pytest

from core.errors import ConfigError
from worker.settings import FEED, WALL, read_settings

WHOLE = {
    "SUPABASE_URL": "http://127.0.0.1:54321/",
    "SUPABASE_SECRET_KEY": "sb_secret_of_a_test",
    "DHAN_CLIENT_ID": "1100000001",
    "DHAN_ACCESS_TOKEN": "token.of.a-test",
}


def test_what_is_not_said_has_dhans_own_addresses_and_wall_time() -> None:
    settings = read_settings(WHOLE)
    assert settings.supabase_url == "http://127.0.0.1:54321"
    assert settings.dhan_feed_url == "wss://api-feed.dhan.co"
    assert settings.shard == "main"
    assert settings.market_clock == WALL
    assert not settings.follows_feed


def test_a_fast_feed_is_the_clock() -> None:
    assert read_settings({**WHOLE, "MARKET_SPEED": "60"}).market_clock == FEED
    assert read_settings({**WHOLE, "MARKET_CLOCK": "feed"}).follows_feed


def test_the_older_names_work_too() -> None:
    older = {
        "NEXT_PUBLIC_SUPABASE_URL": "https://a.example",
        "SUPABASE_SERVICE_ROLE_KEY": "service-role-key",
        "DHAN_CLIENT_ID": "1",
        "DHAN_ACCESS_TOKEN": "t",
    }
    settings = read_settings(older)
    assert settings.supabase_url == "https://a.example"
    assert settings.supabase_secret_key == "service-role-key"


def test_a_worker_that_logs_in_by_itself_needs_no_token() -> None:
    given = {name: value for name, value in WHOLE.items() if name != "DHAN_ACCESS_TOKEN"}
    settings = read_settings({**given, "DHAN_PIN": "123456", "DHAN_TOTP_SECRET": "JBSWY3DP"})
    assert settings.dhan_login == ("123456", "JBSWY3DP")
    assert "123456" not in repr(settings)
    assert "JBSWY3DP" not in repr(settings)
    with pytest.raises(ConfigError, match="DHAN_PIN and DHAN_TOTP_SECRET belong together"):
        read_settings({**WHOLE, "DHAN_PIN": "123456"})
    with pytest.raises(ConfigError, match="DHAN_TOTP_SECRET: a secret of 4 characters is not"):
        read_settings({**WHOLE, "DHAN_PIN": "123456", "DHAN_TOTP_SECRET": "0189"})


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({"SUPABASE_URL": "ftp://x", "MARKET_SPEED": "-1", "MARKET_CLOCK": "sun"})
    text = str(caught.value)
    for expected in (
        "SUPABASE_URL is 'ftp://x', must be an address such as https://example.com",
        "SUPABASE_SECRET_KEY (or SUPABASE_SERVICE_ROLE_KEY) is missing",
        "DHAN_CLIENT_ID is missing",
        "DHAN_ACCESS_TOKEN is missing",
        "MARKET_SPEED is '-1'",
        "MARKET_CLOCK is 'sun'",
    ):
        assert expected in text


def test_wall_time_cannot_follow_a_fast_feed() -> None:
    with pytest.raises(ConfigError, match="must be 'feed' while MARKET_SPEED is 60"):
        read_settings({**WHOLE, "MARKET_SPEED": "60", "MARKET_CLOCK": "wall"})


def test_printed_settings_show_no_secret() -> None:
    text = repr(read_settings(WHOLE))
    assert WHOLE["SUPABASE_SECRET_KEY"] not in text
    assert WHOLE["DHAN_ACCESS_TOKEN"] not in text
