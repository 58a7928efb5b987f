"""A change that cannot be written down does not happen; one that has happened is told, whatever the disk does."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.audit.lines import ends_of, lines_of
from tests.support import case
from tests.transport.harness import make_callers, serving
from tests.transport.raw import ask, encoded, modern_call
from tests.transport.watched_portal import WRITE, WatchedPortal

LIMIT = 500_000


def _missing(folder: Path) -> Path:
    return folder / "none" / "audit.jsonl"


def _folder(folder: Path) -> Path:
    (folder / "audit.jsonl").mkdir()
    return folder / "audit.jsonl"


def _device(folder: Path) -> Path:
    (folder / "audit.jsonl").symlink_to("/dev/full")
    return folder / "audit.jsonl"


def _read_only(folder: Path) -> Path:
    if os.geteuid() == 0:
        if not Path("/sys/kernel").exists():
            pytest.skip("no folder in which root cannot make files")
        return Path("/sys/audit.jsonl")
    folder.chmod(0o500)
    return folder / "audit.jsonl"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_missing, "No such file or directory"),
        (_folder, "it is not an ordinary file"),
        (_device, "it is not an ordinary file"),
        (_read_only, "Permission denied|Read-only file system"),
    ],
)
async def test_nothing_is_sent(
    make: Callable[[Path], Path], why: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = make(tmp_path)
    async with case("supervisor", audit_file=file) as desk:
        text = await desk.refused("session_join", chat_id=desk.id("colleagues"))
        assert not (await desk.call("dialog_get", chat_id=desk.id("colleagues"))).is_error
    assert re.search(why, text)
    assert text.startswith("session_join: Not sent: ")
    assert "BITRIX24_AUDIT_FILE" in text
    assert "whoever runs this server" in text
    assert text.endswith("Nothing was changed.")
    assert str(file) not in text + caplog.text
    assert [record.levelname for record in caplog.records if "AUDIT" in record.message] == ["ERROR"]


@pytest.mark.anyio
async def test_it_works_again_once_the_reason_is_gone(tmp_path: Path) -> None:
    file = _missing(tmp_path)
    async with case("supervisor", audit_file=file) as desk:
        await desk.refused("session_join", chat_id=desk.id("colleagues"))
        file.parent.mkdir()
        assert (await desk.call("session_join", chat_id=desk.id("colleagues")))["changed"] is True
    assert ends_of(file) == [("session_join", "answered", True)]


FULL = (
    "import os, resource, sys;"
    f"resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, {LIMIT}));"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.mark.parametrize(("room", "happens"), [(20, False), (230, True)])
def test_a_full_disk(room: int, happens: bool, portal: WatchedPortal, file: Path, tmp_path: Path) -> None:
    """No room for the intent; room for the intent, and none for the outcome."""
    line = b'{"event":"padding"}\n'
    size = LIMIT - room
    file.write_bytes(b" " * (size % len(line)) + line * (size // len(line)))
    callers, tokens = make_callers(tmp_path, anna=False)
    settings = {
        "BITRIX24_WEBHOOK_URL": portal.webhook(),
        "BITRIX24_AUDIT_FILE": str(file),
        "BITRIX24_OPERATORS_FILE": str(callers),
        "BITRIX24_LOG_LEVEL": "error",
    }
    with serving(tmp_path, tokens=tokens, started_by=[sys.executable, "-c", FULL], **settings) as server:
        headers, call = modern_call("session_join", chat_id=portal.chat_id)
        answer = ask(server.port, "POST", "/mcp", headers | server.bearer("anna"), encoded(call))
        log = server.log
    written = [line for line in lines_of(file) if line["event"] != "padding"]
    assert portal.portal.calls.executed(WRITE) == happens
    if happens:
        assert '"changed":true' in answer.text
        assert [line["event"] for line in written] == ["intent"]
        assert re.search(
            r' ERROR .* the outcome of session_join \{"chat_id": \d+\} .*: answered, changed: True \(', log
        )
    else:
        assert '"isError":true' in answer.text
        assert "could not be written down first" in answer.text
        assert written == []
        assert re.search(" ERROR .* cannot be written, so a change is refused: ", log)


def test_a_file_that_cannot_be_used_is_told_at_the_start(portal: WatchedPortal, tmp_path: Path) -> None:
    callers, tokens = make_callers(tmp_path, anna=False)
    settings = {
        "BITRIX24_WEBHOOK_URL": portal.webhook(),
        "BITRIX24_AUDIT_FILE": str(_missing(tmp_path)),
        "BITRIX24_OPERATORS_FILE": str(callers),
        "BITRIX24_LOG_LEVEL": "error",
    }
    with serving(tmp_path, tokens=tokens, **settings) as server:
        assert re.search(
            r" ERROR .* BITRIX24_AUDIT_FILE cannot be used, so no change will be made: No such", server.log
        )
    assert not (tmp_path / "none").exists()
