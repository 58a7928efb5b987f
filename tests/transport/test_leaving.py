"""A client that goes away: its reads are called off, a change that was sent runs to its answer, and nobody minds."""

import anyio
import pytest

from tests.support import eventually
from tests.transport.harness import ERAS, TRANSPORTS, Served, connected
from tests.transport.raw import (
    Connection,
    ask,
    connection,
    encoded,
    event_stream,
    introduce,
    message,
    modern_call,
    request_bytes,
    say,
    tool_call,
)
from tests.transport.watched_portal import READ, WRITE, WatchedPortal

WAYS = [(transport, era) for transport in TRANSPORTS for era in ERAS]


async def leave_during(served: Served, portal: WatchedPortal, way: tuple[str, str], tool: str, waits_for: str) -> None:
    """Call a tool, and be gone while the portal has not answered."""
    with anyio.CancelScope() as session:
        async with connected(served, *way, "first") as client, anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, tool, {"chat_id": portal.chat_id})
            await anyio.to_thread.run_sync(portal.await_waiting, waits_for)
            session.cancel()


@pytest.mark.anyio
@pytest.mark.parametrize("way", WAYS)
async def test_a_read_ends_with_its_client(way: tuple[str, str], served: Served, portal: WatchedPortal) -> None:
    portal.hold(READ)
    await leave_during(served, portal, way, "dialog_get", READ)
    eventually(lambda: portal.left == [READ])


@pytest.mark.anyio
@pytest.mark.parametrize("way", WAYS)
async def test_a_change_that_was_sent_is_answered_all_the_same(
    way: tuple[str, str], served: Served, portal: WatchedPortal
) -> None:
    before = len(served.log)
    portal.hold(WRITE)
    await leave_during(served, portal, way, "session_join", WRITE)
    headers, listing = modern_call("dialog_get", chat_id=portal.chat_id)
    assert ask(served.port, "POST", "/mcp", headers | served.bearer("first"), encoded(listing)).status == 200
    assert portal.waiting == [WRITE]
    portal.release()
    eventually(lambda: "imopenlines.session.join: 200" in served.log[before:])
    assert portal.portal.calls.executed("imopenlines.session.join") == 1
    assert portal.left == []


def test_a_connection_that_breaks_takes_only_its_own_call_along(served: Served, portal: WatchedPortal) -> None:
    headers, call = modern_call("dialog_get", chat_id=portal.chat_id)
    request = request_bytes("POST", "/mcp", headers | served.bearer("first"), encoded(call))
    portal.hold(READ)
    with connection(served.port) as staying:
        staying.send(request)
        leaving = Connection(served.port)
        leaving.send(request)
        portal.await_waiting(READ, READ)
        leaving.close()
        eventually(lambda: portal.left == [READ])
        portal.release()
        assert staying.answer().status == 200


def test_a_message_for_a_stream_that_has_just_ended_is_no_failure(served: Served, portal: WatchedPortal) -> None:
    """What it is to change still runs, so its session is not forgotten yet."""
    caller = served.bearer("first")
    portal.hold(WRITE)
    with event_stream(served.port, caller) as stream:
        introduce(served.port, stream, caller)
        say(served.port, stream, caller, tool_call("session_join", chat_id=portal.chat_id))
        portal.await_waiting(WRITE)
        portal.hold(READ)
        say(served.port, stream, caller, tool_call("dialog_get", chat_id=portal.chat_id))
        portal.await_waiting(READ, WRITE)
    eventually(lambda: portal.left == [READ])
    assert say(served.port, stream, caller, message("ping", 7)) == 202
    portal.release()
    eventually(lambda: say(served.port, stream, caller, message("ping", 8)) == 404)


def test_clients_that_come_and_go_leave_no_trace(served: Served) -> None:
    """Half a request line, half a body, a stream without a word: all of it is daily business."""
    caller = served.bearer("first")
    ping = request_bytes("POST", "/mcp", caller | {"Content-Type": "application/json", "Content-Length": "100"}, b"{")
    before = served.log
    for sent in (b"", b"GE", ping[:40], ping, request_bytes("GET", "/sse", caller), request_bytes("GET", "/healthz")):
        for _ in range(5):
            with connection(served.port) as opened:
                opened.send(sent)
    assert ask(served.port).status == 200
    assert served.log == before
