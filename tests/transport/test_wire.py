"""Both transports over the wire, in both eras of the protocol: the same tools, the same results, for each caller."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from mcp import Client, MCPError
from pydantic import SecretStr

from bitrix24_dialogs.gateway.credentials import parse_webhook
from bitrix24_dialogs.server import build_server
from bitrix24_dialogs.settings import Settings
from tests.support import DEFAULT_TOOLS
from tests.transport.harness import ERAS, TRANSPORTS, Served, connected, text_of
from tests.transport.raw import ask, encoded, mcp_headers, modern_call
from tests.transport.watched_portal import WatchedPortal

pytestmark = pytest.mark.anyio

WAYS = [(transport, era) for transport in TRANSPORTS for era in ERAS]
READING = [
    "session_open",
    "dialog_get",
    "session_history_get",
    "dialogs_list",
    "dialogs_find",
    "sessions_list",
    "whoami",
]


async def seen_by(client: Client, chat_id: int) -> dict[str, Any]:
    """What a client finds: the tools, a result and a refusal."""
    tools = (await client.list_tools()).tools
    card = await client.call_tool("dialog_get", {"chat_id": chat_id})
    slip = await client.call_tool("dialog_get", {"chat": chat_id})
    assert not card.is_error
    assert slip.is_error
    return {
        "tools": [tool.model_dump(mode="json", by_alias=True) for tool in tools],
        "card": (text_of(card), card.structured_content),
        "slip": text_of(slip),
        "instructions": client.instructions,
        "name": client.server_info and client.server_info.name,
    }


async def test_every_transport_and_era_shows_the_same(served: Served, portal: WatchedPortal) -> None:
    app = build_server(Settings(webhook_url=SecretStr(portal.webhook())))
    async with Client(app.server) as client:
        expected = await seen_by(client, portal.chat_id)
    await app.close()
    assert len(expected["tools"]) == len(DEFAULT_TOOLS)
    for transport, era in WAYS:
        async with connected(served, transport, era, "first") as client:
            assert (client.protocol_version >= "2026") == (era == "auto")
            assert await seen_by(client, portal.chat_id) == expected, (transport, era)


@pytest.mark.parametrize(("transport", "era"), WAYS)
async def test_a_change_is_made_and_read_back(transport: str, era: str, served: Served, portal: WatchedPortal) -> None:
    async with connected(served, transport, era, "last") as client:
        joined = await client.call_tool("session_join", {"chat_id": portal.chat_id})
    assert joined.structured_content is not None
    assert joined.structured_content["outcome"] == "joined"
    assert portal.portal.calls.executed("imopenlines.session.join") == 1


@pytest.mark.parametrize(("transport", "era"), WAYS)
async def test_a_reading_caller_can_only_read_while_others_see_everything(
    transport: str, era: str, served: Served, portal: WatchedPortal
) -> None:
    async with (
        connected(served, transport, era, "reader") as reader,
        connected(served, transport, era, "first") as first,
    ):
        assert [tool.name for tool in (await reader.list_tools()).tools] == READING
        assert len((await first.list_tools()).tools) == len(DEFAULT_TOOLS)
        card = await reader.call_tool("dialog_get", {"chat_id": portal.chat_id})
        assert not card.is_error
        refusals = []
        for hidden_or_unknown in ("session_join", "session_nothing"):
            with pytest.raises(MCPError) as refused:
                await reader.call_tool(hidden_or_unknown, {"chat_id": portal.chat_id})
            error = refused.value.error
            refusals.append((error.code, error.message.replace(hidden_or_unknown, "X"), error.data))
        assert refusals[0] == refusals[1]
        assert [tool.name for tool in (await reader.list_tools()).tools] == READING
    assert set(portal.methods) == {"imopenlines.dialog.get"}


@pytest.mark.parametrize("named", ["dialog_get", "session_join"])
def test_headers_do_not_make_a_hidden_tool_callable(named: str, served: Served, portal: WatchedPortal) -> None:
    headers, call = modern_call("session_join", chat_id=portal.chat_id)
    headers |= {"Mcp-Name": named, **served.bearer("reader")}
    answer = ask(served.port, "POST", "/mcp", headers, encoded(call))
    assert "error" in answer.text
    assert portal.methods == []


def test_a_list_of_tools_is_cached_for_its_caller_alone(served: Served) -> None:
    headers, listing = modern_call("")
    listing["method"] = headers["Mcp-Method"] = "tools/list"
    del headers["Mcp-Name"]
    answer = ask(served.port, "POST", "/mcp", {**headers, **served.bearer("reader")}, encoded(listing))
    assert '"cacheScope":"private"' in answer.text.replace(" ", "")


async def test_one_gateway_serves_both_transports(served: Served, portal: WatchedPortal) -> None:
    """It asks once whom its webhook acts as, however many clients there are."""
    for transport, era in WAYS:
        async with connected(served, transport, era, "first") as client:
            assert not (await client.call_tool("session_mode_pin_all", {})).is_error
    profile = urlsplit(parse_webhook(portal.webhook()).address("profile")).path
    assert portal.asked_ever[profile] == 1


async def test_the_log_says_who_called(served: Served, portal: WatchedPortal) -> None:
    before = len(served.log)
    for transport in TRANSPORTS:
        async with connected(served, transport, "auto", "reader") as client:
            await client.call_tool("dialog_get", {"chat_id": portal.chat_id})
    assert served.log[before:].count("reader: dialog_get: answered") == 2


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_an_endpoint_is_found_with_and_without_a_slash(path: str, served: Served) -> None:
    ping = encoded({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    assert ask(served.port, "POST", path, {**served.bearer("first"), **mcp_headers()}, ping).status == 200
