"""Pinning and silent mode (behaviour 8.8 to 8.11)."""

from dataclasses import dataclass
from typing import Literal

from bitrix24_dialogs.dialogs.card import Dialog
from bitrix24_dialogs.dialogs.change import Change, card_before, not_verified, unexpected_answer, write_to_chat
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.portal_values import numbers
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.dialogs.sessions import ACCEPT

_MOST_SESSIONS = 1_000


@dataclass(frozen=True, kw_only=True)
class Pinned(Change):
    """What pinning or unpinning one dialog did."""

    outcome: Literal["pinned", "unpinned", "unchanged", "sent"]
    pinned: bool | None = None
    session_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Silenced(Change):
    """What switching silent mode did. ``silent`` is the chat's flag as read back."""

    outcome: Literal["on", "off", "unchanged", "unconfirmed", "sent"]
    silent: bool | None = None


@dataclass(frozen=True, kw_only=True)
class AllPinned:
    """The sessions (not chats) that the portal says it pinned or unpinned."""

    outcome: Literal["pinned", "unpinned", "unchanged"]
    changed: bool
    count: int
    session_ids: tuple[int, ...] = ()
    why: str | None = None
    next: str | None = None


async def pin_dialog(desk: Desk, chat_id: int, activate: bool) -> Pinned:
    """Pin a dialog to its operator, or unpin it.

    Raises:
        DialogRefused: the caller is not its operator, or it is closed: pinning would open a session.
    """
    before = await card_before(desk, chat_id)
    if before is not None:
        if before.pinned and activate and before.your_role != "operator":
            raise desk.refusal(
                f"It is pinned by its operator, user {before.operator_id}; only they can change that",
                "{session_intercept} makes you its operator",
            )
        if before.pinned == activate:
            return Pinned(
                chat_id=chat_id,
                outcome="unchanged",
                changed=False,
                verified=True,
                pinned=before.pinned,
                session_id=before.session_id,
                why=f"It is already {'pinned' if activate else 'not pinned'}",
            )
        _require_operator_for_pin(desk, before)
    after = await write_to_chat(desk, "imopenlines.session.mode.pin", chat_id, {"ACTIVATE": _yes_no(activate)})
    if after is None:
        return Pinned(chat_id=chat_id, outcome="sent", **not_verified(desk))
    done = after.pinned == activate
    return Pinned(
        chat_id=chat_id,
        outcome=_pin_outcome(activate) if done else "unchanged",
        changed=done,
        verified=True,
        pinned=after.pinned,
        session_id=after.session_id,
        # quirk: while the queue is being redistributed the portal says true and does nothing (behaviour 8.8)
        why=None if done else "The portal accepted the call and changed nothing; its queue was busy",
        next=None if done else "Try again in a minute",
    )


async def pin_all(desk: Desk) -> AllPinned:
    """Pin all accepted dialogs of the caller."""
    return await _pin_all(desk, "imopenlines.session.mode.pinAll", activate=True)


async def unpin_all(desk: Desk) -> AllPinned:
    """Unpin all pinned dialogs of the caller."""
    return await _pin_all(desk, "imopenlines.session.mode.unpinAll", activate=False)


async def set_silent_mode(desk: Desk, chat_id: int, activate: bool) -> Silenced:
    """Switch silent mode.

    The call is made even when the card shows the wanted state: newer portals keep the mode per operator and show
    nothing of it (behaviour 12), so the card proves nothing there.
    """
    before = await card_before(desk, chat_id)
    after = await write_to_chat(desk, "imopenlines.session.mode.silent", chat_id, {"ACTIVATE": _yes_no(activate)})
    if before is None or after is None:
        return Silenced(chat_id=chat_id, outcome="sent", **not_verified(desk))
    wanted: Literal["on", "off"] = "on" if activate else "off"
    if after.silent != activate or (before.silent == activate and not activate):
        return Silenced(
            chat_id=chat_id,
            outcome="unconfirmed",
            verified=False,
            silent=after.silent,
            why=f"Accepted, but it cannot be confirmed that silent mode is {wanted}: the dialog shows"
            f" {'on' if after.silent else 'off'}, and newer portals keep the mode per operator without showing it",
            next="Before relying on it, look at the dialog in Bitrix24",
        )
    changed = before.silent != after.silent
    return Silenced(
        chat_id=chat_id,
        outcome=wanted if changed else "unchanged",
        changed=changed,
        verified=True,
        silent=after.silent,
        why=None if changed else f"Silent mode was already {wanted}",
    )


def _require_operator_for_pin(desk: Desk, card: Dialog) -> None:
    if card.state == "closed":
        raise _refused(
            desk,
            "The dialog is closed, and pinning it would open a new session",
            "{session_start} opens one on purpose",
        )
    if card.state == "waiting":
        raise _refused(desk, "Only the dialog's operator can change its pin, and nobody has accepted it yet", ACCEPT)
    if card.your_role != "operator":
        raise _refused(
            desk,
            f"Only the dialog's operator can change its pin, and that is user {card.operator_id}",
            "{session_intercept} makes you its operator",
        )


def _refused(desk: Desk, why: str, advice: str) -> DialogRefused:
    return desk.refusal(why, advice)


async def _pin_all(desk: Desk, method: str, *, activate: bool) -> AllPinned:
    if desk.lines:
        raise desk.refusal(
            "This would touch the dialogs of all lines, and BITRIX24_LINES keeps this server to some of them",
            "Use {session_mode_pin} dialog by dialog",
        )
    result = await desk.write(method, {})
    if not isinstance(result, list | dict):
        raise unexpected_answer()
    ids = numbers(result)
    return AllPinned(
        outcome=_pin_outcome(activate) if ids else "unchanged",
        changed=bool(ids),
        count=len(ids),
        session_ids=ids[:_MOST_SESSIONS],
        why=None if ids else f"You have no accepted dialog that is {'not pinned' if activate else 'pinned'}",
        next=f"{len(ids) - _MOST_SESSIONS} more session numbers are left out" if len(ids) > _MOST_SESSIONS else None,
    )


def _pin_outcome(activate: bool) -> Literal["pinned", "unpinned"]:
    return "pinned" if activate else "unpinned"


def _yes_no(activate: bool) -> str:
    # quirk: pin takes everything but N as yes, silent takes everything but Y as no (behaviour 10)
    return "Y" if activate else "N"
