"""Switches off what survives a change of token or the end of a connection.

In:  a proxy.
Out: behaviour to sabotages.
Next: `tests/contract/test_sabotage.py`.
"""

from tests.contract import channel_rules
from tests.contract.proxy import Proxy
from tests.contract.rules import Memory, Rule
from tests.contract.sabotage.changes import SOCKET
from tests.contract.sabotage.kinds import Table
from tests.contract.wire import Frame, Reply, Request


def connections(proxy: Proxy) -> Table:
    """Tokens that change and connections that end."""
    connected: set[str] = set()

    def refuse_second(request: Request) -> Request | Reply:
        if request.path != SOCKET or not request.tag:
            return request
        if request.tag in connected:
            return Reply(503)
        connected.add(request.tag)
        return request

    def deaf_once_terminated(frame: Frame, memory: Memory) -> Frame | None:
        terminated = proxy.terminations > memory.setdefault("terminations", proxy.terminations)
        return None if frame.event == "postgres_changes" and terminated else frame

    return {
        "a new token changes whose rows a channel receives": [
            channel_rules.dropping_up("access_token"),
        ],
        "a refreshed token keeps a channel open when the old one expires": [
            channel_rules.dropping_up("access_token"),
        ],
        "a cut connection is restored and its channels rejoin": [
            Rule(request=refuse_second),
        ],
        "a terminated replication connection recovers by itself": [
            Rule(down=deaf_once_terminated),
        ],
    }
