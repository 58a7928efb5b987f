"""Ending a dialog's session: one's own, another operator's, or as spam (adjacent methods:
imopenlines.operator.finish, imopenlines.operator.another.finish, imopenlines.operator.spam).
"""

from dataclasses import dataclass
from typing import Literal

from bitrix24_dialogs.dialogs.blank_refusals import card_after_refusal
from bitrix24_dialogs.dialogs.card import Dialog, Person, State
from bitrix24_dialogs.dialogs.change import Change, card_before, write
from bitrix24_dialogs.dialogs.desk import Desk, Fate
from bitrix24_dialogs.dialogs.leaving import read_after_leaving
from bitrix24_dialogs.dialogs.refusals import DialogRefused, refused_before_anything
from bitrix24_dialogs.gateway.errors import Refused

_BUSY = "The portal accepted the call and changed nothing; its queue was busy"
_CLOSED = "The dialog is closed already"
_BEGUN_ANEW = (
    "The client seems to have written meanwhile: they may have been sent the closing text once more, and the session"
    " is still open"
)
_UNSEEN_MARK = (
    "The session is closed; the spam mark itself is not shown by the portal, and the session may have been closed by"
    " somebody else at the same moment"
)


@dataclass(frozen=True, kw_only=True)
class Finished(Change):
    """What finishing did. ``session_id`` is the session that was open before, ``operator`` its operator.

    ``closing``: the client was sent a closing text or asked for a rating; the session ends when they answer, by the
    line's timer, or with a second call.
    """

    outcome: Literal["finished", "closing", "unchanged", "sent"]
    session_id: int | None = None
    operator: Person | None = None
    state: State | None = None


@dataclass(frozen=True, kw_only=True)
class MarkedSpam(Change):
    """What marking as spam did. ``session_id`` is the session that was open before, ``operator`` its operator."""

    outcome: Literal["closed_as_spam", "unchanged", "sent"]
    session_id: int | None = None
    operator: Person | None = None
    state: State | None = None


async def finish_dialog(desk: Desk, chat_id: int) -> Finished:
    """Finish the caller's own dialog.

    Raises:
        DialogRefused: another operator has it.
    """
    before = await card_before(desk, chat_id)
    if before is not None and before.state == "open" and before.your_role != "operator":
        raise desk.refusal(
            f"User {before.operator_id} is the dialog's operator, not you",
            "{dialog_finish_other} finishes another operator's dialog; {session_intercept} makes you its operator",
        )
    return await _finish(desk, "imopenlines.operator.finish", chat_id, before)


async def finish_other_dialog(desk: Desk, chat_id: int) -> Finished:
    """Finish a dialog that another operator has, or nobody yet.

    Raises:
        DialogRefused: it is the caller's own.
    """
    before = await card_before(desk, chat_id)
    if before is not None and before.your_role == "operator":
        raise desk.refusal("You are the dialog's operator yourself", "{dialog_finish} finishes it")
    return await _finish(desk, "imopenlines.operator.another.finish", chat_id, before)


async def mark_spam(desk: Desk, chat_id: int) -> MarkedSpam:
    """Close a dialog as spam, whoever works on it."""
    before = await card_before(desk, chat_id)
    if before is not None and before.state == "closed":
        return MarkedSpam(
            chat_id=chat_id,
            outcome="unchanged",
            changed=False,
            verified=True,
            state=before.state,
            why=f"{_CLOSED}, and only an open session can be marked",
        )
    await _write(desk, "imopenlines.operator.spam", chat_id, before)
    left = await read_after_leaving(desk, chat_id)
    if before is None or left.card is None:
        return MarkedSpam(chat_id=chat_id, outcome="sent", **left.not_verified(desk))
    closed = _has_ended(before, left.card)
    return MarkedSpam(
        chat_id=chat_id,
        outcome="closed_as_spam" if closed else "unchanged",
        changed=closed,
        verified=True,
        session_id=before.session_id,
        operator=before.operator,
        state=left.card.state,
        why=_UNSEEN_MARK if closed else _BUSY,
        next=_go_on(desk, before, left.card) if closed else "Try again in a minute",
    )


async def _finish(desk: Desk, method: str, chat_id: int, before: Dialog | None) -> Finished:
    if before is not None and before.state == "closed":
        return Finished(
            chat_id=chat_id, outcome="unchanged", changed=False, verified=True, state=before.state, why=_CLOSED
        )
    await _write(desk, method, chat_id, before)
    left = await read_after_leaving(desk, chat_id)
    if before is None or left.card is None:
        return Finished(chat_id=chat_id, outcome="sent", **left.not_verified(desk))
    outcome, why, next_step = _outcome(desk, before, left.card)
    return Finished(
        chat_id=chat_id,
        outcome=outcome,
        changed=outcome != "unchanged",
        verified=True,
        session_id=before.session_id,
        operator=before.operator,
        state=left.card.state,
        why=why,
        next=next_step,
    )


def _outcome(
    desk: Desk, before: Dialog, after: Dialog
) -> tuple[Literal["finished", "closing", "unchanged"], str | None, str | None]:
    if _has_ended(before, after):
        return "finished", None, _go_on(desk, before, after)
    if after.closing and not before.closing:
        return (
            "closing",
            "The client is sent a closing text or asked for a rating; the session ends with the answer or a timer",
            "A second call ends it at once",
        )
    if after.closing and after.messages != before.messages:
        # quirk: a client who writes takes the closing back, and finishing begins it anew
        return (
            "closing",
            _BEGUN_ANEW,
            desk.advise("Read what they wrote with {session_history_get}; a second call ends it at once"),
        )
    return "unchanged", _BUSY, "Try again in a minute"


def _has_ended(before: Dialog, after: Dialog) -> bool:
    """Whether the session that was open before is no longer: another one may have begun meanwhile."""
    return after.session_id != before.session_id


def _go_on(desk: Desk, before: Dialog, after: Dialog) -> str | None:
    if after.session_id is None or after.session_id == before.session_id:
        return None
    return desk.advise(f"A new session {after.session_id} has begun meanwhile: look at it with {{dialog_get}}")


async def _write(desk: Desk, method: str, chat_id: int, before: Dialog | None) -> None:
    """Send the call; what the portal refuses over the dialog's state is told from the state as it is then."""
    try:
        await write(desk, method, {"CHAT_ID": chat_id})
    except (Refused, DialogRefused) as refused:
        if refused.code.upper() == "ERROR_USER_NOT_OPERATOR":
            desk.fate = Fate.NOTHING_SENT  # these methods look at it before they do anything
        now = None if refused_before_anything(refused.code) else await card_after_refusal(desk, chat_id, before)
        if now is None:
            raise
        raise _refused_in_state(desk, refused, now) from None


def _refused_in_state(desk: Desk, refused: Refused | DialogRefused, now: Dialog) -> Refused | DialogRefused:
    if now.state == "closed":
        return desk.refusal("The dialog has been closed meanwhile", "There is nothing left to do", refused.code)
    if now.state == "open" and now.your_role != "operator":
        return desk.refusal(
            f"By now user {now.operator_id} is the dialog's operator",
            "{dialog_finish_other} finishes another operator's dialog",
            refused.code,
        )
    return refused
