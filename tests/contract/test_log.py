"""The line that each call leaves in the log: who, which tool, how it ended; no argument, no word of a client."""

import logging

import anyio
import pytest
from mcp.shared.exceptions import MCPError

from tests.support import Case, case

pytestmark = pytest.mark.anyio
SERVER = "bitrix24_dialogs.handlers.tools"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage().rsplit(",", 1)[0] for record in caplog.records if record.name == SERVER]


async def test_each_end_of_a_call_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, SERVER)
    async with case(read_only=True) as desk:
        await desk.call("dialog_get", chat_id=desk.id("waiting"))
        await desk.call("dialog_get", chat_id=999_999)
        with pytest.raises(MCPError):
            await desk.call("session_join", chat_id=desk.id("waiting"))
    assert lines(caplog) == [
        "local: dialog_get: answered",
        "local: dialog_get: refused or failed",
        "local: session_join: no such tool for this caller",
    ]


async def test_a_call_whose_caller_leaves_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, SERVER)
    async with case() as desk:
        desk.fault(kind="hang", method="imopenlines.dialog.get")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_ask, desk)
            while not desk.calls:  # noqa: ASYNC110 - a portal is looked at
                await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
        while not lines(caplog):  # noqa: ASYNC110 - a log is looked at
            await anyio.sleep(0.01)
    assert lines(caplog) == ["local: dialog_get: cut short: the caller left, or the server was stopped"]


async def _ask(desk: Case) -> None:
    await desk.call("dialog_get", chat_id=desk.id("waiting"))
