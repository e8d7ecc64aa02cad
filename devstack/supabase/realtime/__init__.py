"""Embedded Realtime: what Supabase's server of the same name does, in the gateway's own process.

In:  Postgres's replication stream, websocket clients, HTTP broadcasts.
Out: postgres_changes under each subscriber's own row level security, broadcast, presence.
Next: `devstack/supabase/realtime/server.py`, which puts the parts together.
"""

from devstack.supabase.realtime.server import Realtime

__all__ = ["Realtime"]
