"""One tool call from raw arguments to text and structured result. Nothing that goes wrong leaves as an exception."""

import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio

from bitrix24_dialogs.dialogs.desk import Desk, Fate
from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.gateway.errors import OutcomeUnknown, PortalError
from bitrix24_dialogs.presenting.rendering import quoted, render, size
from bitrix24_dialogs.presenting.results import result_dict, untrusted_fields
from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect

logger = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_CALL = 55.0
DESK_SECONDS = 53.0
"""What a call may plan with; the rest is for wording its result."""

TIME_META = "bitrix24-dialogs/portal-calls"
_PORTALS_WORDS = 200


@dataclass(frozen=True)
class Outcome:
    """What a call came to.

    Attributes:
        text: the whole message for people and models.
        structured: the same as data; None for errors.
        is_error: whether the call failed or was refused.
        meta: for the application, not for the model: what each portal call cost, in seconds.
    """

    text: str
    structured: dict[str, Any] | None = None
    is_error: bool = False
    meta: dict[str, Any] = field(default_factory=dict)


async def call_tool(tool: AnyTool, given: Mapping[str, Any], desk: Desk) -> Outcome:
    """Run ``tool`` with the arguments that a client sent, to an end within `LONGEST_CALL` seconds.

    However it ends, what has become of its writes is written down, where that is wanted.
    """
    changed = None
    try:
        outcome = await _in_time(tool, given, desk)
        changed = (outcome.structured or {}).get("changed")
        return outcome
    finally:
        if desk.record is not None:
            await desk.record.close(changed)


async def _in_time(tool: AnyTool, given: Mapping[str, Any], desk: Desk) -> Outcome:
    # The desk's deadline ends a call sooner; this is for waits that nobody thought of.
    with anyio.move_on_after(LONGEST_CALL):
        return await _run(tool, given, desk)
    return _failed(tool, desk, f"not finished within {LONGEST_CALL:g} seconds.{_aftermath(tool, desk)}")


def refused(tool: AnyTool, why: str) -> Outcome:
    """What a call comes to that is not even begun. ``why`` says what to do next."""
    return Outcome(f"{tool.name}: {why} Nothing was sent to the portal.", is_error=True)


def unconfirmed(tool: AnyTool, why: str) -> Outcome:
    """What a call comes to that a person has not confirmed. ``why`` says what has happened to it."""
    return Outcome(f"{tool.name}: {why}", is_error=True)


async def _run(tool: AnyTool, given: Mapping[str, Any], desk: Desk) -> Outcome:
    async def work() -> Outcome:
        result = await tool(desk, **tool.parameters.bind(given))
        structured = result_dict(result)
        text = _text(result, structured)
        size(structured), text.encode()  # what cannot be encoded must fail here, not in the protocol's writer
        return Outcome(text, structured, meta=_meta(desk))

    return await told(tool, desk, work)


async def told(tool: AnyTool, desk: Desk, work: Callable[[], Awaitable[T]]) -> T | Outcome:
    """What ``work`` comes to for ``tool``; where it goes wrong, how that is told."""
    try:
        return await work()
    except InputError as error:
        return _failed(tool, desk, f"{error}. Nothing was sent to the portal.")
    except OutcomeUnknown as error:
        code = f" (portal code {error.code})" if error.code else ""
        settle = desk.advise(f"{error.advice}: {tool.settled_by} shows whether it did")
        return _failed(tool, desk, f"{error.what}{code}. {settle}.")
    except (DialogRefused, PortalError) as error:
        return _failed(tool, desk, f"{error}.{_words(desk, error.said)}{_aftermath(tool, desk)}")
    except Exception:
        reference = uuid.uuid4().hex[:8]
        logger.exception("tool %s crashed, reference %s", tool.name, reference)
        return _failed(
            tool,
            desk,
            f"internal error {reference}; the server's log has the details under that number.{_aftermath(tool, desk)}",
        )


def _text(result: Any, structured: dict[str, Any]) -> str:
    write = getattr(result, "text", None)
    if callable(write):
        return str(write())
    untrusted = untrusted_fields(result)
    note = f"\n(untrusted text, written by others: {', '.join(untrusted)})" if untrusted else ""
    return render(structured) + note


def _failed(tool: AnyTool, desk: Desk, text: str) -> Outcome:
    return Outcome(f"{tool.name}: {text}", is_error=True, meta=_meta(desk))


def _words(desk: Desk, said: str) -> str:
    """What the portal itself said, cleaned and quoted like all words of others."""
    words = desk.words.name(said, _PORTALS_WORDS)
    return f" The portal's own words (untrusted): {quoted(words)}." if words else ""


def _aftermath(tool: AnyTool, desk: Desk) -> str:
    """What has become of the change, for a call that failed."""
    if tool.effect is Effect.READ:
        return ""
    if desk.fate is Fate.NOTHING_SENT:
        return " Nothing was changed."
    if desk.fate is Fate.ACCEPTED:
        return desk.advise(f" The portal had already accepted the change: {tool.settled_by} shows the state.")
    return desk.advise(f" A part of it may have happened all the same: {tool.settled_by} shows the state.")


def _meta(desk: Desk) -> dict[str, Any]:
    """The portal's ``time`` block travels here (protocol notes 1.3)."""
    calls = [
        {
            key: value
            for key, value in (("method", call.method), ("duration", call.duration), ("operating", call.operating))
            if value is not None
        }
        for call in desk.calls
    ]
    return {TIME_META: calls} if calls else {}
