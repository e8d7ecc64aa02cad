"""Which operating-system account the servers run under: Postgres refuses to run as root.

In:  who we are, and the machine's account list.
Out: the arguments with which `subprocess` starts a server, and ownership of the files it needs.
Next: `devstack/supabase/state.py`.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from core.errors import ConfigError

_CANDIDATES = ("postgres", "nobody")  # An account must have a name: initdb looks itself up.


class Identity(TypedDict, total=False):
    """The part of `subprocess.Popen`'s arguments that says who the child is."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """An ordinary account that servers are started under.

    Parameters
    ----------
    uid, gid
        Numeric user and group.
    switched
        True when we are root and children must change to this account.
    """

    uid: int
    gid: int
    switched: bool

    def identity(self) -> Identity:
        """Return what `subprocess.Popen` needs to start a child as this account."""
        if not self.switched:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give one file or directory to the account, when it is not ours already."""
        if self.switched:
            os.chown(path, self.uid, self.gid)


def server_account() -> Account:
    """Return ourselves, or for root the first of ``postgres`` and ``nobody`` that exists.

    Raises
    ------
    ConfigError
        We are root and the machine has neither account.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switched=False)
    for name in _CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid, switched=True)
    raise ConfigError(
        f"Postgres cannot run as root and none of the accounts {', '.join(_CANDIDATES)} exists; "
        "run as an ordinary user"
    )
