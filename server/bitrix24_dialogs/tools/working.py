"""Tools that change who works on a dialog."""

from bitrix24_dialogs.dialogs import sessions
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.sessions import Forked, Intercepted, Joined, Started
from bitrix24_dialogs.toolbox.declaration import Effect, tool
from bitrix24_dialogs.tools import questions
from bitrix24_dialogs.tools.arguments import ChatId, MessageId

_CARD = "{dialog_get} with the same chat_id"


@tool(
    method="imopenlines.session.start",
    title="Start a session",
    effect=Effect.WRITE,
    idempotent=True,
    settled_by=_CARD,
    question=questions.start,
)
async def session_start(desk: Desk, chat_id: ChatId) -> Started:
    """Start working on a dialog: opens a new session with you as operator if the dialog is closed, accepts it if it
    waits and nobody is assigned, else joins you as a participant.

    Says which of these happened. The client sees nothing of it until somebody writes. To take an open dialog from its
    operator use session_intercept; only to read along use session_join.
    """
    return await sessions.start_session(desk, chat_id)


@tool(
    method="imopenlines.message.session.start",
    title="Split off a new session from a message",
    effect=Effect.DESTRUCTIVE,
    idempotent=False,
    settled_by="{dialog_get} with the same chat_id (a new session_id means that it happened)",
    question=questions.fork,
)
async def message_session_start(desk: Desk, chat_id: ChatId, message_id: MessageId) -> Forked:
    """Close the dialog's current session and open a new one, led by you, that begins with a copy of one message: for a
    client who brings up a new topic.

    Takes the dialog from its operator and removes other employees from it; cannot be undone, and every call makes
    another session. The client sees none of it. To open a session in a closed dialog use session_start.
    """
    return await sessions.start_session_from_message(desk, chat_id, message_id)


@tool(
    method="imopenlines.session.join",
    title="Join a dialog",
    effect=Effect.WRITE,
    idempotent=True,
    settled_by=_CARD,
    question=questions.join,
)
async def session_join(desk: Desk, chat_id: ChatId) -> Joined:
    """Add yourself to a dialog as one more participant, to read along or help.

    The operator stays, and the client sees nothing. Works in closed dialogs too. To become the operator use
    session_intercept (open dialog) or session_start (closed or unassigned).
    """
    return await sessions.join_session(desk, chat_id)


@tool(
    method="imopenlines.session.intercept",
    title="Take a dialog over",
    effect=Effect.DESTRUCTIVE,
    idempotent=True,
    settled_by=_CARD,
    question=questions.take_over,
)
async def session_intercept(desk: Desk, chat_id: ChatId) -> Intercepted:
    """Take an open dialog away from its operator: you become its operator, everybody else but the client is removed
    from the chat, and its pin is lost.

    Only for dialogs that another operator has accepted; says so when a dialog waits, is closed or is yours. The client
    gets no message. To help without taking over use session_join.
    """
    return await sessions.intercept_session(desk, chat_id)
