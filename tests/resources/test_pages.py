"""A page for each tool: complete, short, and there for whoever has the tool."""

import pytest
from mcp.types import Resource

from bitrix24_dialogs.toolbox.declaration import Effect
from bitrix24_dialogs.toolbox.policy import TOOLSETS
from bitrix24_dialogs.toolbox.scopes import needed_scopes, partial_scopes
from bitrix24_dialogs.tools import all_tools
from tests.resources.reading import ERAS, MISSING, failure, pieces
from tests.support import DEFAULT_TOOLS, Case, case

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("mode", ERAS)]

HEADS = ["## Takes", "## Before it acts", "## What it reports", "## Quirks of the portal", "## What it cannot promise"]


async def listed(desk: Case) -> list[Resource]:
    return list((await desk.client.list_resources()).resources)


async def test_there_is_a_page_for_each_tool_that_the_caller_has_in_the_tools_order(mode: str) -> None:
    async with case(mode=mode) as desk:
        resources = await listed(desk)
        assert [one.uri for one in resources] == [f"tool://{tool.name}" for tool in DEFAULT_TOOLS]
        assert [one.title for one in resources] == [tool.title for tool in DEFAULT_TOOLS]
        assert {one.mime_type for one in resources} == {"text/markdown"}


async def test_each_page_says_what_a_declaration_cannot(mode: str) -> None:
    async with case(mode=mode, toolsets=tuple(TOOLSETS)) as desk:
        assert len(await listed(desk)) == len(all_tools())
        for tool in all_tools():
            (page,) = await pieces(desk, f"tool://{tool.name}")
            assert page.mime == "text/markdown"
            assert page.text.startswith(f"# {tool.name}: {tool.title}\n\n{tool.description}\n")
            assert [line for line in page.text.splitlines() if line.startswith("#")][1:] == HEADS
            assert f"`{tool.method}`" in page.text
            assert all(f"`{scope}`" in page.text for scope in (*needed_scopes(tool), *partial_scopes(tool)))
            assert ("any webhook will do" in page.text) is (tool.name == "whoami")
            assert all(f"- `{item.name}` (" in page.text for item in tool.parameters.items)
            assert ("Changes nothing" in page.text) is (tool.effect is Effect.READ)
            assert ("After an unknown outcome" in page.text) is (tool.effect is not Effect.READ)
            assert "{" not in page.text
            assert len(page.text) < 5_000
        assert desk.calls == []


async def test_a_hidden_tools_page_is_like_one_that_never_was(mode: str) -> None:
    async with case(mode=mode, read_only=True, exclude_tools=("dialog_get",)) as desk:
        names = {tool.name for tool in DEFAULT_TOOLS if tool.effect is Effect.READ} - {"dialog_get"}
        assert {one.name for one in await listed(desk)} == names
        unknown = str(await failure(desk, "tool://no_such_tool"))
        for hidden in ("session_join", "dialog_get", "reply_send"):
            error = await failure(desk, f"tool://{hidden}")
            assert error.error.code == MISSING[mode]
            assert str(error) == unknown.replace("no_such_tool", hidden)


async def test_advice_names_tools_as_the_caller_may_use_them(mode: str) -> None:
    async with case(mode=mode, exclude_tools=("session_mode_pin",)) as desk:
        (page,) = await pieces(desk, "tool://session_start")
        assert "dialog_answer does that" in page.text
        await failure(desk, "tool://session_mode_pin")
    async with case(mode=mode, exclude_tools=("dialog_answer",)) as desk:
        (page,) = await pieces(desk, "tool://session_start")
        assert "dialog_answer (switched off here by BITRIX24_EXCLUDE_TOOLS) does that" in page.text
