"""Which scopes tools need is what the portal makes of them: without one, exactly those tools say that it is missing."""

import pytest

from bitrix24_dialogs.dialogs.scopes import title_of
from bitrix24_dialogs.portal import default_portal
from bitrix24_dialogs.toolbox.scopes import needed_scopes, partial_scopes
from bitrix24_dialogs.tools import all_tools
from tests.support import case
from tests.untrusted.all_calls import all_calls

pytestmark = pytest.mark.anyio

SCOPES = {"imopenlines", "im", "crm", "user_brief"}


@pytest.mark.parametrize("missing", sorted(SCOPES))
async def test_what_is_said_to_need_a_scope_is_what_fails_without_it(
    missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    portal = default_portal()
    portal.state.webhooks[portal.employees["supervisor"].id].scopes = sorted(SCOPES - {missing})
    lacking, working = set(), set()
    async with case("supervisor", portal=portal, toolsets=("all",)) as desk:
        for tool, arguments in all_calls(desk, ["in_crm", "mine"]):
            told = await desk.call(tool, **arguments)
            if "lacks a permission scope" in told.text:
                assert f"tick the scope {missing} ({title_of(missing)})" in told.text
                lacking.add(tool)
            if not told.is_error:
                working.add(tool)
    needed = {tool.name for tool in all_tools() if missing in needed_scopes(tool)}
    in_part = {tool.name for tool in all_tools() if missing in partial_scopes(tool)}
    assert lacking == needed | in_part
    assert not needed & in_part
    assert in_part <= working
    logged = [line for line in caplog.messages if "lacks a permission scope" in line]
    assert logged
    assert [line for line in logged for scope in SCOPES if f"scope {scope}" in line] == []  # it knows no methods
