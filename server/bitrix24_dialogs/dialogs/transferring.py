"""Handing a dialog to a colleague or to the queue of a line (adjacent methods: imopenlines.operator.transfer)."""

from dataclasses import dataclass, replace
from typing import Literal

from bitrix24_dialogs.dialogs.blank_refusals import card_after_refusal, work_of
from bitrix24_dialogs.dialogs.card import Dialog, Person, State
from bitrix24_dialogs.dialogs.change import Change, card_before, write
from bitrix24_dialogs.dialogs.desk import Desk, Fate
from bitrix24_dialogs.dialogs.leaving import Left, read_after_leaving
from bitrix24_dialogs.dialogs.lines import get_line, require_reach
from bitrix24_dialogs.dialogs.people import one_colleague
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.gateway.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Transferred(Change):
    """What transferring did. ``operator`` and ``line_id`` are who and which line has the dialog now."""

    outcome: Literal["transferred", "queued", "unchanged", "other", "sent"]
    taken_from: Person | None = None
    operator: Person | None = None
    line_id: int | None = None
    state: State | None = None
    session_id: int | None = None


@dataclass(frozen=True)
class _Target:
    """Where a dialog is to go: a colleague (``operator``), or the queue of a line.

    ``absent`` says who is not there, if nobody is.
    """

    operator: Person | None = None
    line_id: int = 0
    absent: str = ""

    @property
    def params(self) -> dict[str, int]:
        """As the portal wants it."""
        return {"USER_ID": self.operator.id} if self.operator else {"QUEUE_ID": self.line_id}

    def reached(self, before: Dialog, after: Dialog) -> bool:
        """Whether the card shows that the dialog went there."""
        if self.operator is not None:
            return after.operator_id == self.operator.id
        left = after.state == "waiting" or after.operator_id != before.operator_id
        return after.line_id == self.line_id and after.state != "closed" and left


async def transfer_dialog(
    desk: Desk, chat_id: int, to_colleague: str | None, to_line: int | None, *, even_if_absent: bool
) -> Transferred:
    """Hand an open or waiting dialog to a colleague, or to the queue of a line; one of the two is given.

    Raises:
        DialogRefused: it is closed, or the target is not to be found, is the caller, or nobody there is at work.
    """
    if to_line is not None:
        require_reach(desk, to_line)
    elif to_colleague == str(await desk.me()):
        raise _to_oneself(desk)
    before = await card_before(desk, chat_id)
    if before is not None and before.state == "closed":
        raise desk.refusal(
            "The dialog is closed, and transferring it would open a new session",
            "{session_start} opens one on purpose",
        )
    target = _named(to_colleague, to_line)
    if before is None or target is None or not _is_there(before, target):
        target = await _found(desk, to_colleague, to_line)
    if before is not None and _is_there(before, target):
        why = "That colleague is its operator already" if target.operator else "It waits in that line's queue already"
        return _transferred(before, "unchanged", target, changed=False, why=why)
    if target.absent and not even_if_absent:
        raise desk.refusal(
            f"{target.absent}, so that the client would be left waiting",
            "Choose somebody else, or call again with even_if_absent=true if it is meant so",
        )
    try:
        await write(desk, "imopenlines.operator.transfer", {"CHAT_ID": chat_id, **target.params})
    except (Refused, DialogRefused) as refused:
        if refused.code.upper() != "OPERATOR_WRONG":
            raise
        raise await _transfer_refused(desk, refused, chat_id, before) from None
    left = await read_after_leaving(desk, chat_id)
    return _told(desk, chat_id, before, left, target)


def _named(to_colleague: str | None, to_line: int | None) -> _Target | None:
    """The target as far as it is known without asking; None for a name."""
    if to_line is not None:
        return _Target(line_id=to_line)
    return _Target(Person(int(to_colleague))) if to_colleague and to_colleague.isdecimal() else None


async def _found(desk: Desk, to_colleague: str | None, to_line: int | None) -> _Target:
    """The target as the portal knows it.

    Raises:
        DialogRefused: it cannot take a dialog.
    """
    named = _named(to_colleague, to_line)
    if named is not None and not desk.verify:
        return named
    if to_line is not None:
        return await _line(desk, to_line)
    colleague = await one_colleague(desk, to_colleague or "")
    if colleague.you:
        raise _to_oneself(desk)
    absent = f"Colleague {colleague.id} is not online" if colleague.online is False else ""
    return _Target(Person(colleague.id, colleague.name), absent=absent)


async def _line(desk: Desk, line_id: int) -> _Target:
    line = await get_line(desk, line_id)
    if not line.active:
        raise desk.refusal(f"Line {line_id} is switched off", "{lines_list} shows the lines that are on")
    if not line.queue_size:
        raise desk.refusal(f"Nobody is in the queue of line {line_id}", "{lines_list} shows the lines and their queues")
    return _Target(line_id=line_id, absent="" if line.somebody_online else f"Nobody in line {line_id} is online")


def _to_oneself(desk: Desk) -> DialogRefused:
    return desk.refusal(
        "A dialog cannot be transferred to yourself",
        "{session_intercept} takes over what a colleague has accepted, {dialog_answer} accepts what waits",
    )


def _is_there(card: Dialog, target: _Target) -> bool:
    if target.operator is not None:
        return card.operator_id == target.operator.id
    return card.state == "waiting" and card.line_id == target.line_id


async def _transfer_refused(
    desk: Desk, refused: Refused | DialogRefused, chat_id: int, before: Dialog | None
) -> Refused | DialogRefused:
    desk.fate = Fate.OPEN  # quirk: on a closed dialog the portal opens a session before it refuses
    now = await card_after_refusal(desk, chat_id, before)
    if now is None:
        return refused
    if now.state == "closed":
        why = "the dialog has been closed meanwhile"
    else:
        why = "it does not give the target this dialog, or the queue is being redistributed"
    return desk.refusal(
        f"The portal refused the transfer: {why}",
        "Look at it with {dialog_get}, then try again in a minute",
        refused.code,
    )


def _told(desk: Desk, chat_id: int, before: Dialog | None, left: Left, target: _Target) -> Transferred:
    after = left.card
    if before is None or after is None:
        return Transferred(chat_id=chat_id, outcome="sent", **left.not_verified(desk))
    if target.reached(before, after):
        outcome: Literal["transferred", "queued"] = "transferred" if target.operator else "queued"
        told = _transferred(after, outcome, target, changed=True, taken_from=before.operator, why=target.absent or None)
        return told if after.session_id == before.session_id else _opened(desk, told, after)
    changed = work_of(after) != work_of(before)
    return _transferred(
        after,
        "other" if changed else "unchanged",
        target,
        changed=changed,
        taken_from=before.operator if changed else None,
        why="The portal accepted the call, but the dialog is not where it was sent",
        next_step=desk.advise("{dialog_get} shows who has it"),
    )


def _opened(desk: Desk, told: Transferred, after: Dialog) -> Transferred:
    # quirk: of a closed dialog the portal opens a session and transfers that
    why = (
        f"The dialog had been closed meanwhile, and session {after.session_id} was opened in it: by this transfer, or"
        " by the client"
    )
    return replace(
        told,
        taken_from=None,
        why=". ".join(filter(None, (why, told.why))),
        next=desk.advise("{session_history_get} shows whether the client wrote; {dialog_finish_other} ends it"),
    )


def _transferred(
    card: Dialog,
    outcome: Literal["transferred", "queued", "unchanged", "other"],
    target: _Target,
    *,
    changed: bool,
    taken_from: Person | None = None,
    why: str | None = None,
    next_step: str | None = None,
) -> Transferred:
    named = target.operator is not None and card.operator_id == target.operator.id
    return Transferred(
        chat_id=card.chat_id,
        outcome=outcome,
        changed=changed,
        verified=True,
        taken_from=taken_from,
        operator=target.operator if named else card.operator,
        line_id=card.line_id,
        state=card.state,
        session_id=card.session_id,
        why=why,
        next=next_step,
    )
