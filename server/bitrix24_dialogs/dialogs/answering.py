"""Accepting a waiting dialog (adjacent methods: imopenlines.operator.answer)."""

from dataclasses import dataclass
from typing import Literal

from bitrix24_dialogs.dialogs.blank_refusals import card_after_blank, card_after_refusal, refused_in_state
from bitrix24_dialogs.dialogs.card import Dialog, Role, State
from bitrix24_dialogs.dialogs.change import Change, card_before, not_verified, standing, write_to_chat
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.gateway.errors import Refused

_METHOD = "imopenlines.operator.answer"
_TAKEN = "ANSWER_ALREADY_TAKEN"

Outcome = Literal["accepted", "taken", "unchanged", "sent"]


@dataclass(frozen=True, kw_only=True)
class Answered(Change):
    """What accepting did. ``taken``: somebody else has it."""

    outcome: Outcome
    state: State | None = None
    session_id: int | None = None
    operator_id: int | None = None
    your_role: Role | None = None


async def answer_dialog(desk: Desk, chat_id: int) -> Answered:
    """Become the operator of a dialog that nobody has accepted yet.

    Raises:
        DialogRefused: it is closed, or the portal refused.
        PortalError: it could not be read or sent.
    """
    before = await card_before(desk, chat_id)
    if before is not None:
        if before.state == "closed":
            raise desk.refusal(
                "The dialog is closed: nobody waits in it, and accepting it would only add you as a participant",
                "{session_start} opens a new session in it",
            )
        if before.your_role == "operator":
            return _told(before, "unchanged", changed=False, why="You are already its operator")
        if before.state == "open":
            # quirk: older portals would take the dialog away from its operator (behaviour 12)
            return _taken(desk, before, "has already accepted it")
    try:
        after = await write_to_chat(desk, _METHOD, chat_id)
    except (Refused, DialogRefused) as refused:
        return await _refused(desk, chat_id, before, refused)
    if after is None:
        return Answered(chat_id=chat_id, outcome="sent", **not_verified(desk))
    if after.your_role == "operator":
        return _told(after, "accepted", changed=True)
    if after.state == "open":
        return _taken(desk, after, "has it now: they accepted it at the same time, or took it over at once")
    return _told(
        after,
        "unchanged",
        changed=False,
        why="The portal accepted the call, but the dialog is not yours",
        advice=desk.advise("{dialog_get} shows its state"),
    )


async def _refused(desk: Desk, chat_id: int, before: Dialog | None, refused: Refused | DialogRefused) -> Answered:
    if refused.code.upper() == _TAKEN:
        refused = desk.refusal("Somebody else has accepted the dialog", "{dialog_get} shows who has it", refused.code)
        now = await card_after_refusal(desk, chat_id, before)
        if now is None:
            raise refused
    else:
        now = await card_after_blank(desk, refused, chat_id, before)
    if now.your_role == "operator":
        return _told(
            now,
            "accepted",
            changed=before is None or before.your_role != "operator",
            why="The portal refused the call, since the dialog was already yours: you accepted it elsewhere meanwhile",
        )
    if now.state == "open":
        return _taken(desk, now, "accepted it meanwhile")
    if refused.code:
        raise refused
    raise refused_in_state(desk, now)


def _taken(desk: Desk, card: Dialog, how: str) -> Answered:
    return _told(
        card,
        "taken",
        changed=False,
        why=f"User {card.operator_id} {how}",
        advice=desk.advise("{session_join} adds you as a participant, {session_intercept} takes it over"),
    )


def _told(
    card: Dialog, outcome: Outcome, *, changed: bool, why: str | None = None, advice: str | None = None
) -> Answered:
    return Answered(
        chat_id=card.chat_id,
        outcome=outcome,
        changed=changed,
        verified=True,
        **standing(card),
        why=why,
        next=advice,
    )
