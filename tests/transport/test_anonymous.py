"""A server that asks for no token, as on trial: strangers' pages reach it no more than any other."""

import pytest

from tests.transport.inside import client_of, serving_inside
from tests.transport.raw import Headers, encoded, mcp_headers, modern_call

pytestmark = pytest.mark.anyio


async def ask_inside(method: str, path: str, headers: Headers, body: bytes | None = None) -> bytes:
    async with serving_inside(anonymous=True) as inside, client_of(inside) as client:
        client.ask(method, path, headers, body)
        head = await client.read_until(b"\r\n\r\n")
        assert b"access-control-allow" not in head.lower()
        return head


async def test_a_program_on_this_machine_needs_no_token() -> None:
    headers, call = modern_call("session_mode_pin_all")
    assert b" 200 OK" in await ask_inside("POST", "/mcp", headers, encoded(call))
    assert b" 200 OK" in await ask_inside("GET", "/sse", {})


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "rebound.example"}]
)
async def test_a_strangers_page_is_refused(headers: dict[str, str]) -> None:
    given, call = modern_call("session_mode_pin_all")
    status = b" 421 " if "Host" in headers else b" 403 "
    assert status in await ask_inside("POST", "/mcp", given | headers, encoded(call))
    assert status in await ask_inside("GET", "/sse", headers)
    assert status in await ask_inside("POST", "/messages/", mcp_headers() | headers, b"{}")


async def test_what_a_page_can_send_without_asking_is_refused() -> None:
    """A form or a script on another page of this machine; for anything else its browser asks first."""
    _, call = modern_call("session_mode_pin_all")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = mcp_headers() | {"Origin": "http://localhost:3000", "Content-Type": kind}
        assert b" 400 " in await ask_inside("POST", "/mcp", headers, encoded(call))
    preflight = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    assert b" 405 " in await ask_inside("OPTIONS", "/mcp", preflight)
