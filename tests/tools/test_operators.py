"""Declining and ending a dialog, and what holds for all tools of the toolset: what is told is what reading back shows."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bitrix24_dialogs.handlers.tools import published
from bitrix24_dialogs.tools import all_tools
from tests.support import case
from tests.tools.passing_on import ANOTHER, CARD, FINISH, LINE, SKIP, SPAM, TRANSFER, operators, stale_card

pytestmark = pytest.mark.anyio

TOOLS: list[tuple[str, dict[str, object]]] = [
    ("dialog_skip", {}),
    ("dialog_transfer", {"to_colleague": "8"}),
    ("dialog_transfer", {"to_line": 22}),
    ("dialog_finish", {}),
    ("dialog_finish_other", {}),
    ("dialog_mark_spam", {}),
]
METHODS = {tool.name: tool.method for tool in all_tools()}
SCHEMAS = {tool.name: Draft202012Validator(published(tool).output_schema or {}) for tool in all_tools()}


# dialog_skip


@pytest.mark.parametrize("key", ["waiting", "pinned"])
async def test_declining_hands_the_dialog_to_the_next_in_the_queue(key: str) -> None:
    async with operators() as desk:
        told = await desk.call("dialog_skip", chat_id=desk.id(key))
        assert (told["outcome"], told["changed"], told["verified"]) == ("handed_on", True, True)
        assert (told["state"], told["your_role"]) == ("waiting", "none")
        assert desk.portal.sessions_of(desk.id(key))[-1].operator == desk.user("second")
        assert desk.calls == [CARD, LINE, "profile", SKIP, CARD]


async def test_to_whom_a_waiting_dialog_is_offered_is_not_shown_and_that_is_said() -> None:
    async with operators("supervisor") as desk:
        told = await desk.call("dialog_skip", chat_id=desk.id("waiting"))
        assert (told["outcome"], told["changed"], told["verified"]) == ("unconfirmed", None, False)
        assert "does not show" in told["why"]


async def test_nothing_is_declined_where_nobody_is_next() -> None:
    async with operators() as desk:
        assert "everybody at once" in await desk.refused("dialog_skip", chat_id=desk.id("mine"))
        assert "everybody at once" in await desk.refused("dialog_skip", chat_id=desk.id("waiting_all"))
        desk.act("change_line", line=22, queue=[desk.user("operator")])
        text = await desk.refused("dialog_skip", chat_id=desk.id("pinned"))
        assert "Nobody else is in the queue" in text
        assert "dialog_transfer" in text


async def test_a_colleagues_dialog_is_not_declined_in_their_place() -> None:
    async with operators() as desk:
        text = await desk.refused("dialog_skip", chat_id=desk.id("english"))
        assert f"User {desk.user('second')}" in text
        assert "dialog_transfer" in text


async def test_a_closed_dialog_is_not_declined() -> None:
    async with operators() as desk:
        told = await desk.call("dialog_skip", chat_id=desk.id("closed_history"))
        assert (told["outcome"], told["changed"]) == ("unchanged", False)
        assert desk.calls == [CARD]


async def test_a_blank_refusal_is_explained_from_the_state_then() -> None:
    async with operators() as desk:
        desk.act("hold_lock", chat="pinned", lock="queue")
        told = await desk.call("dialog_skip", chat_id=desk.id("pinned"))
        assert told.is_error
        assert "did not hand the dialog on" in told.text
        assert "Nothing was changed." in told.text
        assert desk.writes == [SKIP]


@pytest.mark.parametrize(
    ("action", "expected"),
    [("operator_finishes", "no open session any more"), ("operator_answers", "is the dialog's operator")],
)
async def test_a_blank_refusal_after_somebody_was_faster(action: str, expected: str) -> None:
    async with operators("supervisor") as desk:
        stale_card(desk, "waiting", "supervisor")
        desk.act(action, who="second", chat="waiting")
        desk.fault(method=SKIP, status=400, body=json.dumps({"error": "", "error_description": ""}))
        told = await desk.call("dialog_skip", chat_id=desk.id("waiting"))
        assert told.is_error
        assert expected in told.text


async def test_a_blank_refusal_that_cannot_be_looked_into_says_how_to() -> None:
    async with operators() as desk:
        desk.act("hold_lock", chat="pinned", lock="queue")
        desk.fault(method=CARD, skip=1, count=-1, error="INTERNAL_SERVER_ERROR", status=500)
        told = await desk.call("dialog_skip", chat_id=desk.id("pinned"))
        assert told.is_error
        assert "without saying why" in told.text
        assert "dialog_get" in told.text


async def test_true_and_nothing_done_is_told() -> None:
    async with operators() as desk:
        desk.fault(method=SKIP, status=200, body='{"result": true, "time": {}}')
        told = await desk.call("dialog_skip", chat_id=desk.id("pinned"))
        assert (told["outcome"], told["changed"], told["verified"]) == ("unchanged", False, True)


async def test_a_dialog_that_was_closed_meanwhile_was_not_handed_on() -> None:
    async with operators() as desk:
        stale_card(desk, "pinned")
        desk.act("operator_finishes", who="operator", chat="pinned")
        desk.fault(method=SKIP, status=200, body='{"result": true, "time": {}}')
        told = await desk.call("dialog_skip", chat_id=desk.id("pinned"))
        assert (told["outcome"], told["verified"], told["state"]) == ("unconfirmed", False, "closed")


# dialog_finish, dialog_finish_other


async def test_finishing_ones_own_dialog() -> None:
    async with operators() as desk:
        session_id = desk.session_id("mine")
        told = await desk.call("dialog_finish", chat_id=desk.id("mine"))
        assert (told["outcome"], told["changed"], told["verified"]) == ("finished", True, True)
        assert (told["session_id"], told["state"], told["operator"]["id"]) == (session_id, "closed", 7)
        assert desk.calls == [CARD, "profile", FINISH, CARD]
        again = await desk.call("dialog_finish", chat_id=desk.id("mine"))
        assert (again["outcome"], again["changed"]) == ("unchanged", False)
        assert desk.portal.calls.executed(FINISH) == 1


async def test_a_line_with_a_closing_text_closes_the_second_time() -> None:
    async with operators() as desk:
        told = await desk.call("dialog_finish", chat_id=desk.id("deal_line"))
        assert (told["outcome"], told["changed"], told["state"]) == ("closing", True, "open")
        assert "closing text" in told["why"]
        told = await desk.call("dialog_finish", chat_id=desk.id("deal_line"))
        assert (told["outcome"], told["state"]) == ("finished", "closed")


async def test_finishing_with_the_wrong_tool_names_the_right_one() -> None:
    async with operators() as desk:
        text = await desk.refused("dialog_finish", chat_id=desk.id("colleagues"))
        assert "dialog_finish_other" in text
        text = await desk.refused("dialog_finish_other", chat_id=desk.id("mine"))
        assert "dialog_finish" in text


async def test_finishing_a_colleagues_dialog() -> None:
    async with operators("supervisor") as desk:
        told = await desk.call("dialog_finish_other", chat_id=desk.id("colleagues"))
        assert (told["outcome"], told["operator"]["id"]) == ("finished", desk.user("second"))
        assert desk.calls == [CARD, "profile", ANOTHER, CARD]


async def test_a_waiting_dialog_is_finished_by_whom_it_is_assigned_to_only() -> None:
    async with operators() as desk:
        assert (await desk.call("dialog_finish", chat_id=desk.id("waiting")))["outcome"] == "finished"
        told = await desk.call("dialog_finish", chat_id=desk.id("waiting_all"))
        assert told.is_error
        assert "dialog_finish_other" in told.text
        assert "Nothing was changed." in told.text
        assert (await desk.call("dialog_finish_other", chat_id=desk.id("waiting_all")))["outcome"] == "finished"


@pytest.mark.parametrize(
    ("action", "expected"),
    [("operator_finishes", "no open session any more"), ("operator_answers", "By now user 8 is the dialog's operator")],
)
async def test_somebody_faster_is_told(action: str, expected: str) -> None:
    async with operators() as desk:
        stale_card(desk, "mine")
        desk.act(action, who="second", chat="mine")
        told = await desk.call("dialog_finish", chat_id=desk.id("mine"))
        assert told.is_error
        assert expected in told.text
        assert "Nothing was changed." in told.text


async def test_a_client_who_writes_while_the_dialog_is_finished_has_a_new_session() -> None:
    async with operators() as desk:
        stale_card(desk, "mine")
        before = desk.session_id("mine")
        desk.act("operator_finishes", who="operator", chat="mine")
        desk.act("client_writes", chat="mine", text="One more thing")
        desk.fault(method=FINISH, status=200, body='{"result": true, "time": {}}')
        told = await desk.call("dialog_finish", chat_id=desk.id("mine"))
        assert (told["outcome"], told["session_id"], told["state"]) == ("finished", before, "waiting")
        assert str(desk.session_id("mine")) in told["next"]


@pytest.mark.parametrize(("tool", "key"), [("dialog_finish", "mine"), ("dialog_finish_other", "colleagues")])
async def test_a_busy_queue_does_nothing_and_that_is_told(tool: str, key: str) -> None:
    async with operators() as desk:
        desk.act("hold_lock", chat=key, lock="queue")
        told = await desk.call(tool, chat_id=desk.id(key))
        assert (told["outcome"], told["changed"], told["verified"]) == ("unchanged", False, True)
        assert "busy" in told["why"]


# dialog_mark_spam


@pytest.mark.parametrize("key", ["mine", "colleagues", "waiting_all"])
async def test_marking_spam_closes_whosever_dialog_it_is(key: str) -> None:
    async with operators() as desk:
        told = await desk.call("dialog_mark_spam", chat_id=desk.id(key))
        assert (told["outcome"], told["changed"], told["state"]) == ("closed_as_spam", True, "closed")
        assert "not shown" in told["why"]
        assert desk.calls == [CARD, "profile", SPAM, CARD]
        again = await desk.call("dialog_mark_spam", chat_id=desk.id(key))
        assert (again["outcome"], again["changed"]) == ("unchanged", False)
        assert desk.portal.calls.executed(SPAM) == 1


async def test_spam_that_the_portal_did_not_mark_is_told() -> None:
    async with operators() as desk:
        desk.act("hold_lock", chat="mine", lock="queue")
        told = await desk.call("dialog_mark_spam", chat_id=desk.id("mine"))
        assert (told["outcome"], told["changed"], told["state"]) == ("unchanged", False, "open")


# for all of them


@pytest.mark.parametrize(
    "result", [True, None, [], {}, "x", 5, {"id": 999, "entity_id": "a|1|2|3", "entity_data_1": ""}]
)
@pytest.mark.parametrize(("tool", "extra"), TOOLS)
async def test_what_is_no_card_is_no_state_and_nothing_is_written_on_it(
    tool: str, extra: dict[str, object], result: Any
) -> None:
    async with operators() as desk:
        desk.fault(method=CARD, status=200, body=json.dumps({"result": result, "time": {}}), count=-1)
        assert "not this dialog's card" in await desk.refused(tool, chat_id=desk.id("mine"), **extra)


@pytest.mark.parametrize("result", [False, None, "true", {}, [1]])
@pytest.mark.parametrize(("tool", "extra"), TOOLS)
async def test_an_acceptance_in_another_form_is_not_believed_and_the_state_is_told(
    tool: str, extra: dict[str, object], result: Any
) -> None:
    async with operators() as desk:
        desk.fault(method=METHODS[tool], status=200, body=json.dumps({"result": result, "time": {}}))
        key = "english" if tool == "dialog_finish_other" else "pinned"
        told = await desk.call(tool, chat_id=desk.id(key), **({"to_line": 23} if "to_line" in extra else extra))
        assert (told["outcome"], told["changed"], told["verified"]) == ("unchanged", False, True)
        SCHEMAS[tool].validate(told.data)


@pytest.mark.parametrize(("tool", "extra"), TOOLS)
async def test_results_keep_their_schema(tool: str, extra: dict[str, object]) -> None:
    async with operators() as desk:
        for key in ("waiting", "pinned", "in_crm", "deal_line", "closed", "english"):
            told = await desk.call(tool, chat_id=desk.id(key), **extra)
            if not told.is_error:
                SCHEMAS[tool].validate(told.data)


@pytest.mark.parametrize(("tool", "extra"), TOOLS)
async def test_foreign_and_unknown_chats_are_refused(tool: str, extra: dict[str, object]) -> None:
    async with operators("outsider") as desk:
        for chat_id in (desk.id("mine"), desk.id("ordinary_chat"), 999_999):
            text = await desk.refused(tool, chat_id=chat_id, **extra)
            assert "does not tell the two apart" in text
            assert "Nothing was changed." in text


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize(("tool", "extra"), TOOLS)
async def test_dialogs_of_other_lines_are_not_written_to(tool: str, extra: dict[str, object], verify: bool) -> None:
    async with operators("supervisor", lines=(22,), verify=verify) as desk:
        text = await desk.refused(tool, chat_id=desk.id("colleagues"), **extra)
        assert "BITRIX24_LINES" in text


@pytest.mark.parametrize(
    ("tool", "method", "extra"),
    [
        ("dialog_skip", SKIP, {}),
        ("dialog_transfer", TRANSFER, {"to_colleague": "8"}),
        ("dialog_transfer", TRANSFER, {"to_line": 22}),
        ("dialog_finish", FINISH, {}),
        ("dialog_finish_other", ANOTHER, {}),
        ("dialog_mark_spam", SPAM, {}),
    ],
)
async def test_without_verification_nothing_is_read_and_that_is_said(
    tool: str, method: str, extra: dict[str, object]
) -> None:
    async with operators(verify=False) as desk:
        told = await desk.call(tool, chat_id=desk.id("pinned"), **extra)
        assert (told["outcome"], told["verified"]) == ("sent", False)
        assert "BITRIX24_VERIFY" in told["why"]
        assert desk.calls == ["profile", method]


async def test_without_verification_a_blank_refusal_stays_unexplained() -> None:
    async with operators(verify=False) as desk:
        told = await desk.call("dialog_skip", chat_id=desk.id("mine"))
        assert told.is_error
        assert "without saying why" in told.text
        assert "may have happened" in told.text
        assert desk.calls == ["profile", SKIP]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop", "phase": "after"},
        {"kind": "answer", "phase": "after", "status": 502, "body": "<html>Bad gateway</html>"},
        {"kind": "answer", "phase": "after", "status": 500, "error": "INTERNAL_SERVER_ERROR"},
    ],
)
@pytest.mark.parametrize(
    ("tool", "method", "key", "extra"),
    [
        ("dialog_skip", SKIP, "pinned", {}),
        ("dialog_transfer", TRANSFER, "mine", {"to_colleague": "8"}),
        ("dialog_finish", FINISH, "mine", {}),
        ("dialog_finish_other", ANOTHER, "colleagues", {}),
        ("dialog_mark_spam", SPAM, "mine", {}),
    ],
)
async def test_a_lost_answer_may_have_happened_and_is_not_asked_for_again(
    tool: str, method: str, key: str, extra: dict[str, object], fault: dict[str, object]
) -> None:
    async with operators() as desk:
        desk.fault(method=method, count=-1, **fault)
        told = await desk.call(tool, chat_id=desk.id(key), **extra)
        assert told.is_error
        assert "may have happened" in told.text
        assert "dialog_get" in told.text
        assert desk.writes == [method]


@pytest.mark.parametrize(("tool", "extra"), TOOLS)
async def test_a_change_whose_reading_back_fails_is_not_confirmed(tool: str, extra: dict[str, object]) -> None:
    async with operators() as desk:
        key = "colleagues" if tool == "dialog_finish_other" else "pinned"
        desk.portal.state.lines[22].queue_type = "evenly"
        if extra.get("to_line"):
            key = "mine"
        desk.fault(method=CARD, skip=1, count=-1, error="INTERNAL_SERVER_ERROR", status=500)
        told = await desk.call(tool, chat_id=desk.id(key), **extra)
        assert not told.is_error, told.text
        assert (told["outcome"], told["changed"], told["verified"]) == ("sent", None, False)
        assert "not confirmed" in told["why"]
        assert "dialog_get" in told["next"]


async def test_the_toolset_is_off_unless_asked_for() -> None:
    async with case() as desk:
        listed = {tool.name for tool in (await desk.client.list_tools()).tools}
        assert not {tool for tool, _ in TOOLS} & listed
