"""A session's history as a transcript: in reading order, small whatever its length (behaviour 8.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from bitrix24_dialogs.dialogs.card import code_parts
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.entity_data import parse_entity_data
from bitrix24_dialogs.dialogs.portal_values import mapping, numbers, text, whole
from bitrix24_dialogs.presenting.rendering import size
from bitrix24_dialogs.presenting.untrusted import Untrusted
from bitrix24_dialogs.presenting.words import Words

Speaker = Literal["client", "operator", "bot", "system"]

# Both the structured and the text form of a page stay below 24 kB; what is around the messages gets the rest.
_PAGE_BYTES = 20_500
_MESSAGE_CHARACTERS = 1_500
_WHOLE_MESSAGE_CHARACTERS = 5_000
_MOST_PARTICIPANTS = 30
_MOST_FILES = 10
COMMENT_CHARACTERS = 1_000


@dataclass(frozen=True)
class File:
    """A file in a message; ``size`` in bytes."""

    id: int
    name: Untrusted | None = None
    type: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Cut:
    """A text that is longer than shown: its whole length in characters, and the arguments that read on."""

    length: int
    read_on: str


@dataclass(frozen=True)
class Message:
    """One message. ``who`` is the author's number, named in `Transcript.participants`; system messages have none."""

    id: int
    time: str
    role: Speaker
    text: Untrusted
    who: int | None = None
    cut: Cut | None = None
    files: tuple[File, ...] = ()


@dataclass(frozen=True)
class Participant:
    """Who wrote on this page or is in the chat now."""

    id: int
    role: Speaker
    name: Untrusted | None = None


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """A page of one session's messages, oldest first."""

    chat_id: int
    session_id: int
    rating: Annotated[int | None, "supervisor's, 1-5"] = None
    comment: Annotated[str | None, "supervisor's; untrusted text"] = None
    comment_length: Annotated[int | None, "characters, if it is cut"] = None
    participants: tuple[Participant, ...]
    messages: tuple[Message, ...]
    total: Annotated[int, "messages in the session"]
    older: Annotated[int, "messages before this page"]
    next: str | None = None

    def text(self) -> str:
        """The page for reading: every message on a line of its own, further lines of it marked with a bar."""
        names = {person.id: person.name for person in self.participants}
        head = [
            f"Session {self.session_id} of chat {self.chat_id}: {self.total} messages, {self.older} before this page"
        ]
        if self.rating is not None or self.comment is not None:
            head.append(f"Supervisor's rating: {self.rating or 'none'}. Comment: {_folded(self.comment or 'none')}")
        people = (f"{person.role} {person.name or ''} ({person.id})".replace("  ", " ") for person in self.participants)
        head.append("Participants: " + ", ".join(people))
        lines = [_line(message, names.get(message.who or 0)) for message in self.messages]
        return "\n".join([*head, *lines, *([f"Next: {self.next}"] if self.next else [])])


@dataclass(frozen=True)
class Session:
    """A session's history as the portal sent it, looked at only as far as needed."""

    chat_id: int
    session_id: int
    owner: int
    open_session_id: int
    line_id: int
    rating: int
    comment: str | None
    can_vote: bool
    names: Mapping[int, str]
    words: Words
    messages: Mapping[str, Any]
    raw: Mapping[str, Any]

    @property
    def message_ids(self) -> list[int]:
        """The numbers of all messages, ascending. The portal's order is newest first, and parsers may change it."""
        return sorted(number for key in self.messages if (number := whole(key)))


async def read_session(desk: Desk, identifier: Mapping[str, int]) -> Session:
    """Read a session by ``SESSION_ID``, or the latest session of ``CHAT_ID``.

    Raises:
        DialogRefused: not found or no rights, or its line is out of reach.
        PortalError: it could not be read.
    """
    raw = mapping(await desk.read("imopenlines.session.history.get", identifier))
    chat_id = whole(raw.get("chatId"))
    chat = mapping(mapping(raw.get("chat")).get(str(chat_id)))
    data = parse_entity_data(text(chat.get("entityData1")))
    line = data.moved_to_line or code_parts(text(chat.get("entityId")))[1]
    # The chat may have moved on to another line since; the session's own line is a key of this map.
    voted = mapping(mapping(raw.get("openlines")).get("canvoteashead"))
    desk.require_line(line, *(whole(number) for number in voted))
    comment = raw.get("sessionCommentHead")
    names = {whole(key): text(mapping(user).get("name")) for key, user in mapping(raw.get("users")).items()}
    return Session(
        chat_id=chat_id,
        session_id=whole(raw.get("sessionId")),
        owner=whole(chat.get("owner")),
        open_session_id=data.session_id,
        line_id=line,
        rating=whole(raw.get("sessionVoteHead")),
        comment=comment if isinstance(comment, str) and comment else None,
        can_vote=raw.get("canVoteHead") == "Y",
        names=names,
        words=replace(desk.words, names=names),
        messages=mapping(raw.get("message")),
        raw=raw,
    )


def transcript(desk: Desk, session: Session, limit: int, before_message_id: int | None = None) -> Transcript:
    """The newest ``limit`` messages before ``before_message_id``, or as many of them as fit a small result.

    The cost beyond reading the answer depends on the page, not on the session's length.
    """
    ids = session.message_ids
    older = ids if before_message_id is None else [number for number in ids if number < before_message_id]
    page: list[Message] = []
    left = _PAGE_BYTES
    for number in reversed(older[-limit:]):
        message = _message(session, number, 0, _MESSAGE_CHARACTERS)
        left -= message_size(message)
        if left < 0 and page:
            break
        page.append(message)
    page.reverse()
    remaining = len(older) - len(page)
    advice = None
    if remaining:
        advice = desk.advise(
            f"{{session_history_get}} with session_id={session.session_id}, before_message_id={page[0].id}"
        )
    return _framed(session, page, total=len(ids), older=remaining, advice=advice)


def one_message(desk: Desk, session: Session, message_id: int, start: int) -> Transcript:
    """One message, its text from character ``start`` on.

    Raises:
        DialogRefused: the session has no such message, or its text ends before ``start``.
    """
    ids = session.message_ids
    if message_id not in ids:
        raise desk.refusal(
            f"Session {session.session_id} has no message {message_id}",
            "Take message numbers from {session_history_get} of the same session",
        )
    message = _message(session, message_id, start, _WHOLE_MESSAGE_CHARACTERS)
    if start and not message.text:
        raise desk.refusal(f"The text of message {message_id} ends before character {start}", "Nothing is left to read")
    return _framed(session, [message], total=len(ids), older=ids.index(message_id), advice=None)


def message_size(message: Message) -> int:
    """Bytes that a message takes in a result, the larger of its two forms."""
    structured = {
        "id": message.id,
        "time": message.time,
        "role": message.role,
        "who": message.who or 0,
        "text": message.text,
        "cut": message.cut and {"length": message.cut.length, "read_on": message.cut.read_on},
        "files": [{"id": file.id, "name": file.name, "type": file.type, "size": file.size} for file in message.files],
    }
    return max(size(structured), len(_line(message, "n" * 40).encode()))


def _framed(session: Session, page: Sequence[Message], *, total: int, older: int, advice: str | None) -> Transcript:
    comment = session.words.text(session.comment, COMMENT_CHARACTERS)
    return Transcript(
        chat_id=session.chat_id,
        session_id=session.session_id,
        rating=session.rating or None,
        comment=comment.text or None,
        comment_length=comment.length if comment.is_cut else None,
        participants=_participants(session, page),
        messages=tuple(page),
        total=total,
        older=older,
        next=advice,
    )


def _participants(session: Session, page: Sequence[Message]) -> tuple[Participant, ...]:
    present = numbers(mapping(session.raw.get("userInChat")).get(str(session.chat_id)))
    wanted = dict.fromkeys([*(message.who for message in page if message.who), *present])
    people = []
    for number in list(wanted)[:_MOST_PARTICIPANTS]:
        name = session.words.name(session.names.get(number, ""), 60) or None
        people.append(Participant(number, _role(session, number), name))
    return tuple(people)


def _role(session: Session, author: int) -> Speaker:
    if not author:
        return "system"
    user = mapping(mapping(session.raw.get("users")).get(str(author)))
    chat = mapping(mapping(session.raw.get("chat")).get(str(session.chat_id)))
    if user.get("connector") is True or author == code_parts(text(chat.get("entityId")))[3]:
        return "client"
    return "bot" if user.get("bot") is True else "operator"


def _message(session: Session, number: int, start: int, characters: int) -> Message:
    raw = mapping(session.messages.get(str(number)))
    author = whole(raw.get("senderid"))
    shown = session.words.text_from(text(raw.get("text")), start, characters)
    end = start + len(shown.text)
    cut = None
    if start or end < shown.length:
        more = f"message_id={number}, text_from={end}" if end < shown.length else "nothing is left"
        cut = Cut(shown.length, more)
    return Message(
        id=number,
        time=session.words.name(text(raw.get("date")), 40),
        role=_role(session, author),
        text=shown.text,
        who=author or None,
        cut=cut,
        files=_files(session, numbers(mapping(raw.get("params")).get("fileId"))),
    )


def _files(session: Session, ids: Sequence[int]) -> tuple[File, ...]:
    """Files without their links: those are signed, and a model has no use for them."""
    known = mapping(session.raw.get("files"))
    files = []
    for number in ids[:_MOST_FILES]:
        raw = mapping(known.get(str(number)))
        name = session.words.name(text(raw.get("name")), 120)
        files.append(
            File(
                number,
                name or None,
                session.words.name(text(raw.get("type")), 20) or None,
                whole(raw.get("size")) or None,
            )
        )
    return tuple(files)


def _line(message: Message, name: str | None) -> str:
    author = f"{message.role} {name}" if name else message.role
    files = "".join(
        f" [file {file.id}: {file.name or 'unnamed'}, {file.type or 'unknown type'}, {file.size or 0} bytes]"
        for file in message.files
    )
    cut = f" [cut: {message.cut.length} characters in all; {message.cut.read_on}]" if message.cut else ""
    return f"#{message.id} {message.time} {author}: {_folded(message.text)}{cut}{files}"


def _folded(words: str) -> str:
    """Further lines are marked, so that no text can pose as a message of its own."""
    return words.replace("\n", "\n  | ")
