"""How each behaviour is switched off, so that its cases can be seen to fail.

In:  a stack and its proxy.
Out: one `Sabotage` or more per behaviour: a rule of the proxy where the stack's services do it, SQL
     where the schema does.
Next: `tests/contract/sabotage/kinds.py`.

A proxy, and not a patched stack: it cannot rot when the stack's insides change, and it works before
any stack. Where possible it lies (answers without doing) instead of failing, since a case that
believes the answer is the weaker one.
"""

from tests.contract.proxy import Proxy
from tests.contract.sabotage.auth import authentication
from tests.contract.sabotage.changes import changes
from tests.contract.sabotage.connections import connections
from tests.contract.sabotage.kinds import Table
from tests.contract.sabotage.messages import messages
from tests.contract.sabotage.rows import rows
from tests.contract.sabotage.security import security
from tests.contract.target import Target


def sabotages(target: Target, proxy: Proxy) -> Table:
    """Return every behaviour with the ways it is switched off."""
    return (
        authentication()
        | rows()
        | security(target)
        | changes(target)
        | messages()
        | connections(proxy)
    )
