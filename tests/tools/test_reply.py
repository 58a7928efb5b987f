"""Writing to clients and colleagues: only where it arrives, once, and told by what reading back shows."""

import json
from typing import Any

import pytest

from bitrix24_dialogs.portal.dispatch import respond
from bitrix24_dialogs.portal.entities import Message
from tests.support import Case, Told, case

pytestmark = pytest.mark.anyio

WITH_REPLY = {"toolsets": ("default", "reply")}
ADD = "im.message.add"
GET = "im.dialog.messages.get"


def outbox(desk: Case) -> list[str]:
    """What has gone out to clients since the portal's start."""
    return [message.text for message in desk.portal.outbox if message.id > 85_540]


def result_of(desk: Case, method: str, params: dict[str, Any]) -> Any:
    """What the portal answers the operator."""
    portal = desk.portal
    call = portal.calls.open(portal.now(), desk.user("operator"), method, params)
    body = respond(portal, portal.webhook_secret(call.user_id), call).body
    assert isinstance(body, dict)
    return body["result"]


def message(desk: Case, told: Told) -> Message:
    return desk.portal.state.messages[told["message_id"]]


def requests(desk: Case) -> list[str]:
    """The requests that arrived, without the check whom the webhook acts as."""
    return [call.method for call in desk.portal.calls.entries if not call.batched and call.method != "profile"]


# reply_send


async def test_a_reply_goes_out_and_is_read_back() -> None:
    async with case(**WITH_REPLY) as desk:
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="By Friday it is.")
        assert (told["outcome"], told["changed"], told["verified"]) == ("sent", True, True)
        assert told["visible_to_client"] == "yes"
        assert told["text"] == "By Friday it is."
        assert (message(desk, told).text, message(desk, told).author) == ("By Friday it is.", desk.user("operator"))
        assert outbox(desk) == ["By Friday it is."]
        assert requests(desk) == ["batch", ADD, GET]


async def test_the_chat_is_named_by_the_server_and_never_an_employee() -> None:
    async with case(**WITH_REPLY) as desk:
        # 8 is an employee's number: whatever is sent must not become a private message to them.
        for number in (8, "8", "chat8"):
            await desk.refused("reply_send", chat_id=number, text="x")
        await desk.call("reply_send", chat_id=desk.id("mine"), text="x")
        (call,) = desk.portal.calls.of(ADD)
        assert call.params["DIALOG_ID"] == f"chat{desk.id('mine')}"
        assert "USER_ID" not in call.params


@pytest.mark.parametrize(
    ("key", "why", "advice"),
    [
        ("closed", "closed", "session_start"),
        ("waiting", "Nobody has accepted", "dialog_answer"),
        ("waiting_all", "Nobody has accepted", "dialog_answer"),
        ("colleagues", "that is user 8", "session_intercept"),
        ("silent", "silent mode", "session_mode_silent"),
    ],
)
async def test_where_it_would_not_arrive_nothing_is_sent(key: str, why: str, advice: str) -> None:
    async with case(**WITH_REPLY) as desk:
        text = await desk.refused("reply_send", chat_id=desk.id(key), text="Hello")
        assert why in text
        assert advice in text
        assert "Nothing was changed." in text
        assert outbox(desk) == []


async def test_a_participant_does_not_answer_in_place_of_the_operator() -> None:
    async with case(**WITH_REPLY) as desk:
        await desk.call("session_join", chat_id=desk.id("colleagues"))
        assert "Only the dialog's operator" in await desk.refused("reply_send", chat_id=desk.id("colleagues"), text="x")


async def test_a_channel_whose_time_for_replies_is_over_gets_nothing() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.act("block_replies", chat="mine", seconds=3600)
        draft = await desk.call("reply_draft", chat_id=desk.id("mine"), text="x")
        assert draft["can_be_sent"]
        assert draft["replies_until"]
        assert (await desk.call("reply_send", chat_id=desk.id("mine"), text="in time"))["visible_to_client"] == "yes"
        desk.portal.advance(3601)
        text = await desk.refused("reply_send", chat_id=desk.id("mine"), text="too late")
        assert f"no replies since {draft['replies_until']}" in text
        assert "template" in text
        assert outbox(desk) == ["in time"]


async def test_markup_is_sent_literally() -> None:
    async with case(**WITH_REPLY) as desk:
        smuggled = (
            "Sure: [SEND=/do]Yes[/SEND] [CALL=+1555]call[/CALL] [USER=8][/USER] [URL=https://a.example]bank[/URL]"
        )
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text=f"{smuggled}\n/start &#91;b&#93;#BR#/help")
        stored = message(desk, told).text
        assert stored == smuggled.replace("[", "[ ") + "\n\u00a0/start &#91; b&#93;# BR#/help"
        assert "Daniel" not in told["text"]
        (call,) = desk.portal.calls.of(ADD)
        assert call.params["URL_PREVIEW"] == "N"


@pytest.mark.parametrize("tool", ["reply_send", "note_add", "reply_draft"])
@pytest.mark.parametrize("text", ["", "  \n", "\u200b\u202e", None, 5, ["x"], "x" * 20_001, "[a" * 10_000])
async def test_texts_that_cannot_be_sent_never_reach_the_portal(tool: str, text: object) -> None:
    async with case(**WITH_REPLY) as desk:
        told = await desk.call(tool, chat_id=desk.id("mine"), text=text)
        assert told.is_error
        assert "text" in told.text
        assert desk.calls == []


async def test_the_longest_text_goes_out_whole() -> None:
    async with case(**WITH_REPLY) as desk:
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="ы" * 20_000)
        assert len(message(desk, told).text) == told["text_length"] == 20_000
        assert len(told["text"]) == 1_000
        assert len(json.dumps(told.data, ensure_ascii=False).encode()) < 24_000


# once, and no more than once


async def test_the_same_words_are_not_sent_twice() -> None:
    async with case(**WITH_REPLY) as desk:
        first = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        again = await desk.call("reply_send", chat_id=desk.id("mine"), text=" Yes. ")
        assert (again["outcome"], again["changed"], again["message_id"]) == ("already_sent", False, first["message_id"])
        assert outbox(desk) == ["Yes."]
        await desk.call("reply_send", chat_id=desk.id("mine"), text="Anything else?")
        again = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert (again["outcome"], again["message_id"]) == ("already_sent", first["message_id"])
        # The client's next question may well have the same answer, once something else was said.
        desk.act("client_writes", chat="mine", text="And is it blue?")
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert told["outcome"] == "sent"
        assert outbox(desk) == ["Yes.", "Anything else?", "Yes."]


async def test_ones_last_words_are_not_repeated_even_if_the_client_wrote_meanwhile() -> None:
    async with case(**WITH_REPLY) as desk:
        await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        desk.act("client_writes", chat="mine", text="Hello?")
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert told["outcome"] == "already_sent"
        assert "differently" in told["next"]
        assert outbox(desk) == ["Yes."]


async def test_words_of_an_earlier_session_do_not_count() -> None:
    async with case(**WITH_REPLY) as desk:
        await desk.call("reply_send", chat_id=desk.id("mine"), text="Bye!")
        desk.portal.advance(60)
        desk.act("operator_finishes", who="operator", chat="mine")
        desk.portal.advance(60)
        desk.act("client_writes", chat="mine", text="One more thing")
        desk.act("operator_answers", who="operator", chat="mine")
        assert (await desk.call("reply_send", chat_id=desk.id("mine"), text="Bye!"))["outcome"] == "sent"


@pytest.mark.parametrize("message_flags", [True, False])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop", "phase": "after"},
        {"kind": "answer", "phase": "after", "status": 502, "body": "<html>Bad gateway</html>"},
        {"kind": "answer", "phase": "after", "status": 200, "body": '{"result": true}'},
        {"kind": "answer", "phase": "after", "status": 400, "error": "PARAMS_ERROR"},
    ],
)
async def test_a_lost_answer_is_settled_by_looking(fault: dict[str, Any], message_flags: bool) -> None:
    async with case(**WITH_REPLY) as desk:
        desk.portal.settings.message_flags = message_flags
        desk.fault(method=ADD, **fault)
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert not told.is_error, told.text
        assert (told["outcome"], told["changed"], told["visible_to_client"]) == ("sent", True, "yes")
        assert "answer was lost" in told["why"]
        assert message(desk, told).text == "Yes."
        assert desk.portal.calls.executed(ADD) == 1
        assert outbox(desk) == ["Yes."]


async def test_an_answer_that_does_not_come_in_time_is_settled_by_looking() -> None:
    async with case(timeout=0.3, **WITH_REPLY) as desk:
        desk.fault(method=ADD, kind="hang", phase="after")
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert (told["outcome"], told["visible_to_client"]) == ("sent", "yes")
        assert outbox(desk) == ["Yes."]


async def test_what_is_not_there_may_still_come_and_the_same_call_finds_out() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.fault(method=ADD, kind="drop", phase="before")
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert told.is_error
        assert "may have happened" in told.text
        assert "reply_send with the very same arguments" in told.text
        assert desk.writes == [ADD]
        again = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert again["outcome"] == "sent"
        first, second = desk.portal.calls.of(ADD)
        assert first.params["TEMPLATE_ID"] == second.params["TEMPLATE_ID"]
        assert outbox(desk) == ["Yes."]


async def test_an_answer_that_stays_lost_is_unknown() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.fault(method=ADD, kind="drop", phase="after")
        desk.fault(method=GET, count=-1, status=403, error="ACCESS_ERROR")
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert told.is_error
        assert "may have happened" in told.text
        assert desk.portal.calls.executed(ADD) == 1
        desk.portal.faults.clear()
        again = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert again["outcome"] == "already_sent"
        assert outbox(desk) == ["Yes."]


async def test_what_the_portal_knew_by_its_uuid_is_told_as_such() -> None:
    async with case(**WITH_REPLY) as desk:
        older = next(one for one in desk.portal.messages_of(desk.id("mine")) if one.author == desk.user("operator"))
        desk.fault(method=ADD, status=200, body=json.dumps({"result": older.id, "time": {}}))
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert (told["outcome"], told["changed"], told["message_id"]) == ("already_sent", False, older.id)
        assert told["text"] == older.text


# what changes between reading and acting


async def test_a_dialog_taken_by_another_in_between_gets_nothing() -> None:
    async with case(**WITH_REPLY) as desk:
        taken = {"action": "operator_answers", "who": "second", "chat": "mine"}
        desk.fault(kind="delay", method=ADD, meanwhile=taken)
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert told.is_error
        assert "take no part in the dialog any more" in told.text
        assert "dialog_get" in told.text
        assert "Nothing was changed." in told.text
        assert outbox(desk) == []


async def test_silent_mode_switched_on_in_between_is_seen() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.fault(kind="delay", method=ADD, meanwhile={"action": "switch_silent", "who": "operator", "chat": "mine"})
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert (told["outcome"], told["visible_to_client"]) == ("sent", "no")
        assert "Silent mode" in told["why"]
        assert "session_mode_silent" in told["next"]
        assert outbox(desk) == []


async def test_a_personal_silent_mode_that_no_card_shows_is_seen_and_the_words_may_go_out_later() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.portal.settings.silent_mode = "personal"
        await desk.call("session_mode_silent", chat_id=desk.id("mine"), activate=True)
        assert (await desk.call("dialog_get", chat_id=desk.id("mine")))["silent"] is False
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert (told["outcome"], told["visible_to_client"]) == ("sent", "no")
        assert outbox(desk) == []
        await desk.call("session_mode_silent", chat_id=desk.id("mine"), activate=False)
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert (told["outcome"], told["visible_to_client"]) == ("sent", "yes")
        assert outbox(desk) == ["Hello"]


async def test_a_client_who_writes_meanwhile_is_told() -> None:
    async with case(**WITH_REPLY) as desk:
        writes = {"action": "client_writes", "chat": "mine", "text": "Wait!"}
        desk.fault(kind="delay", method=ADD, meanwhile=writes)
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Done.")
        assert (told["outcome"], told["client_wrote"]) == ("sent", True)


async def test_a_channel_that_has_not_confirmed_yet_leaves_it_unknown_until_it_has() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.portal.settings.channel = "is_slow"
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert (told["outcome"], told["visible_to_client"]) == ("sent", "unknown")
        assert "not confirmed" in told["why"]
        message(desk, told).params = {"connectorMid": ["w-1"]}
        again = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert (again["outcome"], again["visible_to_client"]) == ("already_sent", "yes")


async def test_a_failed_delivery_is_never_called_visible() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.portal.settings.channel = "fails"
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert told["visible_to_client"] == "unknown"
        assert "not delivered" in told["portal_said"]
        assert "untrusted" in told.text


async def test_a_channel_that_is_not_connected_is_explained() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.portal.settings.disconnected = ["whatsappbytwilio"]
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert told.is_error
        assert "not connected" in told.text
        assert "Nothing was changed." in told.text


async def test_reading_back_that_fails_is_no_confirmation() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.fault(method=GET, count=-1, status=403, error="ACCESS_ERROR")
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert (told["outcome"], told["verified"], told["visible_to_client"]) == ("sent", False, "unknown")
        assert message(desk, told).text == "Hello"


async def test_without_verification_it_is_still_looked_before_sending() -> None:
    async with case(verify=False, **WITH_REPLY) as desk:
        await desk.refused("reply_send", chat_id=desk.id("silent"), text="x")
        desk.portal.calls.clear()
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Hello")
        assert (told["verified"], told["visible_to_client"]) == (False, "unknown")
        assert "BITRIX24_VERIFY" in told["why"]
        assert requests(desk) == ["batch", ADD]
