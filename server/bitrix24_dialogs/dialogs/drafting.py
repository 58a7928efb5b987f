"""A reply as it would go, beside what the client said last: for a person to look at before it is sent."""

from dataclasses import dataclass
from typing import Annotated

from bitrix24_dialogs.dialogs.card import Person
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.history import Session, read_session
from bitrix24_dialogs.dialogs.newest import PAGE, Heard, Newest
from bitrix24_dialogs.dialogs.portal_values import mapping, text, whole
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.dialogs.replying import in_the_way, until_when, window_is_over
from bitrix24_dialogs.dialogs.sending import read_ground
from bitrix24_dialogs.presenting.outgoing import Outgoing
from bitrix24_dialogs.presenting.untrusted import Untrusted

_DRAFT = 3_000
_CLIENTS_WORDS = 500
_MOST_SHOWN = 5


@dataclass(frozen=True)
class Said:
    """A message of the client; ``length`` is its characters if it is cut."""

    id: int
    time: str
    text: Untrusted
    length: int | None = None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A reply as it would go, and what the client said last. ``why`` and ``next``: what stands in its way."""

    chat_id: int
    text: Annotated[str, "as it would go"]
    text_length: Annotated[int | None, "characters, if it is cut here"] = None
    adjusted: Annotated[bool | None, "markup, commands or hidden characters were defused"] = None
    can_be_sent: bool
    why: str | None = None
    next: str | None = None
    replies_until: Annotated[str | None, "the channel takes replies until then"] = None
    client: Person | None = None
    client_said: tuple[Said, ...] = ()
    said_before: Annotated[int | None, "further unanswered messages of the client, at least"] = None
    answered_since: Annotated[bool | None, "somebody has written to the client since"] = None


async def draft_reply(desk: Desk, chat_id: int, outgoing: Outgoing) -> Draft:
    """The reply as it would go, with the client's last words. Sends nothing.

    Raises:
        DialogRefused: not found or no rights, or its line is out of reach.
        PortalError: it could not be read.
    """
    ground = await read_ground(desk, chat_id)
    newest = ground.newest or await _from_history(desk, chat_id)
    said, answered, earlier = _last_words(desk, newest, ground.client) if newest else ((), None, 0)
    reason = in_the_way(desk, ground)
    why, advice = reason or (None, None)
    plain = outgoing.text
    return Draft(
        chat_id=chat_id,
        text=plain[:_DRAFT],
        text_length=len(plain) if len(plain) > _DRAFT else None,
        adjusted=outgoing.adjusted or None,
        can_be_sent=reason is None,
        why=why,
        next=desk.advise(advice) if advice else None,
        replies_until=None if window_is_over(desk, ground) else until_when(ground),
        client=ground.card.client,
        client_said=said,
        said_before=earlier or None,
        answered_since=answered,
    )


async def _from_history(desk: Desk, chat_id: int) -> Newest | None:
    """The newest messages for who takes no part in the dialog, as far as they may read them."""
    try:
        session = await read_session(desk, {"CHAT_ID": chat_id})
    except DialogRefused:
        return None
    heard = [_heard(session, number) for number in session.message_ids[-PAGE:]]
    clients = frozenset(message.author for message in heard if session.role_of(message.author) == "client")
    return Newest(tuple(reversed(heard)), clients)


def _heard(session: Session, number: int) -> Heard:
    raw = mapping(session.messages.get(str(number)))
    return Heard(
        id=number,
        author=whole(raw.get("senderid")),
        raw=text(raw.get("text")),
        date=text(raw.get("date")),
        uuid="",
        hidden=mapping(raw.get("params")).get("componentId") == "HiddenMessage",
        confirmed=False,
        under_way=False,
    )


def _last_words(desk: Desk, newest: Newest, client: int) -> tuple[tuple[Said, ...], bool | None, int]:
    """What the client said since somebody last wrote to them, else their last message; whether it was answered; how
    many more there are before.
    """
    clients = newest.clients | {client}
    spoken_since: list[Heard] = []
    for message in newest.messages:
        if not message.author or message.hidden:
            continue
        if message.author not in clients:
            break
        spoken_since.append(message)
    if spoken_since:
        shown, earlier = spoken_since[:_MOST_SHOWN][::-1], len(spoken_since[_MOST_SHOWN:])
        return tuple(_said(desk, message) for message in shown), None, earlier
    last = newest.last_of_client(client)
    return ((_said(desk, last),), True, 0) if last else ((), None, 0)


def _said(desk: Desk, message: Heard) -> Said:
    shown = desk.words.text(message.raw, _CLIENTS_WORDS)
    return Said(
        id=message.id,
        time=desk.words.moment(message.date) or "unknown",
        text=shown.text,
        length=shown.length if shown.is_cut else None,
    )
