"""A stop: what runs is finished and answered, what is new is refused, and it never takes long."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support import eventually
from tests.transport.harness import Served, assert_quiet, make_callers, serving
from tests.transport.raw import (
    Connection,
    EventStream,
    ask,
    connection,
    encoded,
    event_stream,
    introduce,
    mcp_headers,
    modern_call,
    request_bytes,
    say,
    tool_call,
)
from tests.transport.watched_portal import READ, WRITE, WatchedPortal

PIN = "imopenlines.session.mode.pinAll"
Start = Callable[..., AbstractContextManager[Served]]


@pytest.fixture
def start(portal: WatchedPortal, tmp_path: Path) -> Start:
    """Start a server that this test alone uses, and look into its log in the end."""

    @contextmanager
    def started(**settings: str) -> Iterator[Served]:
        file, tokens = make_callers(tmp_path, first=False)
        given = {"BITRIX24_WEBHOOK_URL": portal.webhook("operator"), "BITRIX24_OPERATORS_FILE": str(file), **settings}
        with serving(tmp_path, tokens=tokens, **given) as server:
            yield server
        assert_quiet(server.log)

    return started


def begin_call(server: Served, opened: ExitStack, tool: str, chat_id: int | None = None, *, modern: bool) -> Connection:
    """Send a call over /mcp, and leave it running."""
    arguments = {} if chat_id is None else {"chat_id": chat_id}
    headers, call = modern_call(tool, **arguments) if modern else (mcp_headers(), tool_call(tool, **arguments))
    running = opened.enter_context(connection(server.port))
    running.send(request_bytes("POST", "/mcp", headers | server.bearer("first"), encoded(call)))
    return running


def test_running_calls_are_answered_and_new_ones_refused(start: Start, portal: WatchedPortal) -> None:
    with start(BITRIX24_HTTP_DRAIN="120") as server, ExitStack() as opened:
        caller = server.bearer("first")
        stream = opened.enter_context(event_stream(server.port, caller))
        introduce(server.port, stream, caller)
        portal.hold(READ, WRITE)
        running = [begin_call(server, opened, "dialog_get", portal.chat_id, modern=modern) for modern in (True, False)]
        say(server.port, stream, caller, tool_call("dialog_get", chat_id=portal.chat_id))
        portal.await_waiting(READ, READ, READ)

        server.stop()
        eventually(lambda: ask(server.port, path="/readyz").status == 503)
        assert ask(server.port, path="/healthz").status == 200
        assert_refuses_new_calls(server, stream)

        portal.release()
        for call in running:
            answer = call.answer()
            assert answer.status == 200
            assert '"isError":false' in answer.text
            assert f'"chat_id":{portal.chat_id}' in answer.text
        answer = stream.answer()
        assert answer["result"]["structuredContent"]["chat_id"] == portal.chat_id
        assert stream.event() == ""
        assert server.exit_code() == 0
    assert portal.answered == [READ, READ, READ]


def assert_refuses_new_calls(server: Served, stream: EventStream) -> None:
    caller = server.bearer("first")
    headers, call = modern_call("dialog_get", chat_id=1)
    for refused in (
        ask(server.port, "POST", "/mcp", headers | caller, encoded(call)),
        ask(server.port, "POST", "/mcp", mcp_headers() | caller, encoded(tool_call("session_join", chat_id=1))),
    ):
        assert refused.status == 200
        assert '"isError":true' in refused.text
        assert "is being stopped" in refused.text
        assert "Nothing was sent to the portal" in refused.text
    new_stream = ask(server.port, path="/sse", headers=caller)
    assert new_stream.status == 503
    assert int(new_stream.headers["retry-after"]) > 0
    assert say(server.port, stream, caller, tool_call("dialog_get", chat_id=1)) == 202
    answer = stream.answer()
    assert answer["result"]["isError"]
    assert "is being stopped" in answer["result"]["content"][0]["text"]


def test_what_does_not_finish_is_cut_short_in_good_order(start: Start, portal: WatchedPortal) -> None:
    """Calls that the portal does not answer, changes among them; requests that do not arrive; who does not read."""
    portal.hold(READ, PIN)
    with start(BITRIX24_HTTP_DRAIN="0.3") as server, ExitStack() as opened:
        caller = server.bearer("first")
        stream = opened.enter_context(event_stream(server.port, caller))
        begin_not_to_read(server, opened)
        late = opened.enter_context(connection(server.port))
        late.send(request_bytes("POST", "/mcp", caller | mcp_headers() | {"Content-Length": "100"}, b"{"))
        half = opened.enter_context(connection(server.port))
        half.send(b"POST /mcp HTTP/1.1\r\nHost: loc")
        reads = [begin_call(server, opened, "dialog_get", portal.chat_id, modern=modern) for modern in (True, False)]
        portal.await_waiting(READ, READ)
        writes = [begin_call(server, opened, "session_mode_pin_all", modern=modern) for modern in (True, False)]
        portal.await_waiting(READ, READ, PIN, PIN)

        began = time.monotonic()
        server.stop()
        for modern, legacy in (reads, writes):
            unfinished = modern.answer()
            assert unfinished.status == 503
            assert "may have happened: read the state first" in unfinished.text
            begun = legacy.answer()
            assert begun.status == 200  # that era answers with a stream, which had begun
            assert b"result" not in begun.body
        assert late.answer().status == 503
        assert stream.event() == ""
        assert half.is_closed()
        assert server.exit_code() == 0
        assert time.monotonic() - began < 25  # the answers to the changes would be waited for twice as long
    assert "4 call(s) did not finish in time" in server.log
    eventually(lambda: sorted(portal.left) == sorted([READ, READ, PIN, PIN]))


def begin_not_to_read(server: Served, opened: ExitStack) -> None:
    """Ask for more than fits between the two ends, and look at none of it."""
    caller = server.bearer("first")
    stream = opened.enter_context(event_stream(server.port, caller))
    introduce(server.port, stream, caller)
    asking = opened.enter_context(connection(server.port))
    listing = encoded({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    asking.send(300 * request_bytes("POST", stream.messages, caller | mcp_headers(), listing))
    for _ in range(300):
        assert asking.answer("POST").status == 202


def test_a_change_whose_client_has_left_is_waited_for(start: Start, portal: WatchedPortal) -> None:
    portal.hold(WRITE)
    with start(BITRIX24_HTTP_DRAIN="120") as server, ExitStack() as opened:
        call = begin_call(server, opened, "session_join", portal.chat_id, modern=True)
        portal.await_waiting(WRITE)
        call.close()
        server.stop()
        eventually(lambda: ask(server.port, path="/readyz").status == 503)
        assert server.process.poll() is None
        portal.release()
        assert server.exit_code() == 0
    assert portal.portal.calls.executed("imopenlines.session.join") == 1
    assert portal.left == []
    assert "imopenlines.session.join: 200" in server.log


def test_a_second_signal_ends_at_once(start: Start, portal: WatchedPortal) -> None:
    portal.hold(READ)
    with start(BITRIX24_HTTP_DRAIN="300") as server, ExitStack() as opened:
        begin_call(server, opened, "dialog_get", portal.chat_id, modern=True)
        portal.await_waiting(READ)
        server.stop(signal.SIGINT)
        eventually(lambda: ask(server.port, path="/readyz").status == 503)
        server.stop(signal.SIGTERM)
        assert server.exit_code() == 130


def test_a_second_signal_while_the_last_connections_close_startles_nobody(start: Start, portal: WatchedPortal) -> None:
    portal.hold(WRITE)
    with start(BITRIX24_HTTP_DRAIN="0.3") as server, ExitStack() as opened:
        stream = opened.enter_context(event_stream(server.port, server.bearer("first")))
        begin_call(server, opened, "session_join", portal.chat_id, modern=False)
        portal.await_waiting(WRITE)
        server.stop(signal.SIGINT)
        assert stream.event() == ""
        server.stop(signal.SIGINT)
        assert server.exit_code() in {0, 130}  # 0 if it was quicker
