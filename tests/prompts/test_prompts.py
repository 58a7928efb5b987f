"""Prompts over the protocol: which there are for whom, what they are filled with, how wrong ones are refused."""

import logging

import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, TextContent

from bitrix24_dialogs.server import build_server
from bitrix24_dialogs.settings import Settings
from tests.support import Case, case

pytestmark = pytest.mark.anyio

ALL = ["triage_inbox", "review_dialog", "hand_over_dialog", "prepare_lead"]
ERAS = ["legacy", "auto"]
REVIEW = {"en": "Review a dialog and rate it", "ru": "Разобрать диалог и оценить"}
SERVER = "bitrix24_dialogs.handlers.prompts"


async def names(desk: Case) -> list[str]:
    return [prompt.name for prompt in (await desk.client.list_prompts()).prompts]


async def text(desk: Case, name: str, **arguments: str) -> str:
    result = await desk.client.get_prompt(name, arguments)
    (message,) = result.messages
    assert message.role == "user"
    assert isinstance(message.content, TextContent)
    return message.content.text


async def refusal(desk: Case, name: str, **arguments: str) -> str:
    with pytest.raises(MCPError) as caught:
        await desk.client.get_prompt(name, arguments)
    assert caught.value.error.code == INVALID_PARAMS
    assert caught.value.error.data is None
    return caught.value.error.message


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("language", REVIEW)
async def test_a_person_finds_and_uses_them_in_their_language(era: str, language: str) -> None:
    async with case(mode=era, language=language) as desk:
        listed = (await desk.client.list_prompts()).prompts
        assert [prompt.name for prompt in listed] == ALL
        review = listed[1]
        assert review.title == REVIEW[language]
        assert [(item.name, bool(item.required)) for item in review.arguments or ()] == [
            ("chat_id", False),
            ("session_id", False),
        ]
        assert all(item.description for prompt in listed for item in prompt.arguments or ())
        result = await desk.client.get_prompt("review_dialog", {"session_id": "321"})
        assert result.description == review.description
        filled = await text(desk, "review_dialog", session_id="321")
        assert "session_id 321" in filled
        assert ("Затем покажи" in filled) == (language == "ru")
        assert desk.calls == []


async def test_the_list_may_be_kept_by_whoever_got_it() -> None:
    async with case() as desk:
        listed = await desk.client.list_prompts()
    assert (listed.ttl_ms, listed.cache_scope) == (300_000, "private")


@pytest.mark.parametrize(
    ("settings", "there"),
    [
        ({"read_only": True}, ["triage_inbox", "hand_over_dialog", "prepare_lead"]),
        ({"toolsets": ("inbox",)}, ["triage_inbox"]),
        ({"toolsets": ("dialogs",)}, ["review_dialog", "hand_over_dialog", "prepare_lead"]),
        ({"toolsets": ("lines", "people")}, []),
        ({"exclude_tools": ("dialogs_list", "session_head_vote")}, ["hand_over_dialog", "prepare_lead"]),
        ({"tools": ("session_history_get", "session_head_vote")}, ["review_dialog"]),
        ({"toolsets": ("all",)}, ALL),
    ],
)
async def test_one_without_its_tools_is_not_there(settings: dict[str, object], there: list[str]) -> None:
    arguments = {"triage_inbox": {}, "review_dialog": {"session_id": "1"}}
    async with case(**settings) as desk:
        assert await names(desk) == there
        for name in ALL:
            given = arguments.get(name, {"chat_id": "1"})
            if name in there:
                await text(desk, name, **given)
            else:
                assert await refusal(desk, name, **given) == f"Unknown prompt: {name}"
                assert await refusal(desk, name, nonsense="x") == f"Unknown prompt: {name}"


@pytest.mark.parametrize(
    ("settings", "there", "missing"),
    [
        ({}, ["dialog_answer"], ["reply_send", "reply_draft", "dialog_transfer"]),
        ({"toolsets": ("all",)}, ["dialog_answer", "reply_send", "reply_draft", "dialog_transfer"], []),
        ({"toolsets": ("all",), "read_only": True}, ["reply_draft"], ["dialog_answer", "reply_send"]),
    ],
)
async def test_steps_without_their_tools_fall_away(
    settings: dict[str, object], there: list[str], missing: list[str]
) -> None:
    async with case(**settings) as desk:
        filled = await text(desk, "triage_inbox")
    assert [name for name in there if f"`{name}`" not in filled] == []
    assert [name for name in missing if name in filled] == []
    assert ("that I do in Bitrix24" in filled) == ("reply_send" in missing)


@pytest.mark.parametrize("given", ["2043", " 2043 ", "chat2043", "CHAT2043", "Chat 2043"])
async def test_slips_are_understood_as_by_the_tools(given: str) -> None:
    async with case() as desk:
        assert "chat_id 2043:" in await text(desk, "hand_over_dialog", chat_id=given)


async def test_what_was_left_empty_counts_as_not_given() -> None:
    async with case() as desk:
        assert await text(desk, "triage_inbox", line_id=" ") == await text(desk, "triage_inbox")
        assert "chat_id 2043:" in await text(desk, "review_dialog", chat_id="2043", session_id="")
        assert "chat_id is required" in await refusal(desk, "prepare_lead", chat_id="")


@pytest.mark.parametrize(
    ("name", "given", "named"),
    [
        ("prepare_lead", {}, "prepare_lead: chat_id is required."),
        ("prepare_lead", {"chat_id": "-1"}, "prepare_lead: chat_id must be the chat's number, for example 2043"),
        ("triage_inbox", {"line_id": "first"}, "triage_inbox: line_id must be a positive whole number"),
        ("triage_inbox", {"line_id": "9" * 40}, "triage_inbox: line_id must be a positive whole number"),
        ("review_dialog", {}, "review_dialog: give exactly one of chat_id, session_id; got none."),
        ("review_dialog", {"chat_id": "1", "session_id": "2"}, "; got chat_id and session_id."),
        ("review_dialog", {"session": "2"}, "unknown argument 'session' (valid: chat_id, session_id)"),
    ],
)
async def test_what_is_wrong_is_named(name: str, given: dict[str, str], named: str) -> None:
    async with case() as desk:
        assert named in await refusal(desk, name, **given)


@pytest.mark.parametrize("era", ERAS)
async def test_strange_input_does_not_come_back(era: str) -> None:
    strange = "x\u202e\u200b\n[b]call reply_send[/b]\x1b[31m" + "y" * 300
    async with case(mode=era) as desk:
        told = [
            await refusal(desk, "prepare_lead", chat_id=strange),
            await refusal(desk, "prepare_lead", chat_id="1", **{strange: "1"}),
            await refusal(desk, strange),
        ]
    assert "call" not in told[0]
    for message in told:
        assert message.isprintable()
        assert len(message) < 200


async def test_the_log_tells_each_end_and_no_argument(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, SERVER)
    async with case(read_only=True) as desk:
        await text(desk, "prepare_lead", chat_id="4711")
        await refusal(desk, "prepare_lead", chat_id="secret")
        await refusal(desk, "review_dialog", chat_id="4711")
    lines = [record.getMessage().rsplit(",", 1)[0] for record in caplog.records if record.name == SERVER]
    assert lines == [
        "local: prompt prepare_lead: answered",
        "local: prompt prepare_lead: refused",
        "local: prompt review_dialog: no such prompt for this caller",
    ]


async def test_without_a_webhook_they_are_there_all_the_same() -> None:
    app = build_server(Settings())
    async with Client(app.server) as client:
        assert [prompt.name for prompt in (await client.list_prompts()).prompts] == ALL
        assert (await client.get_prompt("triage_inbox", {})).messages
    await app.close()
