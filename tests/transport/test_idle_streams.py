"""Many streams that nobody talks on: they hinder nobody, and leave nothing behind."""

import time
from contextlib import ExitStack
from pathlib import Path

from tests.support import eventually
from tests.transport.harness import Served, assert_quiet, held, make_callers, serving
from tests.transport.raw import Connection, ask, encoded, mcp_headers, request_bytes, tool_call
from tests.transport.watched_portal import WatchedPortal

MANY = 200


def open_streams(served: Served, opened: ExitStack) -> list[Connection]:
    """All of them, each introduced to its session."""
    streams = [Connection(served.port) for _ in range(MANY)]
    for stream in streams:
        opened.callback(stream.close)
        stream.send(request_bytes("GET", "/sse", served.bearer("first")))
    for stream in streams:
        received = b""
        while b"session_id=" not in received:
            received += stream.read()
    return streams


def test_a_call_is_answered_beside_them(served: Served, portal: WatchedPortal) -> None:
    with ExitStack() as opened:
        open_streams(served, opened)
        call = encoded(tool_call("dialog_get", chat_id=portal.chat_id))
        answer = ask(served.port, "POST", "/mcp", served.bearer("first") | mcp_headers(), call)
        assert '"isError":false' in answer.text
        assert ask(served.port, path="/readyz").status == 200


def test_closed_ones_leave_nothing_behind_and_open_ones_end_quickly_at_a_stop(
    portal: WatchedPortal, tmp_path: Path
) -> None:
    file, tokens = make_callers(tmp_path, first=False)
    settings = {"BITRIX24_WEBHOOK_URL": portal.webhook("operator"), "BITRIX24_OPERATORS_FILE": str(file)}
    with serving(tmp_path, tokens=tokens, **settings) as served, ExitStack() as opened:
        files = held(served).files
        with ExitStack() as first_round:
            open_streams(served, first_round)
            assert held(served).files >= files + MANY
        eventually(lambda: held(served).files <= files)
        kilobytes = held(served).kilobytes
        for _ in range(3):
            with ExitStack() as another_round:
                open_streams(served, another_round)
            eventually(lambda: held(served).files <= files)
        # The first round takes some 15 megabytes, which the next ones use again; were they not, there would be 45 more.
        eventually(lambda: held(served).kilobytes < kilobytes + 20_000)

        streams = open_streams(served, opened)
        began = time.monotonic()
        served.stop()
        assert {stream.read() for stream in streams} == {b"0\r\n\r\n"}
        assert served.exit_code() == 0
        assert time.monotonic() - began < 25  # takes one second where nothing else runs
    assert_quiet(served.log)
