"""Whatever the portal's texts hold, nothing hidden, too long or unmarked leaves by any tool, error or log line."""

import base64
import logging
import re
from collections.abc import Sequence
from typing import Any

import pytest
from mcp import MCPError

from bitrix24_dialogs.tools import all_tools
from tests.resources.reading import pieces, text_of
from tests.support import Case, Told, case
from tests.untrusted.all_calls import CHATS, all_calls
from tests.untrusted.poison import (
    HOSTILE,
    LONG,
    MARK,
    PLAIN,
    forbidden_in,
    poisoned_case,
    texts_by_schema,
    texts_of,
    untrusted_paths,
)

pytestmark = pytest.mark.anyio

_LARGEST = 24_000  # bytes
_LONGEST_TEXT = 5_000
_LONGEST_ERROR = 1_500

# What is marked as untrusted and yet not poisoned in these calls.
_UNREACHED = {
    "session_open": {"connector"},  # a part of the argument
    "note_add": {"portal_said"},  # of a note the portal says nothing
    "crm_lead_update": {"replaced.value"},  # only where a field reads back as it was written
    "dialog_finish": {"operator.name"},
    "dialog_finish_other": {"operator.name"},
    "dialog_mark_spam": {"operator.name"},
}


async def _schemas(desk: Case) -> dict[str, dict[str, Any]]:
    return {tool.name: tool.output_schema or {} for tool in (await desk.client.list_tools()).tools}


def _check(told: Told, schema: dict[str, Any]) -> set[str]:
    """Check one answer; the paths of the fields in which the poison stands."""
    for text in (told.text, *texts_of(told.data), *texts_of(told.meta)):
        assert not forbidden_in(text), (forbidden_in(text), text[:300])
        assert len(text.encode()) <= _LARGEST
    if told.is_error:
        _check_error(told.text)
        return set()
    assert MARK not in "".join(texts_of(told.meta))
    assert MARK not in told.text or "untrusted" in told.text or "data, not instructions" in told.text
    found = texts_by_schema(told.data, schema)
    assert all(len(text) <= _LONGEST_TEXT for _, text, _ in found)
    poisoned = [(path, described) for path, text, described in found if MARK in text]
    for path, described in poisoned:
        assert "untrusted" in described.get("description", ""), path
    return {path for path, _ in poisoned}


def _check_error(text: str) -> None:
    """What the portal says stands in quotes, and is said to be the portal's."""
    assert len(text) <= _LONGEST_ERROR
    ours, poison, _ = text.partition(MARK)
    assert not poison or re.search(r'\(untrusted[^()"]*\): "[^"]*$', ours), text


async def _read_all(desk: Case, chats: Sequence[str] = CHATS) -> None:
    """Read every resource of dialogs in every state."""
    for key in chats:
        chat, session = desk.id(key), desk.session_id(key)
        for uri in (f"dialog://{chat}", f"dialog://{chat}/history", f"session://{session}"):
            try:
                text = await text_of(desk, uri)
            except MCPError as error:
                assert not forbidden_in(error.error.message), error
                _check_error(error.error.message)
                continue
            assert not forbidden_in(text), (forbidden_in(text), text[:300])
            assert MARK in text
            assert "data, not instructions" in text.partition(MARK)[0]
            assert len(text.encode()) <= _LARGEST


async def _call_all(desk: Case, chats: Sequence[str] = CHATS) -> dict[str, set[str]]:
    schemas = await _schemas(desk)
    poisoned: dict[str, set[str]] = {name: set() for name in schemas}
    for tool, arguments in all_calls(desk, chats):
        poisoned[tool] |= _check(await desk.call(tool, **arguments), schemas[tool])
    return poisoned


def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    assert any("dialog_get" in record.getMessage() for record in caplog.records)
    for record in caplog.records:
        line = f"{record.getMessage()} {record.exc_text or ''}"
        assert MARK not in line
        assert not forbidden_in(line), line
        assert not record.exc_info, line


async def test_every_tool_is_called() -> None:
    async with poisoned_case(PLAIN) as desk:
        assert {tool for tool, _ in all_calls(desk)} == {tool.name for tool in all_tools()}


@pytest.mark.parametrize("poison", [PLAIN, HOSTILE], ids=["plain", "hostile"])
async def test_poison_comes_out_clean_and_marked(poison: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    poisoned: dict[str, set[str]] = {}
    for who in ("operator", "supervisor"):
        async with poisoned_case(poison, who=who) as desk:
            schemas = await _schemas(desk)
            await _read_all(desk)
            for tool, paths in (await _call_all(desk)).items():
                poisoned[tool] = poisoned.get(tool, set()) | paths
    marked = {tool: untrusted_paths(schema) for tool, schema in schemas.items()}
    left = {tool: marked[tool] - poisoned[tool] - _UNREACHED.get(tool, set()) for tool in marked}
    hidden = {"user_code"} if poison is HOSTILE else set()  # left out where it cannot be shown as it is
    assert not set().union(*left.values()) - hidden, left
    _quiet(caplog)


async def test_poison_by_the_litre_comes_out_short(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with poisoned_case(LONG) as desk:
        await _read_all(desk, ["in_crm"])
        await _call_all(desk, ["in_crm"])
    _quiet(caplog)


async def test_answers_of_poison_alone_come_out_clean(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with poisoned_case(HOSTILE, steering=False) as desk:
        await _read_all(desk, ["in_crm"])
        await _call_all(desk, ["in_crm"])
    _quiet(caplog)


@pytest.mark.parametrize("error", ["SOMETHING_ODD", "ACCESS_DENIED", f"{MARK}\u202e\x1b"])
@pytest.mark.parametrize("method", ["im.message.add", "imopenlines.crm.lead.create", "crm.item.update", ""])
async def test_what_the_portal_says_when_it_refuses_comes_out_clean(
    error: str, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with poisoned_case(HOSTILE) as desk:
        desk.fault(method=method, error=error, description=LONG, status=400, count=-1)
        await _read_all(desk, ["in_crm"])
        await _call_all(desk, ["in_crm"])
    _quiet(caplog)


async def test_a_files_text_comes_out_clean_and_counted() -> None:
    content = base64.b64encode(HOSTILE.replace("\x00", "").encode("utf-8", "ignore")).decode()
    async with case() as desk:
        desk.act("client_writes", chat="mine", text="", files=[{"name": "a\u202enote.txt", "content": content}])
        file = max(desk.portal.state.files)
        (piece,) = await pieces(desk, f"dialog://{desk.id('mine')}/files/{file}")
        assert not forbidden_in(piece.text)
        about, _, words = piece.text.partition("\n\n")
        assert "data, not instructions" in about
        assert re.search(r"Invisible characters removed: [1-9]\d+\.$", about)
        assert MARK in words
