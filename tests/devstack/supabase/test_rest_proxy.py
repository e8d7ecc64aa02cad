"""Callers who leave before PostgREST has answered."""

import socket
import struct
from urllib.parse import urlsplit

import httpx
import pytest

from tests.stacks import running_stack

LEAVERS = 20
_RESET = struct.pack("ii", 1, 0)


def test_a_caller_who_leaves_early_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    with running_stack() as stack:
        place = urlsplit(stack.url)
        path = "/rest/v1/strategies?select=*"
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\napikey: {stack.secret_key}\r\n\r\n"
        for _ in range(LEAVERS):
            with socket.create_connection((place.hostname, place.port)) as caller:
                # Closing sends a reset: the gateway learns of it while PostgREST still thinks.
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                caller.sendall(request.encode())
        answer = httpx.get(stack.url + path, headers={"apikey": stack.secret_key})
        assert answer.is_success
    assert "Traceback" not in capfd.readouterr().err
