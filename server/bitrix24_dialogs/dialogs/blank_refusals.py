"""Refusals that carry neither code nor text, explained from the dialog's state as read afterwards.

Answering and skipping end in one when the dialog is somebody's already, is locked by a parallel request, or has no
open session (adjacent methods: imopenlines.operator.answer, imopenlines.operator.skip). Use it so::

    try:
        await write(desk, method, params)
    except (Refused, DialogRefused) as refused:
        now = await card_after_blank(desk, refused, chat_id, before)
        raise refused_in_state(desk, now) from None
"""

from bitrix24_dialogs.dialogs.card import Dialog
from bitrix24_dialogs.dialogs.change import card_after
from bitrix24_dialogs.dialogs.desk import Desk, Fate
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.gateway.errors import Refused


async def card_after_blank(
    desk: Desk, refused: Refused | DialogRefused, chat_id: int, before: Dialog | None = None
) -> Dialog:
    """The card after a write that was refused blankly. If it is as it was ``before``, nothing has happened.

    Raises:
        Refused, DialogRefused: ``refused`` itself, if it gave a code, or the card cannot be read.
    """
    now = None if refused.code else await card_after_refusal(desk, chat_id, before)
    if now is None:
        raise refused
    return now


async def card_after_refusal(desk: Desk, chat_id: int, before: Dialog | None = None) -> Dialog | None:
    """The card after a write that was refused; None if nothing is, or can be, read back.

    If it is as it was ``before``, nothing has happened.
    """
    now = await card_after(desk, chat_id)
    if now is not None and before is not None and work_of(now) == work_of(before):
        desk.fate = Fate.NOTHING_SENT
    return now


def work_of(card: Dialog) -> tuple[object, ...]:
    """What a card says of who works on the dialog: what accepting, handing on and closing it change."""
    return (
        card.state,
        card.session_id,
        card.operator_id,
        card.your_role,
        card.line_id,
        bool(card.closing),
        card.pinned,
    )


def refused_in_state(desk: Desk, now: Dialog) -> DialogRefused:
    """Why a method that wants a dialog which nobody has accepted was refused blankly, from the card read afterwards."""
    if now.state == "closed":
        return desk.refusal(
            "The portal refused without a reason; the dialog has no open session any more",
            "{session_start} opens a new one",
        )
    if now.your_role == "operator":
        return desk.refusal(
            "The portal refused without a reason; you are already the dialog's operator", "There is nothing left to do"
        )
    if now.state == "open":
        return desk.refusal(
            f"The portal refused without a reason; by now user {now.operator_id} is the dialog's operator",
            "{session_intercept} takes it over, {session_join} adds you as a participant",
        )
    return desk.refusal(
        "The portal refused without a reason, and the dialog still waits: somebody else is accepting it just now, or"
        " its queue is being redistributed",
        "Look at it with {dialog_get} in a minute",
    )
