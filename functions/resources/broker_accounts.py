"""Broker accounts: connect one.

In:  client id and access token of the user's own account.
Out: what its owner may see of it: last four characters, expiry, what the broker said.
Next: `functions/broker_desk.py`.

Reading them is a select on `broker_accounts`, cutting one off is the rpc
`disconnect_broker_account`: both are the database's, in the user's own name.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from adapters.secrets import Secret
from functions.broker_desk import connect, until
from functions.models import Answer, Body
from functions.routing import Call


class NewBrokerAccount(Body):
    """The user's own account at a broker; the token is kept sealed."""

    broker: Literal["dhan"]
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,32}$", examples=["1000000001"])]
    access_token: Annotated[
        str,
        Field(
            min_length=1,
            max_length=8192,
            pattern=r"^[!-~]+$",
            json_schema_extra={"format": "password", "writeOnly": True},
        ),
    ]


class BrokerAccount(Answer):
    """What is shown of an account; `detail` is what the broker said."""

    id: UUID
    broker: Literal["dhan"]
    client_id: str
    token_last_four: str
    token_expires_at: AwareDatetime
    static_ip_allowed: bool
    detail: str


def connect_broker_account(call: Call, body: NewBrokerAccount) -> BrokerAccount:
    """Connect a broker account, or replace its token.

    The broker is asked whether it takes the token; one that it does not take is not stored.
    """
    token = Secret(body.access_token)
    account_id, check = connect(call, body.client_id, token)
    return BrokerAccount(
        id=UUID(account_id),
        broker=body.broker,
        client_id=body.client_id,
        token_last_four=token.last_four,
        token_expires_at=until(check),
        static_ip_allowed=check.static_ip_allowed,
        detail=check.detail,
    )
