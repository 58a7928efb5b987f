"""A write told truthfully: the state before, the call, the state after.

The portal answers ``true`` to nearly everything that it let in, done or not (behaviour 11), so what a tool reports is
what reading back shows.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bitrix24_dialogs.dialogs.card import Dialog, read_dialog
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.gateway.errors import OutcomeUnknown, PortalError

logger = logging.getLogger(__name__)

T = TypeVar("T")

UNVERIFIED_BY_SETTING = "The portal accepted the call; nothing was read back, because BITRIX24_VERIFY is off"
UNVERIFIED_BY_FAILURE = "The portal accepted the call, but reading back failed, so its effect is not confirmed"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a write did.

    ``changed`` is what reading back showed; it is left out where nothing was read back (``verified`` is false then).
    ``why`` explains what is not as asked, ``next`` names what would help.
    """

    chat_id: int
    changed: bool | None = None
    verified: bool
    why: str | None = None
    next: str | None = None


async def card_before(desk: Desk, chat_id: int) -> Dialog | None:
    """The card before a write; None if nothing asks for it: no verification, no restriction to lines.

    Raises:
        DialogRefused: not found or no rights, or its line is out of reach.
        PortalError: it could not be read, so nothing may be sent.
    """
    if not desk.verify and not desk.lines:
        return None
    return await read_dialog(desk, {"CHAT_ID": chat_id})


async def write_to_chat(desk: Desk, method: str, chat_id: int, extra: Mapping[str, Any] | None = None) -> Dialog | None:
    """Call ``method`` for a chat and read the card back; None if it was not, or could not be, read back.

    Raises:
        OutcomeUnknown: the portal answered something else than ``true``, and nothing is to be read back.
    """
    await write(desk, method, {"CHAT_ID": chat_id, **(extra or {})})
    return await card_after(desk, chat_id)


async def write(desk: Desk, method: str, params: Mapping[str, Any]) -> None:
    """Call a method that answers ``true`` to what it let in.

    Raises:
        OutcomeUnknown: it answered something else, and nothing is to be read back.
    """
    result = await desk.write(method, params)
    if result is not True and not desk.verify:
        raise unexpected_answer()


def unexpected_answer() -> OutcomeUnknown:
    """The error for a write that was answered in a form that the method does not have."""
    return OutcomeUnknown("It may have happened: the portal's answer has an unexpected form", "Do not simply repeat it")


async def card_after(desk: Desk, chat_id: int) -> Dialog | None:
    """The card after a write."""
    return await read_back(desk, f"chat {chat_id}", lambda: read_dialog(desk, {"CHAT_ID": chat_id}))


async def read_back(desk: Desk, what: str, read: Callable[[], Awaitable[T]]) -> T | None:
    """What ``read`` brings after a write; a failure here must not hide that the write was accepted."""
    if not desk.verify:
        return None
    try:
        return await read()
    except (PortalError, DialogRefused) as error:
        logger.warning("reading back %s failed: %s", what, error)
        return None


def standing(card: Dialog) -> dict[str, Any]:
    """The fields of a result that say how the dialog stands now: its state and session, who has it, what you are."""
    return {
        "state": card.state,
        "session_id": card.session_id,
        "operator_id": card.operator_id,
        "your_role": card.your_role,
    }


def not_verified(desk: Desk, settled_by: str = "{dialog_get}") -> dict[str, Any]:
    """The fields of a `Change` whose effect was not read back."""
    if not desk.verify:
        return {"verified": False, "why": UNVERIFIED_BY_SETTING}
    return {"verified": False, "why": UNVERIFIED_BY_FAILURE, "next": desk.advise(f"{settled_by} shows the state")}
