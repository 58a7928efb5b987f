"""How a call ends, and what that leaves: crashes, several changes, a caller who leaves before anything is sent."""

import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from pydantic import SecretStr

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.gateway.clock import SystemClock
from bitrix24_dialogs.handlers.desks import Desks
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.portal import Portal, default_portal, portal_app
from bitrix24_dialogs.server import build_gateway
from bitrix24_dialogs.settings import Settings
from bitrix24_dialogs.toolbox.audit import Audit
from bitrix24_dialogs.toolbox.audit_file import AuditFile, Entry
from bitrix24_dialogs.toolbox.call import Outcome, call_tool
from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect, tool
from bitrix24_dialogs.toolbox.policy import Policy, Toolbox
from bitrix24_dialogs.tools.arguments import ChatId
from tests.audit.lines import ends_of, lines_of

pytestmark = pytest.mark.anyio

JOIN, START = "imopenlines.session.join", "imopenlines.session.start"


@dataclass(frozen=True)
class Done:
    """What came of it."""

    changed: bool


async def _question(desk: Desk, speech: Speech, given: Mapping[str, Any]) -> str:
    return "Shall it be done?"


writing = tool(
    method=JOIN, title="A tool", effect=Effect.WRITE, idempotent=True, settled_by="{dialog_get}", question=_question
)


@writing
async def joins_and_crashes(desk: Desk, chat_id: ChatId) -> Done:
    """Do the first half."""
    await desk.write(JOIN, {"CHAT_ID": chat_id})
    raise ZeroDivisionError


@writing
async def crashes_before(desk: Desk, chat_id: ChatId) -> Done:
    """Do nothing."""
    raise ZeroDivisionError


@writing
async def joins_and_starts(desk: Desk, chat_id: ChatId) -> Done:
    """Do two things."""
    await desk.write(JOIN, {"CHAT_ID": chat_id})
    await desk.write(START, {"CHAT_ID": chat_id})
    return Done(changed=True)


@writing
async def joins(desk: Desk, chat_id: ChatId) -> Done:
    """Do one thing."""
    await desk.write(JOIN, {"CHAT_ID": chat_id})
    return Done(changed=True)


class Office:
    """Calls tools that are in no toolbox."""

    def __init__(self, desks: Desks, portal: Portal) -> None:
        self.desks = desks
        self.portal = portal

    async def call(self, called: AnyTool) -> Outcome:
        given = {"chat_id": self.portal.known["colleagues"]}
        desk = await self.desks.to_write(Toolbox([called], Policy()), called, given, "anna")
        return await call_tool(called, given, desk)


@asynccontextmanager
async def office(file: Path | AuditFile, rate: str = "off") -> AsyncIterator[Office]:
    portal = default_portal()
    portal.settings.rate_limit = "off"
    settings = Settings(
        webhook_url=SecretStr(portal.webhook_url("supervisor", "http://127.0.0.1")),
        rate_limit=rate,  # type: ignore[arg-type]
    )
    gateway = build_gateway(settings, SystemClock(), portal_app(portal))
    try:
        audit = Audit.to(file) if isinstance(file, Path) else Audit(file)
        yield Office(Desks(gateway, SystemClock(), settings, audit), portal)
    finally:
        await gateway.close()


async def test_a_crash_after_the_change_tells_that_it_was_answered(file: Path) -> None:
    async with office(file) as calls:
        assert "internal error" in (await calls.call(joins_and_crashes)).text
    assert ends_of(file) == [("joins_and_crashes", "answered", "unknown")]


async def test_a_crash_before_it_leaves_no_line(file: Path) -> None:
    async with office(file) as calls:
        assert "internal error" in (await calls.call(crashes_before)).text
    assert lines_of(file) == []


async def test_two_changes_in_one_call_have_a_pair_each(file: Path) -> None:
    async with office(file) as calls:
        assert not (await calls.call(joins_and_starts)).is_error
    lines = lines_of(file)
    assert [(line["event"], line["method"]) for line in lines] == [
        ("intent", JOIN),
        ("intent", START),
        ("outcome", JOIN),
        ("outcome", START),
    ]
    assert [line["id"] for line in lines[:2]] == [line["id"] for line in lines[2:]]
    assert lines[0]["id"] != lines[1]["id"]
    assert {line["caller"] for line in lines} == {"anna"}


async def test_a_caller_who_leaves_the_queue_has_announced_nothing(file: Path) -> None:
    async with office(file, rate="standard") as calls:
        async with anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(calls.call, joins)
            with anyio.fail_after(60):
                while len(calls.portal.calls.of(JOIN)) < 40:  # noqa: ASYNC110 - the portal tells no one
                    await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
        sent = len(calls.portal.calls.of(JOIN))
    assert 40 <= sent < 100
    assert len([line for line in lines_of(file) if line["event"] == "intent"]) == sent
    assert len(ends_of(file)) == sent


class SlowDisk(AuditFile):
    """A disk that takes until `go`; meanwhile others are served."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked, self.go = threading.Event(), threading.Event()

    def add(self, entry: Entry) -> None:
        self.asked.set()
        assert self.go.wait(60)
        super().add(entry)


async def test_a_caller_who_leaves_while_the_intent_is_written_has_sent_nothing(file: Path) -> None:
    disk = SlowDisk(file)
    async with office(disk) as calls, anyio.create_task_group() as tasks:
        tasks.start_soon(calls.call, joins)
        assert await anyio.to_thread.run_sync(disk.asked.wait, 60)  # nobody is kept waiting by the disk
        assert lines_of(file) == []
        tasks.cancel_scope.cancel()
        disk.go.set()
    assert calls.portal.calls.of(JOIN) == []
    assert ends_of(file) == [("joins", "failed", False)]


async def test_nothing_stays_open_for_a_caller_who_leaves_before_the_disk_is_free(file: Path) -> None:
    """The end of the process waits for what is open."""
    disk = SlowDisk(file)
    audit = Audit(disk)
    facts = {"tool": "joins", "method": JOIN, "ids": {}, "caller": "anna"}
    begun: list[Entry] = []

    async def begin() -> None:
        begun.append(await audit.begin(facts))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(begin)
        assert await anyio.to_thread.run_sync(disk.asked.wait, 60)
        async with anyio.create_task_group() as impatient:
            impatient.start_soon(begin)
            await anyio.lowlevel.checkpoint()
            impatient.cancel_scope.cancel()
        disk.go.set()
    (intent,) = begun
    await audit.end(intent, "answered", changed=True)
    with anyio.fail_after(60):
        await audit.settle()
    assert ends_of(file) == [("joins", "answered", True)]
