"""The keeper of the access token as the settings want it; and a token handed in by a person.

In:  `Settings`; for ``python -m worker token`` a token on stdin.
Out: a `TokenKeeper`; the token kept, which a running worker uses from then on.
Next: `worker/broker/token_keeper.py`.
"""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from adapters.secrets import SecretSealer
from core.errors import EXIT_ASKED_TO_STOP, ConfigError
from worker.broker.token_file import Kept, TokenFile
from worker.broker.token_keeper import TokenKeeper
from worker.broker.token_login import Login
from worker.broker.token_maker import TokenMaker
from worker.logs import also_hide
from worker.settings import Settings

_FILE: Final = "token.json"
_LONGEST: Final = 8_192


@asynccontextmanager
async def opened_tokens(settings: Settings) -> AsyncIterator[TokenKeeper]:
    """Yield the keeper; `begin` has not been called.

    Raises
    ------
    ConfigError
        If BROKER_KEYS is set and cannot be used.
    """
    file = _file(settings)
    async with _login(settings) as login:
        keeper = TokenKeeper(TokenMaker(login, file), settings.dhan_access_token)
        keeper.on_new.append(also_hide)
        yield keeper


def hand_in(settings: Settings) -> int:
    """Keep the token on stdin, if Dhan takes it; return the exit code.

    Raises
    ------
    ConfigError
        If Dhan refuses it.
    BrokerError
        If Dhan cannot be asked.
    """
    token = sys.stdin.read(_LONGEST + 1).strip()
    if not token or len(token) > _LONGEST or any(each.isspace() for each in token):
        raise ConfigError(f"stdin holds {len(token)} characters, must be one access token")
    also_hide(token)
    asyncio.run(_keep(settings, token))
    print("kept; a running worker uses it at once")  # noqa: T201 - a program for a terminal.
    return EXIT_ASKED_TO_STOP


async def _keep(settings: Settings, token: str) -> None:
    file = _file(settings)
    async with _login(settings) as login, file.locked():
        await login.valid_until(token)
        file.write(Kept(token, file.read().login_at))


def _file(settings: Settings) -> TokenFile:
    path = settings.token_file or settings.state_dir / _FILE
    return TokenFile(path, _sealer(settings), settings.dhan_client_id)


def _login(settings: Settings) -> Login:
    return Login(
        settings.dhan_api_url, settings.dhan_auth_url, settings.dhan_client_id, settings.dhan_login
    )


def _sealer(settings: Settings) -> SecretSealer:
    """Return what seals: the operator's keys or, where there are none, one of the worker's own."""
    if settings.broker_keys:
        return SecretSealer.from_setting(settings.broker_keys)
    secret = settings.supabase_secret_key.encode()
    return SecretSealer({"own": hashlib.sha256(b"tradebase worker token\0" + secret).digest()})
