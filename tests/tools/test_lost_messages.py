"""Messages whose answer is lost, whatever way: settled by looking, and never sent twice by the same call once more."""

from typing import Any

import pytest

from tests.support import Case, case

pytestmark = pytest.mark.anyio

ADD = "im.message.add"
GET = "im.dialog.messages.get"
WITH_REPLY = {"toolsets": ("default", "reply")}
LOSSES: list[dict[str, Any]] = [
    {"kind": "drop"},
    {"kind": "answer", "status": 502, "body": "<html>Bad gateway</html>"},
    {"kind": "answer", "status": 200, "body": "<html>Please wait</html>"},
    {"kind": "answer", "status": 500, "error": "INTERNAL_SERVER_ERROR"},
    {"kind": "hang"},
]


def sent(desk: Case) -> list[str]:
    return [message.text for message in desk.portal.outbox if message.id > 85_540]


def notes(desk: Case) -> list[str]:
    return [one.text for one in desk.portal.messages_of(desk.id("mine")) if one.id > 85_540 and one.text.endswith("X.")]


@pytest.mark.parametrize("understands_flags", [True, False])
@pytest.mark.parametrize("fault", LOSSES)
async def test_executed_and_lost_is_found(fault: dict[str, Any], understands_flags: bool) -> None:
    async with case(timeout=0.5, **WITH_REPLY) as desk:
        desk.portal.settings.message_flags = understands_flags
        desk.fault(method=ADD, phase="after", **fault)
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert (told["outcome"], told["visible_to_client"]) == ("sent", "yes")
        for _ in range(2):
            again = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
            assert again["outcome"] == "already_sent"
        assert sent(desk) == ["Yes."]


@pytest.mark.parametrize("understands_flags", [True, False])
@pytest.mark.parametrize("fault", LOSSES)
async def test_lost_before_it_was_executed_the_same_call_sends_it_once(
    fault: dict[str, Any], understands_flags: bool
) -> None:
    async with case(timeout=0.5, **WITH_REPLY) as desk:
        desk.portal.settings.message_flags = understands_flags
        desk.fault(method=ADD, phase="before", **fault)
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert told.is_error
        assert "may have happened" in told.text
        assert "the very same arguments" in told.text
        assert sent(desk) == []
        assert desk.calls.count(ADD) == 1
        for _ in range(2):
            again = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
            assert not again.is_error
        assert sent(desk) == ["Yes."]


@pytest.mark.parametrize("understands_flags", [True, False])
@pytest.mark.parametrize("fault", LOSSES)
async def test_executed_and_neither_answer_nor_reading_comes_back(
    fault: dict[str, Any], understands_flags: bool
) -> None:
    async with case(timeout=0.5, **WITH_REPLY) as desk:
        desk.portal.settings.message_flags = understands_flags
        desk.fault(method=ADD, phase="after", **fault)
        desk.fault(method=GET, count=-1, status=403, error="ACCESS_ERROR")
        assert (await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")).is_error
        desk.portal.faults.clear()
        desk.act("client_writes", chat="mine", text="Hello?")
        again = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert again["outcome"] == "already_sent"
        assert sent(desk) == ["Yes."]


async def test_a_client_who_writes_while_the_answer_is_lost_is_told() -> None:
    async with case(**WITH_REPLY) as desk:
        writes = {"action": "client_writes", "chat": "mine", "text": "Wait!"}
        desk.fault(method=ADD, kind="drop", phase="after", meanwhile=writes)
        told = await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert (told["outcome"], told["client_wrote"]) == ("sent", True)
        assert (await desk.call("reply_send", chat_id=desk.id("mine"), text="Yes."))["outcome"] == "already_sent"
        assert sent(desk) == ["Yes."]


@pytest.mark.parametrize("fault", LOSSES)
async def test_a_note_that_was_lost_is_not_written_twice_even_if_the_client_wrote(fault: dict[str, Any]) -> None:
    async with case(timeout=0.5, **WITH_REPLY) as desk:
        desk.fault(method=ADD, phase="after", **fault)
        desk.fault(method=GET, count=-1, status=403, error="ACCESS_ERROR")
        told = await desk.call("note_add", chat_id=desk.id("mine"), text="Ask X.")
        assert told.is_error
        assert "note_add with the very same arguments" in told.text
        desk.portal.faults.clear()
        desk.act("client_writes", chat="mine", text="Hello?")
        again = await desk.call("note_add", chat_id=desk.id("mine"), text="Ask X.")
        assert again["outcome"] == "already_sent"
        assert len(notes(desk)) == 1
        # Another note, and then the first one again, now that the client has written, are two more.
        await desk.call("note_add", chat_id=desk.id("mine"), text="Called X.")
        assert (await desk.call("note_add", chat_id=desk.id("mine"), text="Ask X."))["outcome"] == "sent"
        assert len(notes(desk)) == 3


async def test_a_colleagues_note_of_the_same_words_is_not_taken_for_ones_own() -> None:
    async with case(**WITH_REPLY) as desk:
        chat = desk.portal.state.chats[desk.id("mine")]
        desk.portal.post(chat, "[USER=8][/USER]: Ask X.")
        assert (await desk.call("note_add", chat_id=desk.id("mine"), text="Ask X."))["outcome"] == "sent"


async def test_a_note_that_a_channel_has_a_number_for_is_never_called_internal() -> None:
    async with case(**WITH_REPLY) as desk:
        first = await desk.call("note_add", chat_id=desk.id("mine"), text="Ask X.")
        desk.portal.state.messages[first["message_id"]].params = {"connectorMid": ["w-1"]}
        again = await desk.call("note_add", chat_id=desk.id("mine"), text="Ask X.")
        assert (again["outcome"], again["visible_to_client"]) == ("already_sent", "yes")


async def test_a_draft_is_not_called_sendable_where_the_reply_would_be_refused() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.fault(method=GET, count=-1, status=403, error="ACCESS_ERROR")
        del desk.portal.state.chats[desk.id("mine")].members[desk.user("operator")]
        draft = await desk.call("reply_draft", chat_id=desk.id("mine"), text="Yes.")
        reply = await desk.refused("reply_send", chat_id=desk.id("mine"), text="Yes.")
        assert draft["can_be_sent"] is False
        assert draft["why"] in reply
