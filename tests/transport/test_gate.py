"""The gate by itself: what those behind it get to see."""

from typing import Any

import pytest

from bitrix24_dialogs.callers.caller import Caller, Callers, TokenHolder, new_token, token_sha256
from bitrix24_dialogs.transport.gate import Gate, security_settings

pytestmark = pytest.mark.anyio


async def test_who_is_behind_the_gate_sees_the_caller_and_never_the_token() -> None:
    token = new_token()
    seen: list[dict[str, Any]] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    async def unused(*_: Any) -> Any:
        raise AssertionError("nothing is to be read or sent")

    caller = Caller("anna", read_only=True)
    callers = Callers([TokenHolder(caller, token_sha256(token.encode()))])
    proof = f"Bearer {token}".encode()
    headers = [
        (b"host", b"localhost"),
        (b"authorization", proof),
        (b"proxy-authorization", proof),
        (b"cookie", proof),
        (b"mcp-name", b"x"),
    ]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/sse",
        "headers": headers,
        "query_string": b"",
        "client": ("127.0.0.1", 1),
    }
    await Gate(behind, callers, security_settings((), ()))(scope, unused, unused)

    (passed,) = seen
    assert passed["user"].caller == caller
    assert passed["headers"] == [(b"host", b"localhost"), (b"mcp-name", b"x")]
    assert token not in str(passed) + str(vars(passed["user"])) + str(passed["user"].access_token)
    assert scope["headers"] is headers  # the server's own copy is left alone
    assert len(headers) == 5


async def test_a_gate_lets_nothing_through_that_is_no_request() -> None:
    async def behind(*_: Any) -> None:
        raise AssertionError("let through")

    await Gate(behind, None, security_settings((), ()))({"type": "websocket"}, behind, behind)
