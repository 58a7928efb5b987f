"""Completion: numbers only, of what the caller may see, asked for anew each time; trouble offers nothing."""

import json
import logging
from typing import Any

import pytest
from mcp.types import Completion, PromptReference, ResourceTemplateReference

from tests.resources.reading import ERAS
from tests.support import Case, case

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("mode", ERAS)]

CARD = ResourceTemplateReference(uri="dialog://{chat_id}")
FILE = ResourceTemplateReference(uri="dialog://{chat_id}/files/{file_id}")
HAND_OVER = PromptReference(name="hand_over_dialog")
TRIAGE = PromptReference(name="triage_inbox")
Reference = ResourceTemplateReference | PromptReference


async def offered(desk: Case, ref: Reference, name: str = "chat_id", typed: str = "") -> Completion:
    return (await desk.client.complete(ref, {"name": name, "value": typed})).completion


@pytest.mark.parametrize("ref", [CARD, FILE, HAND_OVER])
async def test_the_callers_dialogs_are_offered(mode: str, ref: Reference) -> None:
    async with case(mode=mode) as desk:
        told = await desk.call("dialogs_list", limit=50)
        completion = await offered(desk, ref)
        assert set(completion.values) == {str(row["chat_id"]) for row in told["dialogs"]}
        assert completion.total == told["total"]
        assert not completion.has_more


async def test_only_what_begins_as_typed(mode: str) -> None:
    async with case(mode=mode) as desk:
        everything = (await offered(desk, CARD)).values
        assert (await offered(desk, CARD, typed="204")).values == [one for one in everything if one.startswith("204")]
        assert (await offered(desk, CARD, typed=f" {desk.id('mine')}")).values == [str(desk.id("mine"))]
        for typed in ("x", "chat", "-1", "[", "99999", str(everything[0]) + "0"):
            assert (await offered(desk, CARD, typed=typed)).values == []


@pytest.mark.parametrize("without", [(), ("lines_list",), ("dialogs_list",)])
async def test_lines_are_offered_where_a_tool_tells_of_lines(mode: str, without: tuple[str, ...]) -> None:
    async with case(mode=mode, toolsets=("default", "lines"), exclude_tools=without) as desk:
        if "dialogs_list" not in without:  # the prompt is of no use without it
            assert (await offered(desk, TRIAGE, "line_id")).values == ["22", "23", "24"]
            assert (await offered(desk, TRIAGE, "line_id", "24")).values == ["24"]
            assert desk.calls == ["imopenlines.config.list.get"] * 2
        else:
            assert (await offered(desk, TRIAGE, "line_id")).values == []
            assert desk.calls == []


async def test_each_time_the_portal_is_asked_as_the_caller(mode: str) -> None:
    async with case(mode=mode) as desk:
        before = (await offered(desk, CARD)).values
        desk.portal.state.chats[desk.id("mine")].members.pop(desk.user("operator"))
        after = (await offered(desk, CARD)).values
        assert set(before) - set(after) == {str(desk.id("mine"))}
        assert desk.calls == ["im.recent.get"] * 2
    async with case("outsider", mode=mode) as desk:
        assert (await offered(desk, CARD)).values == []


async def test_only_lines_in_reach(mode: str) -> None:
    async with case(mode=mode, lines=(22,), toolsets=("default", "lines")) as desk:
        told = await desk.call("dialogs_list", limit=50)
        values = (await offered(desk, CARD)).values
        assert set(values) == {str(row["chat_id"]) for row in told["dialogs"]}
        assert values
        everywhere = {chat.id for chat in desk.portal.state.chats.values() if chat.is_dialog}
        assert all(
            desk.portal.sessions_of(int(value))[-1].line_id == 22 for value in values if int(value) in everywhere
        )
        assert (await offered(desk, TRIAGE, "line_id")).values == ["22"]
        # Not every portal understands the filter that is sent along.
        rows = json.dumps({"result": [{"ID": "22"}, {"ID": "23"}, {"ID": "0"}, {}, None]})
        desk.fault(method="imopenlines.config.list.get", status=200, body=rows)
        assert (await offered(desk, TRIAGE, "line_id")).values == ["22"]


async def test_a_hundred_at_most(mode: str) -> None:
    async with case(mode=mode) as desk:
        row = {"chat_id": 1, "chat": {"id": 1, "type": "lines", "entity_type": "LINES"}}
        chat = {"owner": 0, "entity_id": "livechat|22|1|2", "entity_data_1": "N|NONE|0|N|N|0|0|0|0|0", "name": "x"}
        rows = [{**row, "chat_id": n, "chat": {**row["chat"], **chat, "id": n}} for n in range(1000, 1150)]  # type: ignore[dict-item]
        desk.fault(method="im.recent.get", status=200, body=json.dumps({"result": rows}))
        completion = await offered(desk, CARD)
        assert len(completion.values) == 100
        assert (completion.total, completion.has_more) == (150, True)


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        (CARD, "file_id"),
        (CARD, "line_id"),
        (FILE, "file_id"),
        (HAND_OVER, "session_id"),
        (HAND_OVER, "line_id"),
        (HAND_OVER, "webhook_url"),
        (TRIAGE, "chat_id"),
        (PromptReference(name="no_such_prompt"), "chat_id"),
        (ResourceTemplateReference(uri="dialog://{other}"), "chat_id"),
        (ResourceTemplateReference(uri="tool://dialog_get"), "chat_id"),
    ],
)
async def test_for_anything_else_there_is_nothing_to_offer(mode: str, ref: Reference, name: str) -> None:
    async with case(mode=mode) as desk:
        assert (await offered(desk, ref, name)).values == []
        assert desk.calls == []


@pytest.mark.parametrize("settings", [{"exclude_tools": ("dialogs_list",)}, {"toolsets": ("dialogs",)}])
async def test_without_the_tool_behind_it_nothing_is_offered(mode: str, settings: dict[str, Any]) -> None:
    async with case(mode=mode, **settings) as desk:
        assert (await offered(desk, CARD)).values == []
        assert desk.calls == []


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": "<html>"},
        {"status": 403, "error": "insufficient_scope"},
        {"status": 401, "error": "NO_AUTH_FOUND"},
        {"status": 200, "body": '{"result": 5}'},
        {"status": 200, "body": '{"result": [{"chat": {"id": "x"}}]}'},
        {"kind": "answer", "status": 400, "error": "ACCESS_DENIED", "description": "token=abc {url}"},
    ],
)
async def test_trouble_offers_nothing_and_is_logged(
    mode: str, fault: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bitrix24_dialogs.handlers.completion")
    async with case(mode=mode) as desk:
        desk.fault(method="im.recent.get", count=-1, **fault)
        assert (await offered(desk, CARD)).values == []
        (line,) = [one.getMessage() for one in caplog.records if one.name.endswith("handlers.completion")]
        assert line.startswith("local: completion of chat_id: nothing offered: ")
        assert desk.portal.webhook_secret(desk.user("operator")) not in line


async def test_without_a_credential_nothing_is_offered(mode: str) -> None:
    async with case(mode=mode, webhook_url=None) as desk:
        assert (await offered(desk, CARD)).values == []
