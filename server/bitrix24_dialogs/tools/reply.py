"""Tools that write into a dialog: to the client, to colleagues, and how it would look."""

from typing import Annotated

from bitrix24_dialogs.dialogs import drafting, noting, replying
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.drafting import Draft
from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.dialogs.sending import LONGEST_TEXT, Written
from bitrix24_dialogs.presenting.outgoing import Outgoing
from bitrix24_dialogs.toolbox.arguments import Argument
from bitrix24_dialogs.toolbox.declaration import Effect, tool
from bitrix24_dialogs.tools import questions
from bitrix24_dialogs.tools.arguments import ChatId, some_text

LONGEST_NOTE = LONGEST_TEXT - 100  # its author is named in it

_SAME_CALL = "{{{name}}} with the very same arguments, which looks for the message first and never sends it twice,"


def _words(value: object, longest: int) -> Outgoing:
    outgoing = Outgoing.of(some_text(value))
    if not outgoing.text:
        raise InputError("must not be empty")
    if len(outgoing.text) > longest:
        raise InputError(f"must not be longer than {longest} characters, and has {len(outgoing.text)}; shorten it")
    return outgoing


def _reply(value: object) -> Outgoing:
    return _words(value, LONGEST_TEXT)


def _note(value: object) -> Outgoing:
    return _words(value, LONGEST_NOTE)


ReplyText = Annotated[
    Outgoing,
    Argument(
        _reply,
        {"type": "string", "maxLength": LONGEST_TEXT},
        "What the client is to read: plain text; markup does nothing.",
    ),
]
NoteText = Annotated[
    Outgoing,
    Argument(_note, {"type": "string", "maxLength": LONGEST_NOTE}, "What colleagues are to read: plain text."),
]


@tool(
    method="im.message.add",
    title="Reply to the client",
    effect=Effect.DESTRUCTIVE,
    idempotent=False,
    toolset="reply",
    scope="im",
    settled_by=_SAME_CALL.format(name="reply_send"),
    question=questions.reply,
)
async def reply_send(desk: Desk, chat_id: ChatId, text: ReplyText) -> Written:
    """Send a message to the client of a dialog that you have accepted. It goes out at once and cannot be recalled.

    Refuses where it would not arrive, and says what helps. visible_to_client is what reading back proved. What the
    client must not see goes into note_add.
    """
    return await replying.send_reply(desk, chat_id, text)


@tool(
    method="im.message.add",
    title="Add an internal note",
    effect=Effect.WRITE,
    idempotent=False,
    toolset="reply",
    scope="im",
    settled_by=_SAME_CALL.format(name="note_add"),
    question=questions.note,
)
async def note_add(desk: Desk, chat_id: ChatId, text: NoteText) -> Written:
    """Write a note into a dialog for colleagues. The client never sees it, whatever mode the dialog is in.

    It stands among the dialog's messages, under your name. You must take part in the dialog.
    """
    return await noting.add_note(desk, chat_id, text)


@tool(
    method="im.dialog.messages.get",
    title="Draft a reply",
    effect=Effect.READ,
    idempotent=True,
    toolset="reply",
    scope="im",
)
async def reply_draft(desk: Desk, chat_id: ChatId, text: ReplyText) -> Draft:
    """Show a reply as it would go to the client, beside the client's last words, and whether reply_send could send it.

    Sends nothing and marks nothing as read. Use it to have a person look at a reply first.
    """
    return await drafting.draft_reply(desk, chat_id, text)
