"""Internal notes: kept from the client by the message's own marks, whatever mode the dialog is in.

Newer portals keep silent mode per employee and do not show it (behaviour 12), so the mode alone proves nothing. A note
is a system message, which no client gets (behaviour 7), and asks to skip the client's channel as well; each mark alone
would do, and a portal that does not know the one knows the other.
"""

import re

from bitrix24_dialogs.dialogs.alone import alone_at
from bitrix24_dialogs.dialogs.change import not_verified
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.newest import Heard, Newest
from bitrix24_dialogs.dialogs.sending import (
    Ground,
    Letter,
    Visible,
    Written,
    as_it_stands,
    message_uuid,
    post,
    read_ground,
    require_writing,
    spoken,
)
from bitrix24_dialogs.presenting.outgoing import Outgoing

_MARKS = {"SYSTEM": "Y", "SKIP_CONNECTOR": "Y"}
# quirk: read back, the mention at its beginning has got a name
_SIGNATURE = re.compile(r"\[USER=(\d{1,18})(?: REPLACE)?\][^\[\]]*\[/USER\]: ", re.ASCII)


async def add_note(desk: Desk, chat_id: int, outgoing: Outgoing) -> Written:
    """Write a note into a dialog that the caller takes part in; the client never sees it.

    Raises:
        DialogRefused: the caller takes no part in it, or nothing may be written to its line here.
        OutcomeUnknown: it may have been written.
    """
    async with alone_at(desk, f"chat{chat_id}"):
        return await _add(desk, chat_id, outgoing)


async def _add(desk: Desk, chat_id: int, outgoing: Outgoing) -> Written:
    ground = await read_ground(desk, chat_id)
    before = require_writing(desk, ground)
    letter = _letter(desk, ground, outgoing.text)
    if earlier := _noted_already(ground, letter, before):
        return Written(
            chat_id=chat_id,
            outcome="already_sent",
            changed=False,
            verified=True,
            visible_to_client=_visible(earlier),
            why="Your last note says the very same, so nothing was written",
            next="To note it once more, word it a little differently",
            **as_it_stands(desk, earlier.id, earlier.raw),
        )
    posted = await post(desk, chat_id, letter, before)
    if posted.found is None:
        return Written(
            chat_id=chat_id,
            outcome="sent",
            visible_to_client="unknown",
            **as_it_stands(desk, posted.message_id, letter.text),
            **not_verified(desk, "{session_history_get}"),
        )
    visible = _visible(posted.found)
    lost = "The portal's answer was lost; the note was found in the dialog" if posted.lost else None
    return Written(
        chat_id=chat_id,
        outcome="sent",
        changed=True,
        verified=True,
        visible_to_client=visible,
        why=lost if visible == "no" else "The portal has not marked the note as internal: the client may see it",
        next=None if visible == "no" else "Look at the dialog in Bitrix24, and add no more notes on this portal",
        **as_it_stands(desk, posted.found.id, posted.found.raw),
    )


def _letter(desk: Desk, ground: Ground, plain: str) -> Letter:
    words = spoken(desk, plain)

    def is_it(message: Heard) -> bool:
        signed_by = _SIGNATURE.match(message.raw)
        mine = message.author == ground.me or (not message.author and _me_or_unknown(ground.me, signed_by))
        return mine and spoken(desk, message.raw).endswith(f": {words}")

    # A system message has no author, so the note names its own, as the portal's system messages do (behaviour 9).
    signed = f"[USER={ground.me}][/USER]: {plain}"
    name = message_uuid("note", ground.me, ground.card.chat_id, ground.answering, plain)
    return Letter(signed, name, _MARKS, is_it)


def _noted_already(ground: Ground, letter: Letter, before: Newest) -> Heard | None:
    """The note that says the same: one since the client wrote last, or the caller's last note in the session."""
    in_session = ground.of_session(before.messages)
    since = tuple(message for message in in_session if message.id > ground.answering)
    last = next((message for message in in_session if _is_note_of(ground.me, message)), None)
    return letter.find(Newest(since, before.clients)) or (last if last and letter.is_it(last) else None)


def _is_note_of(me: int, message: Heard) -> bool:
    signed_by = _SIGNATURE.match(message.raw)
    return message.author in {0, me} and signed_by is not None and int(signed_by[1]) == me


def _me_or_unknown(me: int, signed_by: re.Match[str] | None) -> bool:
    return signed_by is None or int(signed_by[1]) == me


def _visible(note: Heard) -> Visible:
    if note.confirmed:  # a number in the client's channel proves more than any mark
        return "yes"
    return "no" if not note.author or note.hidden else "unknown"
