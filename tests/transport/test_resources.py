"""Resources and completion over HTTP: as whoever called, with what they may use."""

import anyio
import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import BlobResourceContents, ResourceTemplateReference

from bitrix24_dialogs.portal import Fault
from tests.transport.harness import ERAS, TRANSPORTS, Served, connected
from tests.transport.watched_portal import WatchedPortal

MISSING = {"legacy": -32002, "auto": -32602}


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_reading_caller_has_the_pages_of_their_tools_and_the_dialogs(
    transport: str, era: str, served: Served, portal: WatchedPortal
) -> None:
    async def read() -> None:
        async with connected(served, transport, era, "reader") as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert {one.name for one in (await client.list_resources()).resources} == tools
            assert "session_join" not in tools
            with pytest.raises(MCPError) as caught:
                await client.read_resource("tool://session_join")
            assert caught.value.error.code == MISSING[era]
            with pytest.raises(MCPError) as unknown:
                await client.read_resource("tool://session_jump")
            assert str(unknown.value).replace("session_jump", "session_join") == str(caught.value)
            assert portal.arrived == []

            (card,) = (await client.read_resource(f"dialog://{portal.chat_id}")).contents
            assert str(portal.chat_id) in card.model_dump_json()
            completed = await client.complete(
                ResourceTemplateReference(uri="dialog://{chat_id}"), {"name": "chat_id", "value": "20"}
            )
            assert set(completed.completion.values) <= {str(chat) for chat in portal.portal.state.chats}
            assert portal.methods == ["imopenlines.dialog.get", "im.recent.get"]

    anyio.run(read)
    assert f"reader: resource dialog://{portal.chat_id}: answered" in served.log


@pytest.mark.parametrize("era", ERAS)
def test_a_file_comes_through_and_its_link_does_not(era: str, served: Served, portal: WatchedPortal) -> None:
    chat = portal.portal.known["long"]
    before = len(served.log)

    async def read() -> str:
        async with connected(served, "http", era, "reader") as client:
            result = await client.read_resource(f"dialog://{chat}/files/5401")
            assert isinstance(result.contents[0], BlobResourceContents)
            return result.model_dump_json()

    told = anyio.run(read) + served.log[before:]
    assert portal.methods.count("download") == 1
    assert "token" not in told
    assert "download.json" not in told


@pytest.mark.parametrize("era", ERAS)
def test_a_file_that_does_not_come_gives_its_link_away_neither(era: str, served: Served, portal: WatchedPortal) -> None:
    chat = portal.portal.known["long"]
    portal.portal.faults.add(Fault(method="download", status=404))
    before = len(served.log)

    async def read() -> str:
        async with connected(served, "http", era, "reader") as client:
            with pytest.raises(MCPError) as caught:
                await client.read_resource(f"dialog://{chat}/files/5401")
            return f"{caught.value} {caught.value.error.data}"

    told = anyio.run(read) + served.log[before:]
    (token,) = portal.portal.links.given
    assert token not in told
    assert "download.json" not in told
