"""What the portal does inside a method: loading, starting, accepting, closing (behaviour 7)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bitrix24_dialogs.portal import crm, texts
from bitrix24_dialogs.portal.chatdata import UserCode
from bitrix24_dialogs.portal.entities import Chat, Line, Session, Status, User
from bitrix24_dialogs.portal.portal import Portal

MONTH = timedelta(days=31)


@dataclass(frozen=True)
class Loaded:
    """A session, and whether loading had to start it."""

    session: Session
    is_new: bool = False


def load(portal: Portal, chat: Chat, *, create: bool, operator: User | None = None) -> Loaded | None:
    """Find the open session of a dialog's client address, or start one.

    Args:
        portal: the portal.
        chat: the dialog.
        create: start a session when none is open.
        operator: who accepts an open session nobody is assigned to, and leads a new one. A new session is
            an incoming one when nobody is given.

    Returns:
        The session, which may belong to another chat of the same client address; None on failure.
    """
    line = portal.state.lines.get(UserCode.parse(chat.entity_id).line_id)
    if line is None or not (chat.registered or create):
        return None
    chat.registered = True
    sessions = portal.open_sessions(chat.entity_id)
    for duplicate in sessions[:-1]:
        end(portal, duplicate, Status.DUPLICATE)
    if not sessions:
        return Loaded(new_session(portal, chat, line, operator=operator), is_new=True) if create else None
    session = sessions[-1]
    client = UserCode.parse(chat.entity_id).client_id
    if client in portal.state.users:
        portal.add_member(chat, client)
    if operator is not None and not session.operator:
        accept(portal, chat, operator)
    return Loaded(session)


def new_session(
    portal: Portal,
    chat: Chat,
    line: Line,
    *,
    operator: User | None = None,
    parent: int = 0,
    known_last: int | None = None,
) -> Session:
    """Start a session: outgoing for an operator, incoming and distributed by the queue for nobody.

    Args:
        portal: the portal.
        chat: the dialog.
        line: the line that distributes it.
        operator: the employee who leads the new session.
        parent: the session it is forked from.
        known_last: the chat's last message as the method knew it when it began.

    Returns:
        The new session.
    """
    last = portal.last_message_id(chat.id) if known_last is None else known_last
    mode: Literal["input", "output"] = "output" if operator else "input"
    session = Session(
        id=portal.state.next_id("session"),
        chat_id=chat.id,
        user_code=chat.entity_id,
        line_id=line.id,
        started=portal.now(),
        operator=operator.id if operator else 0,
        status=Status.ANSWER if operator else Status.NEW,
        mode=mode,
        parent=parent,
        start_id=last + 1 if last else 0,
        wait_answer=operator is None,
    )
    portal.state.sessions[session.id] = session
    client = UserCode.parse(chat.entity_id).client_id
    if client in portal.state.users:
        portal.add_member(chat, client)
    portal.post(chat, texts.started(session.id, parent))
    portal.update_flags(chat, session_id=session.id, started=int(session.started.timestamp()))
    if operator is None:
        crm.forget(portal, chat)
        distribute(portal, chat, session, line)
    else:
        chat.pending.clear()
        if not chat.owner:
            _take_over(portal, chat, operator, silent=False)
    crm.register(portal, chat, session, line)
    return session


def distribute(portal: Portal, chat: Chat, session: Session, line: Line, skip: int = 0) -> None:
    """Let the queue choose an operator for a waiting session (behaviour 14 and 15).

    A welcome bot comes first, then CRM's responsible, then the first fit employee of the queue. The chosen
    one is in the pending list and a participant; with queue type "all" everybody is only in the pending list.
    """
    if line.welcome_bot and not skip:
        session.operator = line.welcome_bot
        portal.add_member(chat, line.welcome_bot)
        return
    people = [user_id for user_id in line.queue if user_id != skip and is_fit(portal, line, user_id)]
    if line.queue_type == "all":
        session.operator, chat.pending = 0, people
        if people:
            portal.post(chat, texts.ASSIGNED_TO_ALL)
        return
    responsible = [item.responsible for item in crm.find(portal, chat) if item.responsible in people]
    session.operator = next(iter(responsible or people), 0)
    chat.pending = [session.operator] if session.operator else []
    if session.operator:
        portal.add_member(chat, session.operator)
        wording = texts.redirected_by_crm if responsible else texts.assigned
        portal.post(chat, wording(session.operator))


def accept(portal: Portal, chat: Chat, user: User, *, silent: bool = False) -> bool:
    """Make an employee the session's operator and the chat's owner.

    Returns:
        False when the chat is his already, somebody else is accepting it, or no session is open; quirk: in
        the last case he has become a participant all the same.
    """
    if chat.owner == user.id or "accept" in chat.busy:
        return False
    portal.add_member(chat, user.id)
    loaded = load(portal, chat, create=False)
    if loaded is None:
        return False
    session = loaded.session
    session.operator = user.id
    session.wait_answer = session.wait_action = session.pinned = False
    raise_status(chat, session)
    _take_over(portal, chat, user, silent=silent)
    return True


def raise_status(chat: Chat, session: Session) -> None:
    """Mark a session as accepted; the pending list ends with that."""
    session.status = max(session.status, Status.ANSWER)
    chat.pending.clear()


def join(portal: Portal, chat: Chat, user: User) -> None:
    """Add an employee as a participant; an inactive or extranet one is silently left out."""
    if user.id in chat.members or not user.active or user.extranet:
        return
    portal.add_member(chat, user.id)
    portal.post(chat, texts.joined(user.id), code="CHAT_JOIN", notify="Y")
    portal.mark_read(chat, user.id)


def end(portal: Portal, session: Session, status: Status) -> None:
    """Close a session as such; its chat stays as it is."""
    session.status, session.closed = status, True
    session.pinned = session.wait_answer = session.wait_action = False
    session.end_id = portal.last_message_id(session.chat_id)


def close(portal: Portal, chat: Chat, session: Session, status: Status, text: str) -> None:
    """Close a session and release its chat (behaviour 7, "NORMAL CLOSE")."""
    session.closing_message = portal.post(chat, text).id
    end(portal, session, status)
    portal.remove_staff(chat)
    portal.update_flags(chat, session_id=0, pinned=False, wait_action=False)
    chat.owner = 0
    chat.pending.clear()
    chat.silent_for.clear()
    chat.entity_data_3 = "N"


def force_close(portal: Portal, chat: Chat, session: Session) -> None:
    """Close a session for a fork: participants, owner and entity_data_1 stay (behaviour 7 and 15)."""
    session.closing_message = portal.post(chat, texts.CLOSED).id
    end(portal, session, Status.CLOSE)


def return_to_queue(portal: Portal, chat: Chat, session: Session, line: Line, skip: int = 0) -> None:
    """Take a dialog from its operator and let the queue choose anew."""
    session.status, session.wait_answer = Status.SKIP, True
    session.pinned, session.wait_action, session.queue_at = False, False, None
    portal.remove_staff(chat)
    portal.update_flags(chat, pinned=False, wait_action=False)
    chat.owner, chat.entity_data_3 = 0, "N"
    distribute(portal, chat, session, line, skip)


def _take_over(portal: Portal, chat: Chat, user: User, *, silent: bool) -> None:
    portal.add_member(chat, user.id)
    portal.update_flags(chat, pinned=False, wait_action=False)
    portal.remove_staff(chat, keep=user.id)
    chat.owner = user.id
    if not silent:
        portal.post(chat, texts.accepted(user.id))
    portal.mark_read(chat, user.id)


def is_fit(portal: Portal, line: Line, user_id: int) -> bool:
    """Tell whether the queue of a line may choose an employee."""
    user = portal.state.users.get(user_id)
    return user is not None and user.active and (user.available or not line.checks_availability)
