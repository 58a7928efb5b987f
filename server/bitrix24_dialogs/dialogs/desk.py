"""An operator's desk: everything that one tool call may use, and nothing that outlives it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Protocol

import anyio.lowlevel

from bitrix24_dialogs.dialogs.refusals import DialogRefused, explain, refused_before_anything
from bitrix24_dialogs.dialogs.scopes import grant
from bitrix24_dialogs.gateway.answers import Answer
from bitrix24_dialogs.gateway.clock import Deadline
from bitrix24_dialogs.gateway.errors import Executed, PortalError, Refused, ScopeMissing
from bitrix24_dialogs.gateway.gateway import Gateway
from bitrix24_dialogs.presenting.words import Words

_TOOL_NAME = re.compile(r"\{(\w+)\}")


class Fate(Enum):
    """What is known of a call's write."""

    NOTHING_SENT = "nothing was sent, or what was sent has certainly done nothing"
    OPEN = "it was sent, and may have done something"
    ACCEPTED = "the portal accepted it"


@dataclass(eq=False)
class Write:
    """A write of a call, and what has become of it.

    Attributes:
        method: its name.
        params: its parameters.
        fate: what is known of it.
        refused: whether the portal refused it.
        intended: whether it has been written down.
    """

    method: str
    params: Mapping[str, Any]
    fate: Fate = Fate.NOTHING_SENT
    refused: bool = False
    intended: bool = False


class Record(Protocol):
    """Where a call's writes are written down."""

    async def intend(self, write: Write) -> None:
        """Write down what is about to be sent.

        Raises:
            NotSent: it could not be written down, so it must not be sent.
        """
        ...

    async def close(self, changed: bool | None) -> None:
        """Write down what has become of every write that was intended.

        Arguments:
            changed: what the call's result says; None where it says nothing, or there is no result.
        """
        ...


@dataclass(frozen=True)
class PortalCall:
    """A finished call: seconds that the portal worked on it, and its method's running-time counter."""

    method: str
    duration: float | None
    operating: float | None


@dataclass
class Desk:
    """One tool call's way to the portal and to the wording of results.

    Attributes:
        gateway: sends methods.
        deadline: when the call has to have ended.
        words: turns the portal's texts into safe plain ones.
        lines: the lines whose dialogs are in reach; empty for all.
        reply_lines: the lines to whose dialogs something may be written; empty for all in reach.
        verify: whether writes are surrounded by reads.
        tool: how advice names a tool: with the setting that switches it off, where it is off.
        record: where writes are written down before they are sent, if anywhere.
        calls: what the portal answered so far.
        writes: what was to be changed so far.
        portal_time: the portal's own time at its last answer, in unix seconds, where it tells it.
    """

    gateway: Gateway
    deadline: Deadline
    words: Words
    lines: frozenset[int]
    reply_lines: frozenset[int]
    verify: bool
    tool: Callable[[str], str]
    record: Record | None = None
    calls: list[PortalCall] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    portal_time: float | None = None

    @property
    def fate(self) -> Fate:
        """What has become of the latest write, if there was one."""
        return self.writes[-1].fate if self.writes else Fate.NOTHING_SENT

    @fate.setter
    def fate(self, fate: Fate) -> None:
        self.writes[-1].fate = fate

    async def me(self) -> int:
        """The acting employee's number.

        Raises:
            NotConfigured: there is no credential.
        """
        return (await self.gateway.credential()).user_id

    async def read(self, method: str, params: Mapping[str, Any]) -> Any:
        """The result of a method that changes nothing.

        Raises:
            DialogRefused: the portal refused it for a reason that dialogs know.
            PortalError: anything else that went wrong.
        """
        return (await self._read(method, params)).result

    async def read_page(self, method: str, params: Mapping[str, Any]) -> tuple[Any, int | None]:
        """Like `read`, for a page of a list: its result, and how long the whole list is, where the portal counts.

        Raises:
            DialogRefused: the portal refused it for a reason that dialogs know.
            PortalError: anything else that went wrong.
        """
        answer = await self._read(method, params)
        return answer.result, answer.total

    async def download(self, method: str, params: Mapping[str, Any], largest: int) -> bytes:
        """The file to which ``method`` answers with a link, if it has no more than ``largest`` bytes.

        Raises:
            DialogRefused: the portal refused it for a reason that dialogs know.
            PortalError: anything else that went wrong.
        """
        body: bytes = (await self._call(partial(self.gateway.download, largest=largest), method, params)).result
        return body

    async def write(self, method: str, params: Mapping[str, Any], spare: float = 0) -> Any:
        """The result of a method that changes something; it runs at most once.

        Arguments:
            method: its name.
            params: its parameters.
            spare: seconds of the call that have to be left after it, for looking what came of it.

        Raises:
            DialogRefused: the portal refused it for a reason that dialogs know.
            PortalError: anything else that went wrong.
        """
        write = Write(method, params)
        self.writes.append(write)
        try:
            answer = await self._call(
                partial(self.gateway.write, leaving=partial(self._leave, write)), method, params, spare
            )
        except (DialogRefused, Refused) as refused:
            write.refused = True
            if refused_before_anything(refused.code):
                write.fate = Fate.NOTHING_SENT
            raise
        except PortalError as error:
            if error.executed is Executed.NO:
                write.fate = Fate.NOTHING_SENT
            raise
        write.fate = Fate.ACCEPTED
        return answer.result

    def advise(self, text: str) -> str:
        """``text`` with the tools that stand in braces named as the caller may use them."""
        return named(text, self.tool)

    def refusal(self, why: str, advice: str, code: str = "", said: str = "") -> DialogRefused:
        """A refusal in our words, which name tools in braces; ``said`` in the portal's."""
        return DialogRefused(self.advise(why), self.advise(advice), code, said)

    def require_line(self, *lines: int) -> None:
        """Let a dialog pass only if all the lines it belongs to are in reach.

        Raises:
            DialogRefused: one of them is not.
        """
        if self.lines and not self.lines.issuperset(lines):
            raise DialogRefused(
                "This dialog belongs to a line that is out of reach here",
                "The setting BITRIX24_LINES names the lines that this server may work with",
            )

    def in_our_words(self, method: str, error: PortalError) -> DialogRefused | PortalError:
        """``error`` of ``method``, told with what only dialogs know: what a code means there, which scope it needs."""
        if isinstance(error, ScopeMissing):
            return ScopeMissing(error.what, grant(method), error.code)
        explained = explain(method, error.code) if isinstance(error, Refused) else None
        return self.refusal(*explained, error.code, error.said) if explained else error

    async def _leave(self, write: Write) -> None:
        if self.record is not None and not write.intended:
            await self.record.intend(write)
            write.intended = True
        await anyio.lowlevel.checkpoint_if_cancelled()  # whoever has left meanwhile has sent nothing
        write.fate = Fate.OPEN

    async def _read(self, method: str, params: Mapping[str, Any]) -> Answer:
        # Before a change, a read that leaves no time for it is of no use.
        spare = self.deadline.change if self.fate is Fate.NOTHING_SENT else 0
        return await self._call(partial(self.gateway.read, spare=spare), method, params)

    async def _call(
        self, send: Callable[..., Awaitable[Answer]], method: str, params: Mapping[str, Any], spare: float = 0
    ) -> Answer:
        try:
            answer = await send(method, params, self.deadline.earlier(spare) if spare else self.deadline)
        except PortalError as error:
            told = self.in_our_words(method, error)
            if told is error:
                raise
            raise told from None
        self.portal_time = answer.time.get("finish", self.portal_time)
        self.calls.append(PortalCall(method, answer.time.get("duration"), answer.time.get("operating")))
        return answer


def named(text: str, tool: Callable[[str], str]) -> str:
    """``text`` with the tools that stand in braces named as ``tool`` does."""
    return _TOOL_NAME.sub(lambda found: tool(found[1]), text)
