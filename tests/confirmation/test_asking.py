"""A tool that has to ask first: what the person reads, what each answer leads to, and who cannot be asked."""

import inspect
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp.types import ElicitResult

from bitrix24_dialogs.portal import default_portal
from bitrix24_dialogs.portal.actions import act
from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect
from bitrix24_dialogs.tools import all_tools, questions
from tests.confirmation.people import NO, YES, Person
from tests.support import Case, case

pytestmark = pytest.mark.anyio
both_eras = pytest.mark.parametrize("era", ["auto", "legacy"])

CHAT = "colleagues"
WRITING = [tool for tool in all_tools() if tool.effect is not Effect.READ]
ACTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "session_start": ("operator", "closed", {}),
    "message_session_start": ("operator", "mine", {"message_id": "last"}),
    "session_join": ("operator", CHAT, {}),
    "session_intercept": ("operator", CHAT, {}),
    "session_mode_pin": ("operator", "mine", {}),
    "session_mode_pin_all": ("operator", "mine", {}),
    "session_mode_unpin_all": ("operator", "mine", {}),
    "session_mode_silent": ("operator", "mine", {"activate": True}),
    "session_head_vote": ("supervisor", CHAT, {"session_id": "last", "rating": 4, "comment": "POISON comment"}),
    "crm_lead_create": ("operator", "mine", {}),
    "dialog_answer": ("operator", "waiting", {}),
    "reply_send": ("operator", "mine", {"text": "POISON text"}),
    "note_add": ("operator", "mine", {"text": "POISON text"}),
    "dialog_skip": ("operator", "waiting", {}),
    "dialog_transfer": ("operator", "mine", {"to_colleague": "8", "even_if_absent": True}),
    "dialog_finish": ("operator", "mine", {}),
    "dialog_finish_other": ("supervisor", CHAT, {}),
    "dialog_mark_spam": ("operator", "mine", {}),
    "crm_lead_update": ("operator", "in_crm", {"lead_id": "lead", "title": "POISON title"}),
}
"""For each tool that writes: who calls it on which dialog with what, so that it would really act."""


@asynccontextmanager
async def scene(tool: AnyTool, person: Person, **settings: Any) -> AsyncIterator[tuple[Case, dict[str, Any]]]:
    """A portal on which ``tool`` would act, and the arguments for it."""
    who, key, given = ACTS[tool.name]
    async with case(who, person=person, toolsets=("all",), **settings) as desk:
        chat = desk.id(key)
        card = await desk.call("dialog_get", chat_id=chat)
        numbers = {
            "message_id": max(message.id for message in desk.portal.state.messages.values() if message.chat_id == chat),
            "session_id": desk.session_id(key),
            "lead_id": card["crm"][0]["id"] if card["crm"] else 0,
        }
        wanted = {item.name for item in tool.parameters.items}
        known = {"chat_id": chat, **given} | {name: numbers[name] for name in numbers.keys() & given.keys()}
        yield desk, {name: value for name, value in known.items() if name in wanted}


@both_eras
async def test_a_yes_lets_the_tool_act_once(era: str) -> None:
    person = Person(YES)
    async with case(mode=era, person=person, confirm="destructive") as desk:
        chat = desk.id("colleagues")
        told = await desk.call("session_intercept", chat_id=chat)
        assert (told["outcome"], told.is_error) == ("taken_over", False)
        assert desk.writes == ["imopenlines.session.intercept"]
        (question,) = person.asked
        assert question == (
            f"Take dialog {chat} over? Operator now: Daniel Weiss (user 8). Everybody else but the client is removed"
            " from the chat."
        )
        assert person.forms == [
            {
                "type": "object",
                "properties": {"confirm": {"type": "boolean", "title": "Yes, do it"}},
                "required": ["confirm"],
            }
        ]


@both_eras
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (NO, "the person said no. Leave it, and say that it was not done"),
        (ElicitResult(action="accept", content={"confirm": False}), "the person said no"),
        (ElicitResult(action="accept", content={}), "the person said no"),
        (ElicitResult(action="accept", content=None), "the person said no"),
        (ElicitResult(action="accept", content={"confirm": "true"}), "the person said no"),
        (ElicitResult(action="accept", content={"confirm": 1}), "the person said no"),
        (ElicitResult(action="accept", content={"yes": True}), "the person said no"),
        (ElicitResult(action="decline", content={"confirm": True}), "the person said no"),
        (ElicitResult(action="cancel"), "the person closed the question without an answer"),
    ],
)
async def test_nothing_but_a_clear_yes_is_one(era: str, answer: ElicitResult, said: str) -> None:
    async with case(mode=era, person=Person(answer), confirm="destructive") as desk:
        text = await desk.refused("session_intercept", chat_id=desk.id("colleagues"))
        assert text.startswith("session_intercept: not done: ")
        assert said in text
        assert text.endswith("Nothing was changed.")


@both_eras
async def test_a_client_that_cannot_ask_gets_a_refusal_that_names_the_setting(era: str) -> None:
    async with case(mode=era, confirm="writes") as desk:
        text = await desk.refused("session_join", chat_id=desk.id("colleagues"))
        assert "nobody could be asked" in text
        assert "BITRIX24_CONFIRM=off" in text
        assert not desk.writes


@pytest.mark.parametrize("tool", WRITING, ids=lambda tool: tool.name)
@pytest.mark.parametrize("confirm", ["off", "destructive", "writes"])
async def test_which_tools_ask(confirm: str, tool: AnyTool) -> None:
    person = Person(NO)
    async with scene(tool, person, confirm=confirm) as (desk, given):
        told = await desk.call(tool.name, **given)
        asks = confirm == "writes" or (confirm == "destructive" and tool.effect is Effect.DESTRUCTIVE)
        assert bool(person.asked) is asks
        assert bool(desk.writes) is not asks
        assert told.is_error is asks


async def test_no_reading_tool_asks() -> None:
    person = Person(NO)
    async with case(person=person, confirm="writes", toolsets=("all",)) as desk:
        for tool in all_tools():
            if tool.effect is Effect.READ:
                await desk.call(tool.name)
    assert person.asked == []


@both_eras
@pytest.mark.parametrize(
    ("tool", "key", "given"),
    [
        ("session_intercept", "waiting", {}),
        ("session_intercept", "mine", {}),
        ("session_mode_pin", "closed", {}),
        ("crm_lead_create", "in_crm", {}),
        ("reply_send", "closed", {"text": "Hello"}),
        ("reply_send", "silent", {"text": "Hello"}),
        ("dialog_transfer", "mine", {}),
        ("dialog_transfer", "mine", {"to_line": 4711}),
        ("crm_lead_update", "in_crm", {"lead_id": 1}),
    ],
)
async def test_nobody_is_asked_about_what_would_not_happen(
    era: str, tool: str, key: str, given: dict[str, Any]
) -> None:
    person = Person(YES)
    settings: dict[str, Any] = {"mode": era, "toolsets": ("all",)}
    async with case(person=person, confirm="writes", **settings) as asking, case(**settings) as desk:
        told = await asking.call(tool, chat_id=asking.id(key), **given)
        plain = await desk.call(tool, chat_id=desk.id(key), **given)
        assert person.asked == []
        assert asking.writes == []
        assert (told.text, told.is_error) == (plain.text, plain.is_error)


@both_eras
async def test_wrong_arguments_are_told_and_nobody_is_asked(era: str) -> None:
    person = Person(YES)
    async with case(mode=era, person=person, confirm="writes") as desk:
        text = await desk.refused("session_join", chat_id="everybody", force=True)
        assert "chat_id" in text
        assert "force" in text
        assert person.asked == []
        assert desk.calls == []


@both_eras
async def test_what_it_cannot_find_out_for_the_question_is_told_like_the_tool_would(era: str) -> None:
    person = Person(YES)
    async with case(mode=era, person=person, confirm="writes", toolsets=("all",)) as desk:
        gone = await desk.refused("session_intercept", chat_id=999_999)
        assert "not found" in gone.lower() or "no rights" in gone.lower()
        unknown = await desk.refused("dialog_transfer", chat_id=desk.id("mine"), to_colleague="Nobody Known")
        assert "colleague_find" in unknown
        assert person.asked == []


@both_eras
async def test_a_transfer_by_name_asks_with_the_name_on_the_staff_list(era: str) -> None:
    person = Person(NO)
    async with case(mode=era, person=person, confirm="destructive", toolsets=("all",)) as desk:
        await desk.refused("dialog_transfer", chat_id=desk.id("mine"), to_colleague="weiss")
        assert person.asked == [f"Transfer dialog {desk.id('mine')} to Daniel Weiss (user 8)? Operator now: you."]


async def test_the_staff_list_out_of_reach_leaves_the_number() -> None:
    person = Person(NO)
    async with case(person=person, confirm="destructive") as desk:
        desk.fault(method="user.get", status=403, error="insufficient_scope")
        await desk.refused("session_intercept", chat_id=desk.id("colleagues"))
        assert f"Operator now: user {desk.user('second')}." in person.asked[0]


async def test_in_the_older_protocol_a_yes_to_what_has_changed_meanwhile_is_none() -> None:
    portal = default_portal()
    person = Person(YES, lambda: act(portal, {"action": "transfer_to_operator", "who": "supervisor", "chat": CHAT}))
    async with case(mode="legacy", portal=portal, person=person, confirm="destructive") as desk:
        text = await desk.refused("session_intercept", chat_id=desk.id(CHAT))
        assert "the state has changed while the person was asked" in text
        assert len(person.asked) == 1


async def test_in_the_newer_protocol_what_has_changed_meanwhile_is_asked_again() -> None:
    portal = default_portal()

    def taken() -> None:
        act(portal, {"action": "transfer_to_operator", "who": "supervisor", "chat": CHAT})
        act(portal, {"action": "operator_answers", "who": "supervisor", "chat": CHAT})

    person = Person(YES, taken)
    async with case(portal=portal, person=person, confirm="destructive") as desk:
        told = await desk.call("session_intercept", chat_id=desk.id(CHAT))
        first, second = person.asked
        assert "Daniel Weiss" in first
        assert f"(user {desk.user('supervisor')})" in second
        assert told["taken_from"]["id"] == desk.user("supervisor")
        assert desk.writes == ["imopenlines.session.intercept"]


async def test_what_would_no_longer_happen_is_told_instead_of_done() -> None:
    portal = default_portal()
    person = Person(YES, lambda: act(portal, {"action": "transfer_to_operator", "who": "supervisor", "chat": CHAT}))
    async with case(portal=portal, person=person, confirm="destructive") as desk:
        told = await desk.call("session_intercept", chat_id=desk.id(CHAT))
        assert told["outcome"] == "unchanged"
        assert desk.writes == []
        assert len(person.asked) == 1


async def test_people_are_asked_in_their_language() -> None:
    person = Person(NO)
    async with case(person=person, confirm="destructive", language="ru") as desk:
        await desk.refused("session_intercept", chat_id=desk.id("colleagues"))
        assert re.search("[а-я]", person.asked[0])
        assert "Daniel Weiss" in person.asked[0]
        assert re.search("[а-я]", person.forms[0]["properties"]["confirm"]["title"])


def test_every_question_belongs_to_a_tool_and_every_tool_that_writes_has_its_own() -> None:
    asked = [tool.question for tool in WRITING]
    defined = [
        function
        for name, function in inspect.getmembers(questions, inspect.iscoroutinefunction)
        if function.__module__ == questions.__name__ and not name.startswith("_")
    ]
    assert len(asked) == len(set(asked))
    assert set(asked) == set(defined)


@pytest.mark.parametrize("tool", WRITING, ids=lambda tool: tool.name)
async def test_no_word_of_a_client_or_an_assistant_is_in_a_question(tool: AnyTool) -> None:
    """Names on the staff list are the only words from the portal."""
    person = Person(NO)
    async with scene(tool, person, confirm="writes") as (desk, given):
        for chat in desk.portal.state.chats.values():
            chat.title = "POISON title"
        for message in desk.portal.state.messages.values():
            message.text = "POISON message"
        await desk.refused(tool.name, **given)
        (question,) = person.asked
        assert "POISON" not in question
