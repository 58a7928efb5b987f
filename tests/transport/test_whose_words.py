"""Prompts and instructions over the network: each caller is told of what they have."""

import pytest
from mcp import MCPError
from mcp.types import INVALID_PARAMS, TextContent

from tests.transport.harness import ERAS, TRANSPORTS, Served, connected

pytestmark = pytest.mark.anyio

WAYS = [(transport, era) for transport in TRANSPORTS for era in ERAS]


@pytest.mark.parametrize(("transport", "era"), WAYS)
async def test_who_may_only_read_gets_no_prompt_that_needs_more(transport: str, era: str, served: Served) -> None:
    async with connected(served, transport, era, "reader") as client:
        names = [prompt.name for prompt in (await client.list_prompts()).prompts]
        assert names == ["triage_inbox", "hand_over_dialog", "prepare_lead"]
        with pytest.raises(MCPError, match="Unknown prompt: review_dialog") as caught:
            await client.get_prompt("review_dialog", {"session_id": "1"})
        assert caught.value.error.code == INVALID_PARAMS
        (message,) = (await client.get_prompt("prepare_lead", {"chat_id": "2043"})).messages
    assert isinstance(message.content, TextContent)
    assert "crm_lead_create" not in message.content.text
    assert "I save it in Bitrix24" in message.content.text
    async with connected(served, transport, era, "first") as client:
        (message,) = (await client.get_prompt("prepare_lead", {"chat_id": "2043"})).messages
    assert isinstance(message.content, TextContent)
    assert "`crm_lead_create`" in message.content.text


@pytest.mark.parametrize(("transport", "era"), WAYS)
async def test_who_may_only_read_is_told_nothing_of_changes(transport: str, era: str, served: Served) -> None:
    told = {}
    for caller in ("first", "reader"):
        async with connected(served, transport, era, caller) as client:
            told[caller] = client.instructions or ""
    assert "Changes are real" in told["first"]
    assert "Changes are real" not in told["reader"]
    assert told["reader"].startswith("Bitrix24 Open Channels")
