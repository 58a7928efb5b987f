"""How long the server waits for whom: slow clients are not waited for, idle ones are kept alive."""

import asyncio
from typing import Any

import pytest

from bitrix24_dialogs.portal import Fault
from tests.gateway.virtual_loop import VirtualTimeLoop
from tests.transport.inside import client_of, serving_inside
from tests.transport.raw import encoded, mcp_headers, modern_call, request_bytes, tool_call

pytestmark = pytest.mark.anyio

HEADERS, BODY, PING = 10, 20, 15
LATE = 3  # seconds at most that something comes later than it should, in a loop that jumps
POST = {"Content-Type": "application/json", "Content-Length": "1000"}


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@pytest.mark.parametrize("sent", [b"", b"G", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "])
async def test_headers_that_do_not_come_end_the_connection(sent: bytes) -> None:
    async with serving_inside() as inside, client_of(inside) as client:
        client.send(sent)
        assert await client.read_to_end() == b""
        assert HEADERS - 1 < client.seconds < HEADERS + LATE


async def test_headers_that_trickle_end_the_connection_too() -> None:
    async with serving_inside() as inside, client_of(inside) as client, asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(client.trickle(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100, 1))
        assert await client.read_to_end() == b""
        assert client.seconds < HEADERS + LATE
        sending.cancel()


async def test_a_second_request_has_no_more_time_than_the_first() -> None:
    async with serving_inside() as inside, client_of(inside) as client:
        client.ask("GET", "/healthz")
        await client.read_until(b"alive\n")
        await asyncio.sleep(30)
        before = client.seconds
        client.send(b"GET /hea")
        assert await client.read_to_end() == b""
        assert client.seconds - before < HEADERS + LATE


async def test_an_idle_connection_is_kept_for_the_next_request() -> None:
    """For longer than proxies keep theirs, so that none of them uses one that is just being closed."""
    async with serving_inside() as inside, client_of(inside) as client:
        client.ask("GET", "/healthz")
        await client.read_until(b"alive\n")
        await asyncio.sleep(61)
        client.ask("GET", "/healthz")
        await client.read_until(b"alive\n")


@pytest.mark.parametrize("path", ["/mcp", "/messages/?session_id=" + "0" * 32])
@pytest.mark.parametrize("every", [0, 1])
async def test_a_body_that_does_not_come_is_not_waited_for(path: str, every: int) -> None:
    async with serving_inside() as inside, client_of(inside) as client, asyncio.TaskGroup() as tasks:
        client.ask("POST", path, inside.bearer | POST)
        sending = tasks.create_task(client.trickle(b" " * 500 if every else b"", every))
        answer = await client.read_to_end()
        sending.cancel()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in answer
        assert BODY - 1 < client.seconds < BODY + LATE


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "/mcp", 401), ("GET", "/sse", 401), ("POST", "/x", 404)]
)
@pytest.mark.parametrize("every", [0, 1])
async def test_a_refused_request_is_answered_before_its_body_and_soon_dropped(
    method: str, path: str, status: int, every: int
) -> None:
    """Else strangers could keep connections open for nothing."""
    async with serving_inside() as inside, client_of(inside) as client, asyncio.TaskGroup() as tasks:
        client.ask(method, path, POST)
        head = await client.read_until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert client.seconds < 2
        sending = tasks.create_task(client.trickle(b" " * (500 if every else 1), every))
        await client.read_to_end()
        sending.cancel()
        assert client.seconds < HEADERS + LATE


async def test_a_refused_request_whose_body_comes_leaves_the_connection_usable() -> None:
    async with serving_inside() as inside, client_of(inside) as client:
        client.ask("POST", "/mcp", {"Content-Length": "5"})
        assert (await client.read_until(b'NAME"}')).startswith(b"HTTP/1.1 401 ")
        client.send(b"12345")
        client.ask("GET", "/healthz")
        assert b" 200 OK" in await client.read_until(b"alive\n")


async def test_an_idle_stream_is_kept_alive() -> None:
    async with serving_inside() as inside, client_of(inside) as client:
        client.ask("GET", "/sse", inside.bearer)
        await client.read_until(b"session_id=")
        for _ in range(2):
            before = client.seconds
            await client.read_until(b": ping")
            assert client.seconds - before < PING + LATE


@pytest.mark.parametrize("modern", [True, False])
async def test_a_long_call_is_kept_alive(modern: bool) -> None:
    async with serving_inside() as inside, client_of(inside) as client:
        chat_id = inside.portal.known["colleagues"]
        inside.portal.faults.add(Fault(kind="delay", seconds=25))
        tool = "dialog_get"
        headers, call = (
            modern_call(tool, chat_id=chat_id) if modern else (mcp_headers(), tool_call(tool, chat_id=chat_id))
        )
        client.send(request_bytes("POST", "/mcp", headers | inside.bearer, encoded(call)))
        await client.read_until(b": ping")
        assert client.seconds < PING + LATE
        assert b'"isError":false' in await client.read_until(b"\n0\r\n\r\n")
        assert 25 <= client.seconds < 25 + LATE
