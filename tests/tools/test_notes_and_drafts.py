"""Notes that no client sees, drafts, and what holds for every tool of the toolset."""

import json
import random
from typing import Any

import pytest

from tests.support import case
from tests.tools.test_odd_answers import answer_with, mutated, sound
from tests.tools.test_reply import ADD, GET, WITH_REPLY, outbox, requests, result_of

pytestmark = pytest.mark.anyio


# note_add


@pytest.mark.parametrize("message_flags", [True, False])
@pytest.mark.parametrize("mode", ["chat", "personal"])
@pytest.mark.parametrize("key", ["mine", "silent"])
async def test_a_note_never_goes_out(key: str, mode: Any, message_flags: bool) -> None:
    async with case(**WITH_REPLY) as desk:
        desk.portal.settings.silent_mode = mode
        desk.portal.settings.message_flags = message_flags
        desk.portal.settings.channel = "confirms"
        told = await desk.call("note_add", chat_id=desk.id(key), text="Refund agreed with Daniel")
        assert (told["outcome"], told["changed"], told["verified"]) == ("sent", True, True)
        assert told["visible_to_client"] == "no"
        assert told["text"] == "Maria Novak: Refund agreed with Daniel"
        assert outbox(desk) == []
        (call,) = desk.portal.calls.of(ADD)
        assert (call.params["SYSTEM"], call.params["SKIP_CONNECTOR"]) == ("Y", "Y")
        assert requests(desk) == ["batch", ADD, GET]


async def test_notes_are_for_who_takes_part() -> None:
    async with case(**WITH_REPLY) as desk:
        assert "session_join" in await desk.refused("note_add", chat_id=desk.id("colleagues"), text="x")
        await desk.call("session_join", chat_id=desk.id("colleagues"))
        told = await desk.call("note_add", chat_id=desk.id("colleagues"), text="I can help")
        assert told["visible_to_client"] == "no"
        assert "session_join" in await desk.refused("note_add", chat_id=desk.id("closed"), text="x")
        sessions = len(desk.portal.state.sessions)
        await desk.call("session_join", chat_id=desk.id("closed"))
        assert (await desk.call("note_add", chat_id=desk.id("closed"), text="x"))["outcome"] == "sent"
        assert len(desk.portal.state.sessions) == sessions
        assert outbox(desk) == []


async def test_the_same_note_is_not_written_twice_and_a_lost_one_is_found() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.fault(method=ADD, kind="drop", phase="after")
        first = await desk.call("note_add", chat_id=desk.id("mine"), text="Calls [b]back[/b]")
        assert "found in the dialog" in first["why"]
        again = await desk.call("note_add", chat_id=desk.id("mine"), text="Calls [b]back[/b]")
        assert (again["outcome"], again["message_id"]) == ("already_sent", first["message_id"])
        assert desk.portal.calls.executed(ADD) == 1


async def test_a_portal_that_marks_nothing_is_told_on() -> None:
    async with case(**WITH_REPLY) as desk:
        body = {
            "id": 99_999,
            "author_id": desk.user("operator"),
            "text": "Maria Novak: x",
            "params": {"CONNECTOR_MID": ["1"]},
        }
        page = {"result": {"chat_id": desk.id("mine"), "messages": [body], "users": [], "files": []}}
        desk.fault(method=GET, status=200, body=json.dumps(page))
        told = await desk.call("note_add", chat_id=desk.id("mine"), text="x")
        assert told["visible_to_client"] == "yes"
        assert "not marked" in told["why"]


# reply_draft


async def test_a_draft_shows_the_reply_beside_the_clients_last_words() -> None:
    async with case(**WITH_REPLY) as desk:
        desk.act("client_writes", chat="mine", text="Or [b]Monday[/b]\u202e?")
        told = await desk.call("reply_draft", chat_id=desk.id("mine"), text="See [b]here[/b]")
        assert (told["text"], told["adjusted"], told["can_be_sent"]) == ("See [ b]here[ /b]", True, True)
        assert [said["text"] for said in told["client_said"]] == ["By Friday, please.", "Or Monday?"]
        assert told["answered_since"] is None
        assert desk.writes == []
        assert len(requests(desk)) == 1


async def test_a_draft_for_somebody_elses_dialog_says_what_is_in_the_way() -> None:
    async with case(**WITH_REPLY) as desk:
        told = await desk.call("reply_draft", chat_id=desk.id("colleagues"), text="x")
        assert told["can_be_sent"] is False
        assert "user 8" in told["why"]
        assert told["answered_since"] is True
        assert told["client_said"][0]["text"] == "How do I add a second user?"
        closed = await desk.call("reply_draft", chat_id=desk.id("closed_history"), text="x")
        assert "closed" in closed["why"]


async def test_a_draft_works_where_the_history_may_not_be_read() -> None:
    async with case("outsider", **WITH_REPLY) as desk:
        item = desk.portal.crm_item("LEAD", desk.portal.flags(desk.portal.state.chats[desk.id("in_crm")]).crm_id)
        assert item is not None
        item.readers.append(desk.user("outsider"))
        desk.portal.state.sessions[desk.session_id("in_crm")].activity = 0
        for session in desk.portal.sessions_of(desk.id("in_crm")):
            session.activity = 99_999
        told = await desk.call("reply_draft", chat_id=desk.id("in_crm"), text="x")
        assert not told.is_error
        assert told["client_said"] is None
        assert told["can_be_sent"] is False


async def test_a_long_draft_among_long_words_stays_small() -> None:
    async with case(**WITH_REPLY) as desk:
        for _ in range(8):
            desk.act("client_writes", chat="mine", text="😀" * 3_000)
        told = await desk.call("reply_draft", chat_id=desk.id("mine"), text="😀" * 9_000)
        assert told["text_length"] == 9_000
        assert len(told["client_said"]) == 5
        assert told["said_before"] == 4  # with the one before
        assert len(json.dumps(told.data, ensure_ascii=False).encode()) < 24_000 < 9_000 * 4
        assert len(told.text.encode()) < 24_000 + 6_000


# for all of them


@pytest.mark.parametrize("tool", ["reply_send", "note_add", "reply_draft"])
async def test_dialogs_of_other_lines_are_out_of_reach(tool: str) -> None:
    async with case(lines=(22,), **WITH_REPLY) as desk:
        assert "BITRIX24_LINES" in await desk.refused(tool, chat_id=desk.id("mine"), text="x")


@pytest.mark.parametrize("tool", ["reply_send", "note_add"])
async def test_outside_of_the_reply_lines_nothing_is_sent(tool: str) -> None:
    async with case(reply_lines=(22, 23), **WITH_REPLY) as desk:
        text = await desk.refused(tool, chat_id=desk.id("mine"), text="x")
        assert "BITRIX24_REPLY_LINES" in text
        assert "line 24" in text
        draft = await desk.call("reply_draft", chat_id=desk.id("mine"), text="x")
        assert "BITRIX24_REPLY_LINES" in draft["next"]
        assert not (await desk.call(tool, chat_id=desk.id("in_crm"), text="x")).is_error


@pytest.mark.parametrize("tool", ["reply_send", "note_add", "reply_draft"])
async def test_a_missing_scope_is_named(tool: str) -> None:
    async with case(**WITH_REPLY) as desk:
        desk.portal.state.webhooks[desk.user("operator")].scopes = ["imopenlines", "crm"]
        text = await desk.refused(tool, chat_id=desk.id("mine"), text="x")
        assert "scope im (" in text


@pytest.mark.parametrize("tool", ["reply_send", "note_add"])
async def test_read_only_hides_what_writes(tool: str) -> None:
    async with case(read_only=True, **WITH_REPLY) as desk:
        assert tool not in [listed.name for listed in (await desk.client.list_tools()).tools]
        assert "reply_draft" in [listed.name for listed in (await desk.client.list_tools()).tools]


async def test_without_the_toolset_nobody_can_send() -> None:
    async with case() as desk:
        names = [listed.name for listed in (await desk.client.list_tools()).tools]
        assert not {"reply_send", "note_add", "reply_draft"} & set(names)


@pytest.mark.parametrize("tool", ["reply_send", "note_add", "reply_draft"])
@pytest.mark.parametrize(
    "result",
    [
        None,
        True,
        [],
        {"result": [], "result_error": []},
        {"result": {"card": True, "newest": True}, "result_error": []},
    ],
)
async def test_nonsense_is_an_error_and_nothing_is_written_on_it(tool: str, result: Any) -> None:
    async with case(**WITH_REPLY) as desk:
        body = json.dumps({"result": result, "time": {}})
        desk.fault(method="batch", status=200, body=body, count=-1)
        await desk.refused(tool, chat_id=desk.id("mine"), text="x")


async def test_words_of_strangers_are_masked_but_not_the_reply() -> None:
    async with case(mask_contacts=True, **WITH_REPLY) as desk:
        desk.act("client_writes", chat="mine", text="Call +1 202 555 0143")
        told = await desk.call("reply_draft", chat_id=desk.id("mine"), text="We call +1 202 555 0100")
        assert "0143" not in told.text
        assert told["text"] == "We call +1 202 555 0100"
        first = await desk.call("reply_send", chat_id=desk.id("mine"), text="We call +1 202 555 0100")
        assert "0100" not in first["text"]
        # Two numbers that look alike once masked are two messages.
        other = await desk.call("reply_send", chat_id=desk.id("mine"), text="We call +1 303 666 0100")
        assert other["outcome"] == "sent"


@pytest.mark.parametrize("seed", range(3))
async def test_no_answer_makes_a_tool_crash_or_break_its_schema(seed: int) -> None:
    chance = random.Random(seed)
    async with case(toolsets=("default", "reply", "crm")) as desk:
        chat_id = desk.id("in_crm")
        lead_id = desk.portal.flags(desk.portal.state.chats[chat_id]).crm_id
        reads = {
            "newest": (GET, {"DIALOG_ID": f"chat{chat_id}", "LAST_ID": 0, "LIMIT": 50}),
            "card": ("imopenlines.dialog.get", {"CHAT_ID": chat_id}),
            "lead": ("crm.item.get", {"entityTypeId": 1, "id": lead_id}),
        }
        good = {key: result_of(desk, method, params) for key, (method, params) in reads.items()}
        for turn in range(40):
            desk.portal.faults.clear()
            batch = {"result": mutated(good, chance), "result_error": []}
            if isinstance(batch["result"], dict):
                answer_with(desk, "batch", batch)
            answer_with(desk, GET, mutated(good["newest"], chance))
            answer_with(desk, "crm.item.get", mutated(good["lead"], chance))
            answer_with(desk, ADD, chance.choice([good["newest"]["messages"][0]["id"], 99_999, "x", None, []]))
            for tool, extra in (
                ("reply_send", {"text": f"Hello {turn}"}),
                ("note_add", {"text": f"Hello {turn}"}),
                ("reply_draft", {"text": "Hello"}),
                ("crm_card_get", {}),
                ("crm_lead_update", {"lead_id": lead_id, "name": f"Name {turn}", "phone": "+1 202 555 0100"}),
            ):
                sound(tool, await desk.call(tool, chat_id=chat_id, **extra))
