"""Options: defaults, where they come from, and all problems at once."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from devstack.supabase.options import read_options

_HOST_PROBLEM = (
    "  --host is '0.0.0.0', must be an IPv4 loopback address such as 127.0.0.1: the keys of this "
    "stack are public"
)


def test_without_arguments_the_ports_are_the_clis() -> None:
    options = read_options([], {})
    assert (options.host, options.port, options.db_port) == ("127.0.0.1", 54321, 54322)
    assert options.backend == "embedded"
    assert options.token_seconds == 3600
    assert not options.ephemeral


def test_port_zero_means_free_ports_for_both() -> None:
    options = read_options(["--port", "0"], {})
    assert (options.port, options.db_port) == (0, 0)
    assert read_options(["--port=0", "--db-port=5000"], {}).db_port == 5000


def test_the_command_line_wins_over_the_environment() -> None:
    environment = {"STACK_PORT": "1000", "STACK_STATE": "relative", "STACK_BACKEND": "cli"}
    options = read_options(["--port", "2000"], environment)
    assert options.port == 2000
    assert options.home == Path("relative").absolute()
    assert options.backend == "cli"


def test_every_problem_is_told_under_the_name_it_was_given_by() -> None:
    with pytest.raises(ConfigError) as raised:
        read_options(
            ["--port", "http", "--host", "0.0.0.0", "--backend", "hosted"],  # noqa: S104 - refused
            {"STACK_DB_PORT": "70000", "STACK_TOKEN_SECONDS": "0"},
        )
    assert str(raised.value).splitlines() == [
        "settings cannot be used:",
        "  --port is 'http', must be a whole number from 0 to 65535",
        _HOST_PROBLEM,
        "  STACK_DB_PORT is '70000', must be a whole number from 0 to 65535",
        "  --backend is 'hosted', must be one of embedded, cli",
        "  STACK_TOKEN_SECONDS is '0', must be a whole number from 1 to 604800",
    ]


@pytest.mark.parametrize("host", ["192.168.1.5", "localhost", "::", "example.com", "128.0.0.1"])
def test_only_loopback_may_be_listened_on(host: str) -> None:
    with pytest.raises(ConfigError, match=f"--host is '{host}'"):
        read_options(["--host", host], {})


def test_another_loopback_address_will_do() -> None:
    assert read_options(["--host", "127.0.0.2"], {}).host == "127.0.0.2"


def test_an_ephemeral_stack_has_nothing_to_reset() -> None:
    with pytest.raises(ConfigError, match="nothing to reset"):
        read_options(["--ephemeral", "--reset"], {})


def test_help_names_every_line_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        read_options(["--help"], {})
    text = capsys.readouterr().out
    for word in ("SUPABASE_URL", "DATABASE_URL", "--ephemeral", "75"):
        assert word in text
