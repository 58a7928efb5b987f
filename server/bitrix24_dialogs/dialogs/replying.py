"""Answering the client: only where it arrives, once, and told by what reading back shows (protocol notes 9 and 10)."""

from bitrix24_dialogs.dialogs.alone import alone_at
from bitrix24_dialogs.dialogs.card import moment_of
from bitrix24_dialogs.dialogs.change import not_verified
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.newest import Heard, Newest
from bitrix24_dialogs.dialogs.sending import (
    UNREADABLE,
    Ground,
    Letter,
    Posted,
    Visible,
    Written,
    as_it_stands,
    message_uuid,
    out_of_bounds,
    portal_said,
    post,
    read_ground,
    require_writing,
    spoken,
)
from bitrix24_dialogs.dialogs.sessions import ACCEPT
from bitrix24_dialogs.presenting.outgoing import Outgoing

_SILENCED = (
    "Silent mode keeps it from the client: the mode was switched on meanwhile, or it is your personal one, which newer"
    " portals do not show"
)
_ASK_AGAIN = "The same call once more tells whether the channel has confirmed it; it sends nothing twice"


async def send_reply(desk: Desk, chat_id: int, outgoing: Outgoing) -> Written:
    """Send a message to the client of a dialog that the caller has accepted.

    Raises:
        DialogRefused: it would not arrive, or the dialog is not the caller's.
        OutcomeUnknown: it may have been sent.
    """
    async with alone_at(desk, f"chat{chat_id}"):
        return await _send(desk, chat_id, outgoing)


async def _send(desk: Desk, chat_id: int, outgoing: Outgoing) -> Written:
    ground = await read_ground(desk, chat_id)
    if reason := in_the_way(desk, ground):
        raise desk.refusal(*reason)
    before = require_writing(desk, ground)
    letter = _letter(desk, ground, outgoing.text, before)
    if earlier := _sent_already(desk, ground, letter, before):
        return _repeated(desk, chat_id, earlier, before)
    posted = await post(desk, chat_id, letter, before)
    if posted.found is None:
        return Written(
            chat_id=chat_id,
            outcome="already_sent" if _is_old(posted, before) else "sent",
            visible_to_client="unknown",
            **as_it_stands(desk, posted.message_id, outgoing.text),
            **not_verified(desk, "{session_history_get}"),
        )
    return _told(desk, ground, before, posted, posted.found)


def in_the_way(desk: Desk, ground: Ground) -> tuple[str, str] | None:
    """Why a reply would not arrive or is not the caller's to send, and what would help."""
    card = ground.card
    if reason := out_of_bounds(desk, card.line_id):
        return reason
    if card.state == "closed":
        return "The dialog is closed: a reply would open a new session", "{session_start} opens one on purpose"
    if card.state == "waiting":
        return "Nobody has accepted the dialog yet, so it is nobody's to answer", ACCEPT
    if card.your_role != "operator":
        return (
            f"Only the dialog's operator replies to the client, and that is user {card.operator_id}",
            "{session_intercept} makes you its operator; {note_add} tells the operator something",
        )
    if card.silent:
        return (
            "The dialog is in silent mode: the client would not get it",
            "{session_mode_silent} switches it off; {note_add} writes to colleagues on purpose",
        )
    if window_is_over(desk, ground):
        return (
            f"The client's channel takes no replies since {until_when(ground)}",
            "It does so again once the client has written; until then only a template sent from Bitrix24 reaches them",
        )
    return UNREADABLE if ground.newest is None else None


def window_is_over(desk: Desk, ground: Ground) -> bool:
    """Whether the channel's time for replies has passed (behaviour 4.1), by the portal's own clock."""
    return 0 < ground.replies_until < (desk.portal_time or 0)


def until_when(ground: Ground) -> str | None:
    """Until when the channel takes replies; None if it always does."""
    return moment_of(ground.replies_until, ground.card.created or "")


def _letter(desk: Desk, ground: Ground, plain: str, before: Newest) -> Letter:
    words = spoken(desk, plain)

    def same(message: Heard) -> bool:
        return message.author == ground.me and spoken(desk, message.raw) == words

    # What silent mode kept from the client may be said again, so it must not pass for the same message.
    hidden = sum(message.hidden and same(message) for message in before.messages)
    name = message_uuid("reply", ground.me, ground.card.chat_id, ground.answering, hidden, plain)
    return Letter(plain, name, {}, same)


def _sent_already(desk: Desk, ground: Ground, letter: Letter, before: Newest) -> Heard | None:
    """The message that says the same: sent by an earlier call, or the caller's last words in the session."""
    mine = [message for message in ground.of_session(before.by(ground.me)) if not message.hidden]
    return letter.named_in(before) or next((message for message in mine[:1] if letter.is_it(message)), None)


def _repeated(desk: Desk, chat_id: int, earlier: Heard, newest: Newest) -> Written:
    visible = _visible(earlier)
    return Written(
        chat_id=chat_id,
        outcome="already_sent",
        changed=False,
        verified=True,
        visible_to_client=visible,
        portal_said=None if visible == "yes" else portal_said(desk, earlier, newest),
        why="You have said the very same already, so nothing was sent",
        next="To say it once more, word it a little differently" if visible == "yes" else _ASK_AGAIN,
        **as_it_stands(desk, earlier.id, earlier.raw),
    )


def _is_old(posted: Posted, before: Newest) -> bool:
    """Whether the portal knew the message by its UUID, and gave the number of the first one back."""
    return posted.message_id <= before.last_id


def _told(desk: Desk, ground: Ground, before: Newest, posted: Posted, found: Heard) -> Written:
    visible = _visible(found)
    said = portal_said(desk, found, posted.newest) if posted.newest and visible != "yes" else None
    why, advice = _explained(desk, found, visible, said)
    if posted.lost:
        why = " ".join(filter(None, ("The portal's answer was lost; the message was found in the dialog.", why)))
    client_last = posted.newest.last_of_client(ground.client) if posted.newest else None
    known = _is_old(posted, before)
    return Written(
        chat_id=ground.card.chat_id,
        outcome="already_sent" if known else "sent",
        changed=not known,
        verified=True,
        visible_to_client=visible,
        client_wrote=True if client_last and client_last.id > before.last_id else None,
        portal_said=said,
        why=why,
        next=advice,
        **as_it_stands(desk, found.id, found.raw),
    )


def _visible(message: Heard) -> Visible:
    """Whether the client gets a message. Only the channel's own number for it proves that they do."""
    if message.hidden or not message.author:
        return "unknown" if message.confirmed else "no"  # marks that contradict each other prove nothing
    return "yes" if message.confirmed else "unknown"


def _explained(desk: Desk, found: Heard, visible: Visible, said: str | None) -> tuple[str | None, str | None]:
    if visible == "yes":
        return None, None
    if visible == "no":
        return _SILENCED, desk.advise("{session_mode_silent} switches it off; then send it again")
    if said:
        return (
            "It is not hidden, but what the portal wrote right after it (portal_said) may mean that it did not arrive",
            f"Tell the person. {_ASK_AGAIN}; worded a little differently it is sent anew",
        )
    if found.under_way:
        return "It is not hidden, and on its way; the client's channel has not confirmed it yet", _ASK_AGAIN
    return "It is not hidden, but nothing shows yet that the client's channel has taken it", _ASK_AGAIN
