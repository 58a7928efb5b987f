"""Servers as processes: killed, stopped, left, and several at once on one file."""

import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.audit.lines import ends_of, lines_of, pair_of
from tests.audit.over_stdio import Stdio, over_stdio
from tests.support import eventually
from tests.transport.harness import Served, make_callers, serving
from tests.transport.raw import Connection, connection, encoded, modern_call, request_bytes
from tests.transport.watched_portal import WRITE, WatchedPortal

CHANGES = 20


@pytest.fixture
def start(portal: WatchedPortal, file: Path, tmp_path: Path) -> "Start":
    return Start(portal, file, tmp_path)


class Start:
    """Starts servers that write into one audit file."""

    def __init__(self, portal: WatchedPortal, file: Path, home: Path) -> None:
        self._settings = {
            "BITRIX24_WEBHOOK_URL": portal.webhook(),
            "BITRIX24_AUDIT_FILE": str(file),
            "BITRIX24_RATE_LIMIT": "off",
        }
        self._home = home
        self._number = 0

    def _folder(self) -> Path:
        self._number += 1
        folder = self._home / f"server{self._number}"
        folder.mkdir()
        return folder

    @contextmanager
    def http(self, **settings: str) -> Iterator[Served]:
        folder = self._folder()
        callers, tokens = make_callers(folder, anna=False)
        given = {"BITRIX24_OPERATORS_FILE": str(callers), "BITRIX24_LOG_LEVEL": "warning", **self._settings, **settings}
        with serving(folder, tokens=tokens, **given) as server:
            yield server

    @contextmanager
    def stdio(self) -> Iterator[Stdio]:
        with over_stdio(self._folder() / "log", **self._settings) as server:
            yield server


def joining(server: Served, opened: ExitStack, chat_id: int) -> Connection:
    """Send a change over /mcp, and leave it running."""
    headers, call = modern_call("session_join", chat_id=chat_id)
    running = opened.enter_context(connection(server.port))
    running.send(request_bytes("POST", "/mcp", headers | server.bearer("anna"), encoded(call)))
    return running


def test_a_change_that_was_under_way_when_the_server_was_killed_is_told_once(
    start: Start, portal: WatchedPortal, file: Path
) -> None:
    portal.hold(WRITE)
    with start.http() as server, ExitStack() as opened:
        joining(server, opened, portal.chat_id)
        portal.await_waiting(WRITE)
        (intent,) = lines_of(file)  # it is there before the portal has the change
        server.stop(signal.SIGKILL)
        server.exit_code()
    portal.release()
    with start.stdio() as after:
        after.leave()
        assert after.exit_code() == 0
    (told,) = after.log.splitlines()
    assert " WARNING " in told
    for part in ("session_join", f'"chat_id": {portal.chat_id}', "anna", intent["time"], intent["id"]):
        assert part in told
    assert "It may have happened: dialog_get with the same chat_id shows whether it did" in told
    assert ends_of(file) == [("session_join", "unknown", "unknown")]
    with start.http() as again:
        assert "outcome unknown" not in again.log
    assert len(lines_of(file)) == 2


def test_what_another_server_still_does_is_not_told(start: Start, portal: WatchedPortal, file: Path) -> None:
    portal.hold(WRITE)
    with start.stdio() as first:
        first.begin("session_join", chat_id=portal.chat_id)
        portal.await_waiting(WRITE)
        with start.stdio() as second, start.http() as third:
            second.leave()
            assert second.exit_code() == 0
            assert second.log == ""
            assert "unknown" not in third.log
            assert len(lines_of(file)) == 1
        portal.release()
        assert first.answer()["result"]["structuredContent"]["changed"] is True
        first.leave()
        assert first.exit_code() == 0
    assert ends_of(file) == [("session_join", "answered", True)]
    assert first.log == ""


def test_a_server_that_was_only_stopped_leaves_nothing_beside_the_file(
    start: Start, portal: WatchedPortal, file: Path
) -> None:
    with start.stdio() as server:
        server.begin("session_join", chat_id=portal.chat_id)
        server.answer()
        server.leave()
        assert server.exit_code() == 0
    pair_of(file)
    assert sorted(path.name for path in file.parent.glob("audit*")) == ["audit.jsonl", "audit.jsonl.lock"]


@pytest.mark.parametrize("how", ["leaves", "stops"])
def test_the_outcome_of_a_change_under_way_is_waited_for(
    how: str, start: Start, portal: WatchedPortal, file: Path
) -> None:
    portal.hold(WRITE)
    with start.stdio() as server:
        server.begin("session_join", chat_id=portal.chat_id)
        portal.await_waiting(WRITE)
        if how == "leaves":
            server.leave()
        else:
            server.process.send_signal(signal.SIGTERM)
        portal.release()
        server.exit_code()
    _, outcome = pair_of(file)
    # Whoever has left is not read back for.
    assert (outcome["outcome"], outcome["changed"]) in {("answered", "unknown"), ("answered", True)}
    assert portal.portal.calls.executed(WRITE) == 1


def test_the_change_of_a_caller_who_has_left_gets_its_outcome(start: Start, portal: WatchedPortal, file: Path) -> None:
    portal.hold(WRITE)
    with start.http() as server:
        with ExitStack() as opened:
            joining(server, opened, portal.chat_id)
            portal.await_waiting(WRITE)
        portal.release()
        eventually(lambda: len(lines_of(file)) == 2)
        intent, outcome = pair_of(file)
        assert intent["caller"] == "anna"
        assert outcome["outcome"] == "answered"
        server.stop()
        assert server.exit_code() == 0


def test_a_change_that_a_stop_cuts_short_is_told_at_the_next_start(
    start: Start, portal: WatchedPortal, file: Path
) -> None:
    portal.hold(WRITE)
    with start.http(BITRIX24_HTTP_DRAIN="0.2") as server, ExitStack() as opened:
        joining(server, opened, portal.chat_id)
        portal.await_waiting(WRITE)
        server.stop()
        assert server.exit_code() == 0
    with start.http() as again:
        assert len(re.findall("outcome unknown", again.log)) == 1
    assert ends_of(file) == [("session_join", "unknown", "unknown")]


def test_many_changes_at_once_over_several_servers(start: Start, portal: WatchedPortal, file: Path) -> None:
    sent = {"BITRIX24_VERIFY": "off"}  # otherwise only the first would change anything
    with start.http(**sent) as first, start.http(**sent) as second, ExitStack() as opened:
        running = [joining(server, opened, portal.chat_id) for _ in range(CHANGES // 2) for server in (first, second)]
        for call in running:
            answer = call.answer()
            assert answer.status == 200
            assert '"isError":false' in answer.text
    assert portal.portal.calls.executed(WRITE) == CHANGES
    lines = lines_of(file)
    assert len(lines) == 2 * CHANGES
    assert len({(line["event"], line["id"]) for line in lines}) == 2 * CHANGES
    assert {line["id"] for line in lines if line["event"] == "intent"} == {line["id"] for line in lines}
    assert ends_of(file) == CHANGES * [("session_join", "answered", "unknown")]
    assert len({line["id"].partition("-")[0] for line in lines}) == 2
