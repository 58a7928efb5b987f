"""Lists of tools, prompts and resources: whole, in a fixed order, and without pages."""

import pytest
from mcp import MCPError
from mcp.types import INVALID_PARAMS

from tests.support import case

pytestmark = pytest.mark.anyio

LISTS = ["tools", "prompts", "resources", "resource_templates"]


@pytest.mark.parametrize("era", ["legacy", "auto"])
@pytest.mark.parametrize("what", LISTS)
async def test_a_list_comes_whole_and_always_the_same(era: str, what: str) -> None:
    async with case(mode=era, toolsets=("all",)) as desk:
        ask = getattr(desk.client, f"list_{what}")
        first, again = await ask(), await ask(cursor="")
        assert first == again
        assert first.next_cursor is None
        names = [item.name for item in getattr(first, what)]
        assert names
        assert len(set(names)) == len(names)
        assert desk.calls == []


@pytest.mark.parametrize("era", ["legacy", "auto"])
@pytest.mark.parametrize("what", LISTS)
async def test_a_page_that_there_is_not_is_refused(era: str, what: str) -> None:
    async with case(mode=era) as desk:
        with pytest.raises(MCPError, match="without a cursor") as refused:
            await getattr(desk.client, f"list_{what}")(cursor="second")
        assert refused.value.error.code == INVALID_PARAMS
