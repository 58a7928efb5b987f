"""What stays of a conversation: the supervisor's rating and the CRM items (behaviour 8.12 and 8.13)."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from bitrix24_dialogs.dialogs.change import Change, card_before, not_verified, read_back, write, write_to_chat
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.entity_data import CrmItem
from bitrix24_dialogs.dialogs.history import Session, read_session
from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.dialogs.sessions import ACCEPT
from bitrix24_dialogs.dialogs.transcript import COMMENT_CHARACTERS
from bitrix24_dialogs.presenting.untrusted import Untrusted


@dataclass(frozen=True, kw_only=True)
class Voted:
    """The rating and comment of a session as stored. Without ``verified`` they are as sent."""

    session_id: int
    outcome: Literal["rated", "unchanged", "sent"]
    changed: bool | None = None
    verified: bool
    rating: int | None = None
    comment: Untrusted | None = None
    comment_length: Annotated[int | None, "characters, if it is cut"] = None
    why: str | None = None
    next: str | None = None


@dataclass(frozen=True, kw_only=True)
class LeadCreated(Change):
    """The CRM items that are bound to the dialog."""

    outcome: Literal["created", "unchanged", "sent"]
    crm: tuple[CrmItem, ...] = ()


async def vote(desk: Desk, session_id: int, rating: int | None, comment: str | None) -> Voted:
    """Store a supervisor's rating and comment; what is not given stays as it was.

    Raises:
        InputError: neither was given.
        DialogRefused: the caller may not rate, or the stored comment cannot be kept.
    """
    if rating is None and comment is None:
        raise InputError("give a rating from 1 to 5, a comment, or both")
    before = await _session_before_vote(desk, session_id, rating_alone=comment is None)
    # quirk: a rating without a comment erases the stored one, so it is sent again (behaviour 8.12)
    sent = comment if comment is not None else before.comment if before else None
    if before is not None:
        if not before.can_vote:
            raise desk.refusal(
                "The webhook's owner may not rate this session: the role lacks the right, or the plan the feature",
                "Somebody with the right to rate conversations has to do it",
            )
        if before.rating == (rating or before.rating) and before.comment == sent:
            return _voted(desk, before, changed=False, why="It is stored so already")
    params: dict[str, Any] = {"SESSION_ID": session_id}
    if rating is not None:
        params["RATING"] = rating
    if sent is not None:
        params["COMMENT"] = sent
    await write(desk, "imopenlines.session.head.vote", params)
    after = await read_back(desk, f"session {session_id}", lambda: read_session(desk, {"SESSION_ID": session_id}))
    if after is None:
        fields = not_verified(desk, "{session_history_get}")
        return Voted(session_id=session_id, outcome="sent", rating=rating, **_comment(desk, sent), **fields)
    stored = after.rating == (rating or after.rating) and (after.comment or "").strip() == (sent or "").strip()
    changed = before is None or (before.rating, before.comment) != (after.rating, after.comment)
    why = (
        None
        if stored
        else "What is stored is not what was sent: the portal changed it, or somebody else rated meanwhile"
    )
    return _voted(desk, after, changed=changed, why=why)


def _voted(desk: Desk, session: Session, *, changed: bool, why: str | None) -> Voted:
    return Voted(
        session_id=session.session_id,
        outcome="rated" if changed else "unchanged",
        changed=changed,
        verified=True,
        rating=session.rating or None,
        why=why,
        **_comment(desk, session.comment),
    )


def _comment(desk: Desk, comment: str | None) -> dict[str, Any]:
    shown = desk.words.text(comment, COMMENT_CHARACTERS)
    return {"comment": shown.text or None, "comment_length": shown.length if shown.is_cut else None}


async def _session_before_vote(desk: Desk, session_id: int, *, rating_alone: bool) -> Session | None:
    if not (desk.verify or desk.lines or rating_alone):
        return None
    try:
        return await read_session(desk, {"SESSION_ID": session_id})
    except DialogRefused as refused:
        if refused.code != "ACCESS_DENIED" or desk.lines:
            raise
        if rating_alone:
            raise desk.refusal(
                f"Session {session_id} was not found, or its history cannot be read; a rating alone would erase the"
                " comment that may be stored there",
                "Check the number; if it is right, give the comment together with the rating",
                refused.code,
            ) from None
        return None  # the right to rate and the right to read the history are two


async def create_lead(desk: Desk, chat_id: int) -> LeadCreated:
    """Save a dialog to CRM: a lead, or a contact and a deal, as its line is set up.

    Raises:
        DialogRefused: the caller is not its operator, or it is closed: the call would open a session.
    """
    before = await card_before(desk, chat_id)
    if before is not None:
        if before.in_crm:
            return LeadCreated(
                chat_id=chat_id,
                outcome="unchanged",
                changed=False,
                verified=True,
                crm=before.crm,
                why="The dialog is already saved to CRM",
            )
        if before.state == "closed":
            raise desk.refusal(
                "The dialog is closed, and saving it to CRM now would open a new session",
                "{session_start} opens one on purpose",
            )
        if before.state == "waiting":
            raise desk.refusal("Only the dialog's operator can save it to CRM, and nobody has accepted it yet", ACCEPT)
        if before.your_role != "operator":
            raise desk.refusal(
                f"Only the dialog's operator can save it to CRM, and that is user {before.operator_id}",
                "{session_intercept} makes you its operator",
            )
    after = await write_to_chat(desk, "imopenlines.crm.lead.create", chat_id)
    if after is None:
        return LeadCreated(chat_id=chat_id, outcome="sent", **not_verified(desk))
    created = after.in_crm and bool(after.crm)
    return LeadCreated(
        chat_id=chat_id,
        outcome="created" if created else "unchanged",
        changed=created,
        verified=True,
        crm=after.crm,
        why=None if created else "The portal accepted the call, but CRM created nothing",
        next=None if created else "Look at the line's CRM settings in Bitrix24",
    )
