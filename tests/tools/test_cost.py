"""What each tool costs the portal, which allows two requests a second: one to read, three for a verified change."""

from collections.abc import Sequence

import pytest

from bitrix24_dialogs.toolbox.call import TIME_META
from bitrix24_dialogs.toolbox.declaration import Effect
from bitrix24_dialogs.tools import all_tools
from tests.support import Case, case
from tests.untrusted.all_calls import Call, all_calls

pytestmark = pytest.mark.anyio

MORE = {
    "dialogs_find": 2,  # which chats a CRM item has, then their cards in one
    "crm_card_get": 2,  # as what the dialog is saved, then those items in one
    "reply_draft": 2,  # whoever may not read the messages reads the history instead
    "dialog_skip": 4,  # whether somebody is next in the queue of the line that the card names
    "dialog_transfer": 4,  # whether the colleague or the line can take it
}


async def test_a_call_costs_no_more_requests_than_it_has_to() -> None:
    most = {tool.name: MORE.get(tool.name, 1 if tool.effect is Effect.READ else 3) for tool in all_tools()}
    cost = dict.fromkeys(most, 0)

    async def count(desk: Case, calls: Sequence[Call]) -> None:
        await desk.call("session_mode_pin_all")  # whom the webhook acts as is asked once an hour
        for name, arguments in calls:
            told = await desk.call(name, **arguments)
            if not told.is_error:
                cost[name] = max(cost[name], len(told.meta.get(TIME_META, [])))

    for who in ("operator", "supervisor"):
        async with case(who, toolsets=("all",)) as desk:
            await count(desk, all_calls(desk))
    for ending in ("dialog_finish", "dialog_mark_spam"):
        async with case(toolsets=("all",)) as desk:
            await count(desk, [(ending, {"chat_id": desk.id("mine")})])
    assert [name for name, number in cost.items() if number == 0] == []
    assert {name: number for name, number in cost.items() if number > most[name]} == {}
