"""Asking over HTTP: every transport and era has a way to the person, and each caller only their own."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.confirmation.people import NO, YES, Person
from tests.transport.harness import Served, assert_quiet, connected, make_callers, serving, text_of
from tests.transport.raw import LEGACY, Answer, ask, encoded, mcp_headers, message, modern_call, tool_call
from tests.transport.watched_portal import WatchedPortal, watched_portal

pytestmark = pytest.mark.anyio

WAYS = [("http", "auto"), ("http", "legacy"), ("sse", "auto"), ("sse", "legacy")]
HELLO = message(
    "initialize", 0, protocolVersion=LEGACY, capabilities={"elicitation": {}}, clientInfo={"name": "t", "version": "1"}
)


@pytest.fixture(scope="module")
def portal() -> Iterator[WatchedPortal]:
    with watched_portal() as watched:
        yield watched


@pytest.fixture(scope="module")
def served(portal: WatchedPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("asking")
    file, tokens = make_callers(home, first=False, last=False)
    settings = {
        "BITRIX24_WEBHOOK_URL": portal.webhook(),
        "BITRIX24_RATE_LIMIT": "off",
        "BITRIX24_OPERATORS_FILE": str(file),
        "BITRIX24_CONFIRM": "writes",
    }
    with serving(home, tokens=tokens, **settings) as running:
        yield running
        running.stop()
        assert running.exit_code() == 0
    assert_quiet(running.log)


@pytest.fixture(autouse=True)
def _anew(portal: WatchedPortal) -> None:
    portal.portal.reset()
    portal.forget()


@pytest.mark.parametrize(("transport", "era"), WAYS)
async def test_a_yes_and_a_no(transport: str, era: str, served: Served, portal: WatchedPortal) -> None:
    given = {"chat_id": portal.chat_id}
    for answer, writes in ((NO, 0), (YES, 1)):
        person = Person(answer)
        async with connected(served, transport, era, "first", person) as client:
            result = await client.call_tool("session_join", given)
        assert len(person.asked) == 1
        assert bool(result.is_error) is not bool(writes)
        assert portal.portal.calls.executed("imopenlines.session.join") == writes


@pytest.mark.parametrize(("transport", "era"), WAYS)
async def test_a_client_that_cannot_ask(transport: str, era: str, served: Served, portal: WatchedPortal) -> None:
    async with connected(served, transport, era, "first") as client:
        result = await client.call_tool("session_join", {"chat_id": portal.chat_id})
        assert not (await client.call_tool("dialog_get", {"chat_id": portal.chat_id})).is_error
    assert result.is_error
    assert "BITRIX24_CONFIRM" in text_of(result)
    assert portal.portal.calls.executed("imopenlines.session.join") == 0


def test_a_confirmation_is_for_this_caller_only(served: Served, portal: WatchedPortal) -> None:
    headers, call = modern_call("session_join", chat_id=portal.chat_id)
    call["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = {"elicitation": {}}
    question = _result(ask(served.port, "POST", "/mcp", {**headers, **served.bearer("first")}, encoded(call)).text)
    (key,) = question["inputRequests"]
    call["params"] |= {
        "inputResponses": {key: {"action": "accept", "content": {"confirm": True}}},
        "requestState": question["requestState"],
    }
    theirs = _result(ask(served.port, "POST", "/mcp", {**headers, **served.bearer("last")}, encoded(call)).text)
    assert theirs["isError"]
    assert portal.portal.calls.executed("imopenlines.session.join") == 0
    own = _result(ask(served.port, "POST", "/mcp", {**headers, **served.bearer("first")}, encoded(call)).text)
    assert not own.get("isError")
    assert portal.portal.calls.executed("imopenlines.session.join") == 1


def test_a_session_of_the_older_protocol_belongs_to_its_caller(served: Served) -> None:
    session = _opened(served, "first")
    listing = encoded(message("tools/list", 2))
    mine = {**mcp_headers(), **served.bearer("first"), "Mcp-Session-Id": session}
    assert ask(served.port, "POST", "/mcp", mine, listing).status == 200
    theirs = {**mine, **served.bearer("last")}
    assert ask(served.port, "POST", "/mcp", theirs, listing).status == 404
    assert ask(served.port, "DELETE", "/mcp", theirs).status == 404
    assert ask(served.port, "DELETE", "/mcp", mine).status == 200
    assert ask(served.port, "POST", "/mcp", mine, listing).status == 404


def test_sessions_take_no_streams_of_their_own(served: Served) -> None:
    session = _opened(served, "first")
    headers = {**mcp_headers(), **served.bearer("first"), "Mcp-Session-Id": session}
    assert ask(served.port, "GET", "/mcp", headers).status == 405


def test_without_a_session_an_older_client_is_told_to_open_one(served: Served, portal: WatchedPortal) -> None:
    headers = {**mcp_headers(), **served.bearer("first")}
    call = encoded(tool_call("session_join", chat_id=portal.chat_id))
    assert ask(served.port, "POST", "/mcp", headers, call).status == 400
    assert portal.methods == []


def _hello(served: Served, caller: str) -> Answer:
    return ask(served.port, "POST", "/mcp", {**mcp_headers(), **served.bearer(caller)}, encoded(HELLO))


def _opened(served: Served, caller: str) -> str:
    answer = _hello(served, caller)
    assert answer.status == 200
    session = answer.headers["mcp-session-id"]
    assert re.fullmatch(r"[\x21-\x7e]+", session)
    return session


def _result(text: str) -> dict[str, Any]:
    data = re.search(r"^(?:data: )?(\{.*\})\s*$", text, re.MULTILINE)
    assert data, text
    answer = json.loads(data[1])
    assert "result" in answer, answer
    result: dict[str, Any] = answer["result"]
    return result


def test_one_caller_cannot_take_the_sessions_of_all(served: Served) -> None:
    opened = []
    while (answer := _hello(served, "first")).status == 200:
        opened.append(answer.headers["mcp-session-id"])
        assert len(opened) <= 50
    assert answer.status == 503
    assert "50 sessions" in answer.text
    assert _hello(served, "last").status == 200
    headers, listing = modern_call("")
    listing["method"] = headers["Mcp-Method"] = "tools/list"
    del headers["Mcp-Name"]
    assert ask(served.port, "POST", "/mcp", {**headers, **served.bearer("first")}, encoded(listing)).status == 200
    for session in opened:
        ended = {**mcp_headers(), **served.bearer("first"), "Mcp-Session-Id": session}
        assert ask(served.port, "DELETE", "/mcp", ended).status == 200
    assert _hello(served, "first").status == 200
