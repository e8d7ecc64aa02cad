"""Tests of the embedded Realtime, over a real Postgres and raw websockets."""
