"""Lines out of reach stay so: whatever way a dialog, a session or a CRM item is asked for."""

from typing import Any

import pytest

from bitrix24_dialogs.portal.entities import Activity, CrmItem
from tests.support import Case, case
from tests.tools.test_inbox import ids
from tests.tools.test_odd_answers import answer_with

pytestmark = pytest.mark.anyio


def one_client_on_two_lines(desk: Case) -> None:
    """`in_crm` (line 22) and `mine` (line 24) are one contact's dialogs."""
    desk.portal.state.crm_items.append(CrmItem(900, "CONTACT", "x", 7))
    for key in ("in_crm", "mine"):
        chat = desk.portal.state.chats[desk.id(key)]
        chat.entity_data_2 = "LEAD|0|COMPANY|0|CONTACT|900|DEAL|0"
        number = desk.portal.state.next_id("activity")
        desk.portal.state.activities[number] = Activity(number, desk.session_id(key), 7, ["CONTACT|900"])


async def test_past_sessions_of_a_client_leave_out_those_of_other_lines() -> None:
    async with case(lines=(24,)) as desk:
        one_client_on_two_lines(desk)
        told = await desk.call("dialogs_find", sessions_of=desk.id("mine"))
        assert ids(told, "sessions", "session_id") == [desk.session_id("mine")]
        assert (told["total"], told["left_out"]) == (None, None)
        assert "BITRIX24_LINES" in told["covers"]


async def test_dialogs_of_a_crm_item_leave_out_those_of_other_lines() -> None:
    async with case(lines=(24,)) as desk:
        one_client_on_two_lines(desk)
        told = await desk.call("dialogs_find", crm_type="contact", crm_id=900)
        assert ids(told) == [desk.id("mine")]
        assert told["no_access"] is None


@pytest.mark.parametrize("tool", ["sessions_list", "dialogs_find"])
async def test_earlier_sessions_of_a_dialog_that_has_moved_into_reach_stay_out_of_it(tool: str) -> None:
    async with case("administrator", lines=(24,)) as desk:
        desk.act("client_writes", chat="closed_history", text="Back again")
        desk.act("transfer_to_line", chat="closed_history", line=24)
        arguments = {"sessions_of": desk.id("closed_history")} if tool == "dialogs_find" else {}
        shown = set(ids(await desk.call(tool, **arguments), "sessions", "session_id"))
        assert shown <= {desk.session_id("closed_history"), desk.session_id("mine"), desk.session_id("closing")}
        assert shown.isdisjoint({321, 322, 323})
        for session_id in (321, 322, 323):
            assert "BITRIX24_LINES" in await desk.refused("session_history_get", session_id=session_id)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("dialog_answer", {}),
        ("dialog_skip", {}),
        ("dialog_transfer", {"to_colleague": "8"}),
        ("dialog_transfer", {"to_line": 24}),
        ("dialog_finish", {}),
        ("dialog_finish_other", {}),
        ("dialog_mark_spam", {}),
        ("reply_send", {"text": "x"}),
        ("note_add", {"text": "x"}),
        ("reply_draft", {"text": "x"}),
        ("crm_card_get", {}),
        ("crm_lead_update", {"lead_id": 1205, "name": "x"}),
        ("dialogs_find", {"sessions_of": True}),
    ],
)
@pytest.mark.parametrize("verify", [True, False])
async def test_no_tool_reaches_a_dialog_of_another_line(tool: str, arguments: dict[str, Any], verify: bool) -> None:
    async with case(toolsets=("all",), lines=(24,), verify=verify) as desk:
        target = {"sessions_of": desk.id("in_crm")} if "sessions_of" in arguments else {"chat_id": desk.id("in_crm")}
        text = await desk.refused(tool, **{**arguments, **target})
        assert "BITRIX24_LINES" in text
        assert "Grace" not in text


async def test_a_dialog_that_was_moved_away_is_out_of_reach_at_once() -> None:
    async with case(toolsets=("all",), lines=(24,), reply_lines=(24,)) as desk:
        desk.act("transfer_to_line", chat="mine", line=22)
        for tool, extra in (("reply_send", {"text": "x"}), ("dialog_answer", {}), ("crm_card_get", {})):
            assert "BITRIX24_LINES" in await desk.refused(tool, chat_id=desk.id("mine"), **extra)


async def test_who_may_not_be_seen_is_not_told_apart_from_a_failure() -> None:
    async with case("administrator", lines=(23,)) as desk:
        answer_with(desk, "batch", {"result": [], "result_error": {"s321": {"error": "IM_LOAD_ERROR"}}})
        assert (await desk.call("sessions_list")).is_error


async def test_a_list_of_a_line_out_of_reach_is_refused_and_not_empty() -> None:
    async with case(lines=(24,)) as desk:
        assert "BITRIX24_LINES" in await desk.refused("dialogs_list", line_id=22)
        assert desk.calls == []
