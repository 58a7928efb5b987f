"""Declining a dialog: its queue offers it to the next employee (adjacent methods: imopenlines.operator.skip)."""

from dataclasses import dataclass
from typing import Literal

from bitrix24_dialogs.dialogs.blank_refusals import card_after_blank, refused_in_state, work_of
from bitrix24_dialogs.dialogs.card import Dialog, Role, State
from bitrix24_dialogs.dialogs.change import Change, card_before, write
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.leaving import read_after_leaving
from bitrix24_dialogs.dialogs.lines import get_line
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.gateway.errors import Refused

Outcome = Literal["handed_on", "unchanged", "unconfirmed", "sent"]


@dataclass(frozen=True, kw_only=True)
class Skipped(Change):
    """What declining did."""

    outcome: Outcome
    state: State | None = None
    operator_id: int | None = None
    your_role: Role | None = None


async def skip_dialog(desk: Desk, chat_id: int) -> Skipped:
    """Decline a dialog that waits, or that the caller has accepted: the next in its queue gets it.

    Raises:
        DialogRefused: a colleague has accepted it, or there is nobody to hand it on to.
    """
    before = await card_before(desk, chat_id)
    if before is not None:
        if before.state == "closed":
            return _skipped(before, "unchanged", changed=False, why="The dialog is closed: nobody is asked to take it")
        if before.state == "open" and before.your_role != "operator":
            raise desk.refusal(
                f"User {before.operator_id} has accepted the dialog, and declining would take it from them",
                "{dialog_transfer} hands it on deliberately",
            )
        if desk.verify:
            await _require_somebody_else(desk, before)
    try:
        await write(desk, "imopenlines.operator.skip", {"CHAT_ID": chat_id})
    except (Refused, DialogRefused) as refused:
        raise _skip_refused(desk, await card_after_blank(desk, refused, chat_id, before)) from None
    left = await read_after_leaving(desk, chat_id)
    after = left.card
    if before is None or after is None:
        return Skipped(chat_id=chat_id, outcome="sent", **left.not_verified(desk))
    if after.state == "closed":
        return _unconfirmed(after, "The portal accepted it, but the dialog has been closed meanwhile")
    if work_of(after) != work_of(before):
        if after.state == "waiting" and after.your_role != "none":
            return _still_there(desk, after)
        return _skipped(after, "handed_on", changed=True)
    if after.state == "waiting":
        return _unconfirmed(
            after, "The portal accepted it; the dialog still waits, and to whom it is offered the portal does not show"
        )
    return _skipped(after, "unchanged", changed=False, why="The portal accepted the call and changed nothing")


async def _require_somebody_else(desk: Desk, card: Dialog) -> None:
    # The card does not show to whom a waiting dialog is offered: it may be declined in somebody's place.
    # quirk: who is alone in the queue would lose an accepted dialog without anybody getting it, and on a line that
    # offers dialogs to everybody the portal only writes into the chat that it cannot hand on
    line = await get_line(desk, card.line_id)
    if line.distribution == "all":
        raise desk.refusal(
            f"Line {line.id} offers every dialog to everybody at once, so there is no next in the queue",
            "{dialog_transfer} hands it to a colleague; one that waits can simply be left to the others",
        )
    if line.others_in_queue < 1:
        raise desk.refusal(
            f"Nobody else is in the queue of line {line.id}",
            "{dialog_transfer} hands it to a colleague or to another line",
        )


def _skip_refused(desk: Desk, now: Dialog) -> DialogRefused:
    if now.state == "waiting" or now.your_role == "operator":
        return desk.refusal(
            "The portal did not hand the dialog on: nobody else in the queue is available just now, or the queue is"
            " being redistributed. Only a line about it may have been written into the chat, which the client does not"
            " see",
            "Try again in a minute, or {dialog_transfer} hands it to a colleague",
        )
    return refused_in_state(desk, now)


def _skipped(
    card: Dialog, outcome: Outcome, *, changed: bool | None, why: str | None = None, next_step: str | None = None
) -> Skipped:
    """What the card shows; ``changed`` is None where it does not show whether anything did."""
    return Skipped(
        chat_id=card.chat_id,
        outcome=outcome,
        changed=changed,
        verified=changed is not None,
        state=card.state,
        operator_id=card.operator_id,
        your_role=card.your_role,
        why=why,
        next=next_step,
    )


def _still_there(desk: Desk, card: Dialog) -> Skipped:
    # quirk: whose a dialog is at that moment is passed over, so one that a colleague has just taken may come back
    why = (
        "The dialog waits again, but you still take part in it, so it may be offered to you once more, as when a"
        " colleague had taken it meanwhile"
    )
    next_step = desk.advise("{dialog_transfer} chooses who gets it")
    return _skipped(card, "unconfirmed", changed=True, why=why, next_step=next_step)


def _unconfirmed(card: Dialog, why: str) -> Skipped:
    return _skipped(card, "unconfirmed", changed=None, why=why)
