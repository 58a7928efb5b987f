"""Starting, forking, joining and taking over: who works on a dialog, and in which session (behaviour 8.3 to 8.7)."""

from dataclasses import dataclass
from typing import Annotated, Literal

from bitrix24_dialogs.dialogs.card import Dialog, Person, Role, State, dialog_state, read_dialog
from bitrix24_dialogs.dialogs.change import Change, card_before, not_verified, standing, write_to_chat
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.history import read_session
from bitrix24_dialogs.dialogs.refusals import DialogRefused

ACCEPT = "{dialog_answer} accepts it"
_WAITS = "It still waits for the operator whom the queue assigned, who may be you; the portal does not show who that is"


@dataclass(frozen=True, kw_only=True)
class Started(Change):
    """What starting a session did."""

    outcome: Literal["new_session", "accepted", "joined", "unchanged", "sent"]
    state: State | None = None
    session_id: int | None = None
    operator_id: int | None = None
    your_role: Role | None = None


@dataclass(frozen=True, kw_only=True)
class Forked(Change):
    """What starting a session from a message did."""

    outcome: Literal["forked", "unchanged", "sent"]
    previous_session_id: int | None = None
    session_id: int | None = None
    operator_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Joined(Change):
    """What joining did."""

    outcome: Literal["joined", "unchanged", "sent"]
    your_role: Role | None = None
    operator_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Intercepted(Change):
    """What taking over did."""

    outcome: Literal["taken_over", "unchanged", "sent"]
    taken_from: Annotated[Person | None, "operator before the call"] = None
    operator_id: int | None = None
    session_id: int | None = None


async def start_session(desk: Desk, chat_id: int) -> Started:
    """Open a session in a closed dialog, accept an unassigned one, join any other."""
    before = await card_before(desk, chat_id)
    if before is not None and before.state == "open" and before.your_role != "none":
        mine = before.your_role == "operator"
        return _started(
            before,
            "unchanged",
            changed=False,
            why="You are already its operator" if mine else "You are already a participant of its open session",
            next_step=None if mine else desk.advise("{session_intercept} makes you its operator"),
        )
    after = await write_to_chat(desk, "imopenlines.session.start", chat_id)
    if before is None or after is None:
        return Started(chat_id=chat_id, outcome="sent", **not_verified(desk))
    if after.your_role == "operator" and before.your_role != "operator":
        new = after.session_id != before.session_id
        return _started(after, "new_session" if new else "accepted", changed=True)
    if after.your_role == "participant" and before.your_role == "none":
        waits = after.state == "waiting"
        return _started(
            after,
            "joined",
            changed=True,
            why=_WAITS if waits else "The session has an operator already",
            next_step=desk.advise(ACCEPT if waits else "{session_intercept} makes you its operator"),
        )
    if after.state == "waiting":
        return _started(after, "unchanged", changed=False, why=_WAITS, next_step=desk.advise(ACCEPT))
    return _started(
        after,
        "unchanged",
        changed=False,
        why="The portal accepted the call and changed nothing; the line may have been deleted",
        next_step=desk.advise("{dialog_get} shows the state"),
    )


def _started(
    card: Dialog,
    outcome: Literal["new_session", "accepted", "joined", "unchanged"],
    *,
    changed: bool,
    why: str | None = None,
    next_step: str | None = None,
) -> Started:
    return Started(
        chat_id=card.chat_id,
        outcome=outcome,
        changed=changed,
        verified=True,
        **standing(card),
        why=why,
        next=next_step,
    )


async def start_session_from_message(desk: Desk, chat_id: int, message_id: int) -> Forked:
    """Close the current session and open one led by the caller that begins with a copy of a message.

    Raises:
        DialogRefused: the message is not of this dialog, or that cannot be known and the dialog is closed: the portal
            would open a session all the same (behaviour 8.4).
    """
    previous = await _session_before_fork(desk, chat_id, message_id) if desk.verify or desk.lines else None
    after = await write_to_chat(desk, "imopenlines.message.session.start", chat_id, {"MESSAGE_ID": message_id})
    if after is None:
        return Forked(chat_id=chat_id, outcome="sent", previous_session_id=previous, **not_verified(desk))
    forked = after.your_role == "operator" and after.session_id != previous
    return Forked(
        chat_id=chat_id,
        outcome="forked" if forked else "unchanged",
        changed=forked,
        verified=True,
        previous_session_id=previous,
        session_id=after.session_id,
        operator_id=after.operator_id,
        why=None if forked else "Nothing was forked: the message is not of this dialog, or another fork was running",
        next=None if forked else desk.advise("Take the message number from {session_history_get} of this dialog"),
    )


async def _session_before_fork(desk: Desk, chat_id: int, message_id: int) -> int | None:
    try:
        session = await read_session(desk, {"CHAT_ID": chat_id})
    except DialogRefused as refused:
        if refused.code not in {"ACCESS_DENIED", "INVALID_SESSION_ID"}:
            raise
        card = await read_dialog(desk, {"CHAT_ID": chat_id})
        if card.state == "closed":
            raise _fork_refused(desk, message_id, "its history cannot be read") from None
        return card.session_id
    ids = session.message_ids
    if message_id in ids:
        return session.session_id
    if ids and message_id > ids[0]:
        raise desk.refusal(
            f"Message {message_id} does not belong to dialog {chat_id}, so nothing could be forked from it",
            "Take the number from {session_history_get} of this dialog",
        )
    if dialog_state(session.owner, session.open_session_id) == "closed":
        raise _fork_refused(desk, message_id, "it is older than the latest session")
    return session.session_id


def _fork_refused(desk: Desk, message_id: int, reason: str) -> DialogRefused:
    return desk.refusal(
        f"Whether message {message_id} belongs to this dialog is unknown ({reason}), and on a closed dialog the call"
        " would open a session in any case",
        "{session_start} opens a session without a message",
    )


async def join_session(desk: Desk, chat_id: int) -> Joined:
    """Add the caller as one more participant."""
    before = await card_before(desk, chat_id)
    if before is not None and before.your_role != "none":
        return Joined(
            chat_id=chat_id,
            outcome="unchanged",
            changed=False,
            verified=True,
            your_role=before.your_role,
            operator_id=before.operator_id,
            why=f"You are already its {before.your_role}",
        )
    after = await write_to_chat(desk, "imopenlines.session.join", chat_id)
    if after is None:
        return Joined(chat_id=chat_id, outcome="sent", **not_verified(desk))
    joined = after.your_role != "none"
    return Joined(
        chat_id=chat_id,
        outcome="joined" if joined else "unchanged",
        changed=joined,
        verified=True,
        your_role=after.your_role,
        operator_id=after.operator_id,
        # quirk: inactive and extranet employees are passed over without a word (behaviour 7, ADD MEMBER)
        why=None if joined else "The portal accepted the call and did not add you, as with inactive and extranet users",
    )


async def intercept_session(desk: Desk, chat_id: int) -> Intercepted:
    """Take an accepted dialog over from its operator."""
    before = await card_before(desk, chat_id)
    if before is not None and (reason := _nothing_to_take(desk, before)):
        why, advice = reason
        return Intercepted(
            chat_id=chat_id,
            outcome="unchanged",
            changed=False,
            verified=True,
            operator_id=before.operator_id,
            session_id=before.session_id,
            why=why,
            next=advice,
        )
    after = await write_to_chat(desk, "imopenlines.session.intercept", chat_id)
    if before is None or after is None:
        return Intercepted(chat_id=chat_id, outcome="sent", **not_verified(desk))
    taken = after.your_role == "operator"
    reason = None if taken else _nothing_to_take(desk, after)
    why, advice = reason or (
        "The portal accepted the call and changed nothing",
        desk.advise("{dialog_get} shows who has it"),
    )
    return Intercepted(
        chat_id=chat_id,
        outcome="taken_over" if taken else "unchanged",
        changed=taken,
        verified=True,
        taken_from=before.operator if taken else None,
        operator_id=after.operator_id,
        session_id=after.session_id,
        why=None if taken else why,
        next=None if taken else advice,
    )


def _nothing_to_take(desk: Desk, card: Dialog) -> tuple[str, str | None] | None:
    if card.your_role == "operator":
        return "You are already its operator", None
    if card.state == "closed":
        return "The dialog is closed: there is nobody to take it from", desk.advise(
            "{session_start} opens a new session in it"
        )
    if card.state == "waiting":
        return "Nobody has accepted the dialog yet: there is nobody to take it from", desk.advise(ACCEPT)
    return None
