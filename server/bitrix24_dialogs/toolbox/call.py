"""One tool call from raw arguments to text and structured result. Nothing that goes wrong leaves as an exception."""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.gateway.errors import OutcomeUnknown, PortalError
from bitrix24_dialogs.presenting.rendering import render
from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect
from bitrix24_dialogs.toolbox.results import result_dict

logger = logging.getLogger(__name__)

LONGEST_CALL = 55.0
DESK_SECONDS = 53.0
"""What a call may plan with; the rest is for wording its result."""

TIME_META = "bitrix24-dialogs/portal-calls"


@dataclass(frozen=True)
class Outcome:
    """What a call came to.

    Attributes:
        text: the whole message for people and models.
        structured: the same as data; None for errors without any.
        is_error: whether the call failed or was refused.
        meta: for the application, not for the model: what each portal call cost, in seconds.
    """

    text: str
    structured: dict[str, Any] | None = None
    is_error: bool = False
    meta: dict[str, Any] = field(default_factory=dict)


async def call_tool(tool: AnyTool, given: Mapping[str, Any], desk: Desk) -> Outcome:
    """Run ``tool`` with the arguments that a client sent, to an end within `LONGEST_CALL` seconds."""
    # The desk's deadline ends a call sooner; this is for waits that nobody thought of.
    with anyio.move_on_after(LONGEST_CALL):
        return await _run(tool, given, desk)
    text = f"{tool.name}: not finished within {LONGEST_CALL:g} seconds.{_unchanged(tool, desk)}{_accepted(tool, desk)}"
    return Outcome(text, is_error=True, meta=_meta(desk))


async def _run(tool: AnyTool, given: Mapping[str, Any], desk: Desk) -> Outcome:
    try:
        result = await tool(desk, **tool.parameters.bind(given))
    except InputError as error:
        return Outcome(f"{tool.name}: {error}. Nothing was sent to the portal.", is_error=True, meta=_meta(desk))
    except DialogRefused as refused:
        return _refused(tool, refused, desk)
    except OutcomeUnknown as error:
        settle = desk.advise(f"{error.advice}: {tool.settled_by} shows whether it did")
        return Outcome(f"{tool.name}: {error.what}. {settle}.", is_error=True, meta=_meta(desk))
    except PortalError as error:
        return Outcome(f"{tool.name}: {error}.{_unchanged(tool, desk)}", is_error=True, meta=_meta(desk))
    except Exception:
        reference = uuid.uuid4().hex[:8]
        logger.exception("tool %s crashed, reference %s", tool.name, reference)
        return _crashed(tool, desk, reference)
    structured = result_dict(result)
    write: Callable[[], str] | None = getattr(result, "text", None)
    text = write() if callable(write) else render(structured)
    return Outcome(text, structured, meta=_meta(desk))


def _refused(tool: AnyTool, refused: DialogRefused, desk: Desk) -> Outcome:
    text = f"{tool.name}: {refused}.{_unchanged(tool, desk)}"
    return Outcome(text, is_error=True, meta=_meta(desk))


def _unchanged(tool: AnyTool, desk: Desk) -> str:
    return "" if tool.effect is Effect.READ or desk.write_sent else " Nothing was changed."


def _accepted(tool: AnyTool, desk: Desk) -> str:
    if not desk.write_sent:
        return ""
    return desk.advise(f" The portal had already accepted the change: {tool.settled_by} shows the state.")


def _crashed(tool: AnyTool, desk: Desk, reference: str) -> Outcome:
    text = f"{tool.name}: internal error {reference}; the server's log has the details under that number."
    return Outcome(text + _accepted(tool, desk), is_error=True, meta=_meta(desk))


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
