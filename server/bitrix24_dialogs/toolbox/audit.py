"""What was changed, and by whom: a line before each write, a line after it, numbers only."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import anyio
import anyio.to_thread

from bitrix24_dialogs.dialogs.desk import Fate, Write, named
from bitrix24_dialogs.gateway.errors import NotSent
from bitrix24_dialogs.presenting.sanitise import one_line
from bitrix24_dialogs.toolbox.audit_file import AuditFile, Entry, reason
from bitrix24_dialogs.toolbox.declaration import AnyTool
from bitrix24_dialogs.toolbox.policy import Toolbox

logger = logging.getLogger(__name__)

SETTING = "BITRIX24_AUDIT_FILE"
UNKNOWN: Final = "unknown"

Ending = Literal["answered", "refused", "failed", "found", "unknown"]
"""How a write ended: the portal accepted it, refused it, did not get as far as running it; its answer is missing, and
reading afterwards showed what came of it, or nothing did."""


def utc_now() -> datetime:
    """The machine's own time."""
    return datetime.now(UTC)


class Audit:
    """Writes down what is changed, and waits for the disk without keeping others waiting."""

    def __init__(self, file: AuditFile, now: Callable[[], datetime] = utc_now) -> None:
        """Nothing is written yet; ``now`` tells the time."""
        self._file = file
        self._now = now
        self._one = anyio.CapacityLimiter(1)  # in turn, and not with the threads that others wait for
        self._open: set[str] = set()
        self._closed = anyio.Event()

    @classmethod
    def to(cls, path: Path) -> "Audit":
        """An audit in the file ``path``."""
        return cls(AuditFile(path))

    def record(self, tool: AnyTool, given: Mapping[str, Any], caller: str) -> "CallRecord":
        """The record of a call of ``tool`` with the arguments ``given``, made for ``caller``."""
        return CallRecord(self, tool, given, caller)

    async def begin(self, facts: Entry) -> Entry:
        """Write an intent.

        Raises:
            NotSent: it is not in the file, so what it announces must not happen.
        """
        intent = {"time": self._time(), "event": "intent", "id": self._file.new_id(), **facts}
        self._open.add(intent["id"])
        try:
            await self._in_turn(lambda: self._file.add(intent))
        except OSError as error:
            self._close(intent["id"])
            logger.error("%s cannot be written, so a change is refused: %s", SETTING, reason(error))  # noqa: TRY400
            raise NotSent(
                f"Not sent: the change could not be written down first, as {SETTING} demands ({reason(error)})",
                "No change is made until whoever runs this server has put that right; reading still works",
            ) from None
        except BaseException:  # the caller left before its turn came: nothing was announced
            self._close(intent["id"])
            raise
        return intent

    async def end(self, intent: Entry, ending: Ending, changed: bool | None) -> None:
        """Write the outcome of an intent. A failure is told in the log alone: the result of the write must stand."""
        try:
            with anyio.CancelScope(shield=True):
                await self._in_turn(lambda: self._file.add(self._outcome(intent, ending, changed)))
        except OSError as error:
            logger.error(  # noqa: TRY400
                "%s cannot be written, so the outcome of %s is not in it: %s, changed: %s (%s)",
                SETTING,
                _told(intent),
                ending,
                _word(changed),
                reason(error),
            )
        finally:
            self._close(intent["id"])

    async def look_back(self, toolbox: Toolbox) -> None:
        """Tell, once, of every write whose process ended before its outcome was written; and whether the file works."""
        try:
            lost = await self._in_turn(lambda: self._file.settle(lambda intent: self._outcome(intent, UNKNOWN, None)))
        except OSError as error:
            logger.error("%s cannot be used, so no change will be made: %s", SETTING, reason(error))  # noqa: TRY400
            return
        for intent in lost:
            logger.warning(
                "outcome unknown, since the server ended before it was written down: %s. It may have happened: %s",
                _told(intent),
                _settled_by(intent, toolbox),
            )

    async def settle(self) -> None:
        """Return once every intent of this process has its outcome."""
        while self._open:
            self._closed = anyio.Event()
            await self._closed.wait()

    def close(self) -> None:
        """Leave no more beside the file than has to be there."""
        self._file.close()

    async def _in_turn(self, work: Callable[[], Any]) -> Any:
        return await anyio.to_thread.run_sync(work, limiter=self._one)

    def _outcome(self, intent: Entry, ending: Ending, changed: bool | None) -> Entry:
        return {**intent, "time": self._time(), "event": "outcome", "outcome": ending, "changed": _word(changed)}

    def _time(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _close(self, name: str) -> None:
        self._open.discard(name)
        self._closed.set()


@dataclass
class CallRecord:
    """What one tool call writes down; see `dialogs.desk.Record`."""

    audit: Audit
    tool: AnyTool
    given: Mapping[str, Any]
    caller: str
    _intents: list[tuple[Entry, Write]] = field(default_factory=list)

    async def intend(self, write: Write) -> None:
        """See `dialogs.desk.Record.intend`."""
        arguments = self.tool.parameters.bind(self.given)
        facts = {
            "tool": self.tool.name,
            "method": write.method,
            "ids": numbers(arguments, write.params),
            "caller": self.caller,
        }
        self._intents.append((await self.audit.begin(facts), write))

    async def close(self, changed: bool | None) -> None:
        """See `dialogs.desk.Record.close`."""
        for intent, write in self._intents:
            await self.audit.end(intent, *ended(write, changed))


def numbers(arguments: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, int]:
    """The whole numbers and switches of a call: as they were given, and those that the method gets besides.

    Everything else may be words, or a client's address.
    """
    found = {name.lower(): value for name, value in params.items()} | dict(arguments)
    return {name: value for name, value in found.items() if isinstance(value, int)}


def ended(write: Write, changed: bool | None) -> tuple[Ending, bool | None]:
    """How a write ended, and whether it changed anything; None for unknown.

    Arguments:
        write: the write.
        changed: what the call's result says; None where it says nothing, or there is no result.
    """
    if write.fate is Fate.ACCEPTED:
        return "answered", changed
    if write.fate is Fate.NOTHING_SENT:
        return "refused" if write.refused else "failed", False
    if changed is not None:
        return "found", changed
    return "refused" if write.refused else UNKNOWN, None


def _word(changed: bool | None) -> bool | str:
    return UNKNOWN if changed is None else changed


def _told(intent: Entry) -> str:
    """An intent in one line. The file may have been written by others."""
    ids = json.dumps(intent.get("ids"), ensure_ascii=True)
    return one_line(f"{intent.get('tool')} {ids} of {intent.get('caller')}, {intent.get('time')}, {intent.get('id')}")


def _settled_by(intent: Entry, toolbox: Toolbox) -> str:
    tool = next((tool for tool in toolbox.tools if tool.name == intent.get("tool")), None)
    return f"{named(tool.settled_by, toolbox.signpost)} shows whether it did" if tool else "look in Bitrix24"
