"""Writing into a dialog: what has to be known before, once only, and read back (adjacent methods: im.message.add).

Every message has a UUID that follows from what it says and what it answers. A repeated call has the same one, so what
was sent already is found instead of being sent again, by us and by the portal (protocol notes 5.4).
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal
from uuid import UUID

from bitrix24_dialogs.dialogs.card import Dialog, dialog_of
from bitrix24_dialogs.dialogs.change import Change, read_back, unexpected_answer
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.entity_data import parse_entity_data
from bitrix24_dialogs.dialogs.newest import Heard, Newest, newest_of, newest_read, read_newest
from bitrix24_dialogs.dialogs.portal_values import mapping, text, whole
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.dialogs.together import Read, read_together
from bitrix24_dialogs.gateway.errors import OutcomeUnknown, PortalError, Refused
from bitrix24_dialogs.presenting.untrusted import Cleaned, Untrusted

Visible = Literal["yes", "no", "unknown"]

_METHOD = "im.message.add"
_NOT_ADDED = "PARAMS_ERROR"
LONGEST_TEXT = 20_000
"""What the portal stores of a message; it cuts what is longer (protocol notes 4.3)."""

_SETTLING = 8.0  # seconds that are kept for looking whether a message is there whose answer did not come in time
UNREADABLE = (
    "The dialog's messages cannot be read, so it cannot be seen whether this was sent already",
    "{dialog_get} shows your part in the dialog, {session_join} adds you as a participant",
)
_SHOWN = 1_000
_NOTICE = 300


@dataclass(frozen=True, kw_only=True)
class Written(Change):
    """What became of a message. ``text`` is what stands in the dialog, ``text_length`` its characters if it is cut."""

    outcome: Literal["sent", "already_sent"]
    message_id: int | None = None
    visible_to_client: Visible
    text: Untrusted | None = None
    text_length: int | None = None
    client_wrote: Annotated[bool | None, "the client has written meanwhile"] = None
    portal_said: Annotated[Untrusted | None, "untrusted text: the portal, right after it"] = None


@dataclass(frozen=True)
class Ground:
    """A dialog just before something is written into it.

    Attributes:
        me: who acts.
        card: its card.
        began: when its session began, in unix seconds; 0 for unknown.
        replies_until: until when the client's channel takes replies, in unix seconds; 0 if it always does.
        newest: its newest messages; None if the caller cannot read them.
    """

    me: int
    card: Dialog
    began: int
    replies_until: int
    newest: Newest | None

    @property
    def client(self) -> int:
        """The client's user number; 0 where a channel has groups."""
        return self.card.client.id if self.card.client else 0

    @property
    def answering(self) -> int:
        """The number of the client's newest message; 0 if there is none among the newest."""
        last = self.newest.last_of_client(self.client) if self.newest else None
        return last.id if last else 0

    def of_session(self, messages: tuple[Heard, ...]) -> tuple[Heard, ...]:
        """Those of ``messages`` that belong to the session."""
        return tuple(message for message in messages if not message.moment or message.moment >= self.began)


@dataclass(frozen=True)
class Letter:
    """What is to be written: its text, what it is called, how it is marked, how it is known again without a name."""

    text: str
    uuid: str
    flags: Mapping[str, str]
    is_it: Callable[[Heard], bool]

    def find(self, newest: Newest) -> Heard | None:
        """The letter among ``newest``."""
        return self.named_in(newest) or next((message for message in newest.messages if self.is_it(message)), None)

    def named_in(self, newest: Newest) -> Heard | None:
        """The message among ``newest`` that has the letter's own name."""
        return next((message for message in newest.messages if message.uuid == self.uuid), None)


@dataclass(frozen=True)
class Posted:
    """What the portal did with a letter: its number, and how it was read back; ``lost`` if the answer was lost."""

    message_id: int
    found: Heard | None
    newest: Newest | None
    lost: bool = False


async def read_ground(desk: Desk, chat_id: int) -> Ground:
    """The dialog and its newest messages, in one request.

    Raises:
        DialogRefused: not found or no rights, or its line is out of reach.
        PortalError: it could not be read.
    """
    me = await desk.me()
    answers = await read_together(
        desk, {"card": Read("imopenlines.dialog.get", {"CHAT_ID": chat_id}), "newest": newest_read(chat_id)}
    )
    raw = answers["card"]
    card = dialog_of(desk, me, raw, {"CHAT_ID": chat_id})
    data = parse_entity_data(text(mapping(raw).get("entity_data_1")))
    newest = None
    try:
        newest = newest_of(answers["newest"], chat_id)
    except DialogRefused as refused:
        if refused.code.upper() != "ACCESS_ERROR":
            raise
    return Ground(me, card, data.session_started, data.replies_until, newest)


def require_writing(desk: Desk, ground: Ground) -> Newest:
    """Let a dialog pass only if the caller may write into it at all; its newest messages.

    Raises:
        DialogRefused: they may not.
    """
    if reason := out_of_bounds(desk, ground.card.line_id):
        raise desk.refusal(*reason)
    if ground.card.your_role == "none":
        raise desk.refusal("You take no part in this dialog", "{session_join} adds you as a participant")
    if ground.newest is None:
        raise desk.refusal(*UNREADABLE)
    return ground.newest


def out_of_bounds(desk: Desk, line_id: int) -> tuple[str, str] | None:
    """Why nothing may be written to dialogs of a line here, and what would help."""
    if not desk.reply_lines or line_id in desk.reply_lines:
        return None
    return (
        f"Nothing is written to dialogs of line {line_id} here",
        "The setting BITRIX24_REPLY_LINES names the lines where replies and notes may be sent",
    )


def message_uuid(*parts: object) -> str:
    """The UUID of a message that is defined by ``parts``; in the form of version 4, since the portal takes no other."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))


def spoken(desk: Desk, raw: str) -> str:
    """A text reduced to what is said in it: the portal stores and shows the same in different ways."""
    return " ".join(replace(desk.words, mask=False).text(raw, LONGEST_TEXT).text.split())


async def post(desk: Desk, chat_id: int, letter: Letter, before: Newest) -> Posted:
    """Send a letter once, and look what came of it. If the answer is lost, the letter is looked for.

    Raises:
        DialogRefused, Refused: the portal refused it.
        OutcomeUnknown: the answer was lost, and the letter is not there, or not yet.
    """
    # The tool layer names the chat: a bare number would be a private message to an employee (protocol notes 9).
    params = {
        "DIALOG_ID": f"chat{chat_id}",
        "MESSAGE": letter.text,
        "URL_PREVIEW": "N",
        "TEMPLATE_ID": letter.uuid,
        **letter.flags,
    }
    same = letter.is_it
    letter = replace(letter, is_it=lambda message: message.id > before.last_id and same(message))
    try:
        message_id = whole(await desk.write(_METHOD, params, _SETTLING))
        if message_id < 1:
            raise unexpected_answer()
    except OutcomeUnknown as lost:
        return await _settled(desk, chat_id, letter, lost)
    except (Refused, DialogRefused) as refused:
        if refused.code.upper() != _NOT_ADDED:
            raise
        # quirk: also the answer to a repetition while the first attempt is still under way
        return await _settled(desk, chat_id, letter, refused)
    newest = await read_back(desk, f"messages of chat {chat_id}", lambda: read_newest(desk, chat_id))
    if newest is None:
        return Posted(message_id, None, None)
    named = next((message for message in newest.messages if message.id == message_id), None)
    return Posted(message_id, named or letter.find(newest), newest)


async def _settled(desk: Desk, chat_id: int, letter: Letter, lost: Exception) -> Posted:
    try:
        newest = await read_newest(desk, chat_id)
    except (PortalError, DialogRefused):
        raise lost from None
    if found := letter.find(newest):
        return Posted(found.id, found, newest, lost=True)
    if isinstance(lost, OutcomeUnknown):
        what = f"{lost.what}. It is not among the dialog's newest messages, at least not yet"
        raise OutcomeUnknown(what, "Wait a minute", lost.code, lost.said) from None
    raise lost


def as_it_stands(desk: Desk, message_id: int, raw: str) -> dict[str, Any]:
    """The fields of a `Written` that tell which message it is."""
    shown = desk.words.text(raw, _SHOWN)
    return {
        "message_id": message_id,
        "text": shown.text,
        "text_length": shown.length if shown.is_cut else None,
    }


def portal_said(desk: Desk, found: Heard, newest: Newest) -> Cleaned | None:
    """What the portal said right after a message, as it does of one that could not be delivered."""
    after = [message for message in newest.by(0) if message.id > found.id]
    return desk.words.name(after[-1].raw, _NOTICE) or None if after else None
