"""What happens at a portal besides REST: clients write, operators answer, lines distribute.

Each function is a helper action: `act(portal, {"action": "client_writes", "chat": 2043, "text": "Hello"})`
calls the one of that name with the other fields as arguments. A `chat` is a number or a well-known key, a
`who` an employee's number or key.
"""

import inspect
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from bitrix24_dialogs.portal import closing, contents, crm, operations, sending, texts
from bitrix24_dialogs.portal.chatdata import UserCode, flag
from bitrix24_dialogs.portal.entities import Chat, File, Line, Message, Session, Status, User
from bitrix24_dialogs.portal.errors import ActionError
from bitrix24_dialogs.portal.methods_marks import mode_silent
from bitrix24_dialogs.portal.portal import Portal

Who = int | str
Where = int | str


def act(portal: Portal, request: Mapping[str, Any]) -> dict[str, Any]:
    """Do the action a request names.

    Returns:
        What came of it: `chat`, `session` or `message` numbers, as far as there are any.

    Raises:
        ActionError: no such action, wrong arguments, or it cannot be done.
    """
    arguments = dict(request)
    name = arguments.pop("action", None)
    action = ACTIONS.get(name) if isinstance(name, str) else None
    if action is None:
        raise ActionError(f"no action {name!r}; there are {', '.join(sorted(ACTIONS))}")
    try:
        inspect.signature(action).bind(portal, **arguments)
    except TypeError as error:
        raise ActionError(f"{name}: {error}") from None
    done = action(portal, **arguments)
    return {type(done).__name__.lower(): done.id} if done is not None else {}


def find_chat(portal: Portal, chat: Where) -> Chat:
    """Return a chat by number or key.

    Raises:
        ActionError: there is none.
    """
    number = portal.known.get(str(chat), int(chat) if str(chat).isdecimal() else 0)
    found = portal.state.chats.get(number)
    if found is None:
        raise ActionError(f"no chat is known as {chat!r}")
    return found


def new_dialog(
    portal: Portal,
    line: int,
    name: str,
    *,
    connector: str = "telegram",
    external_chat: str = "",
    key: str = "",
    chat_id: int = 0,
) -> Chat:
    """Make a client and his dialog on a line; no session starts before he writes.

    Args:
        portal: the portal.
        line: the line's number.
        name: the client's full name.
        connector: the channel.
        external_chat: the chat in the channel; the client's number unless told.
        key: under which the dialog is well known.
        chat_id: the dialog's number; the next one unless told.

    Returns:
        The dialog.

    Raises:
        ActionError: there is no such line.
    """
    if line not in portal.state.lines:
        raise ActionError(f"there is no line {line}")
    client_id = portal.state.next_id("user")
    first, _, last = name.partition(" ")
    portal.state.users[client_id] = User(client_id, first, last, kind="client")
    number = chat_id or portal.state.next_id("chat")
    chat = Chat(
        number,
        f"{name} - {portal.state.lines[line].name}",
        portal.now(),
        entity_id=f"{connector}|{line}|{external_chat or client_id}|{client_id}",
    )
    portal.state.counters["chat"] = max(number, portal.state.counters.get("chat", 0))
    portal.state.chats[number] = chat
    portal.add_member(chat, client_id)
    if key:
        portal.known[key] = number
    return chat


def client_writes(portal: Portal, chat: Where, text: str, files: list[dict[str, Any]] | None = None) -> Message:
    """The client sends a message; without an open session an incoming one starts.

    Args:
        portal: the portal.
        chat: his dialog.
        text: the message.
        files: attachments: `name`, `size`; for an image `image` with width and height; `content` in base64.

    Returns:
        The message.

    Raises:
        ActionError: the chat has no client or its line is gone.
    """
    dialog = find_chat(portal, chat)
    client = UserCode.parse(dialog.entity_id).client_id
    loaded = operations.load(portal, dialog, create=True) if dialog.is_dialog and client else None
    if loaded is None:
        raise ActionError(f"no client can write to chat {dialog.id}")
    message = _post(portal, dialog, client, text, files)
    session = loaded.session
    if not session.wait_answer:
        answered = session.status >= Status.OPERATOR
        session.status = Status.CLIENT_AFTER_OPERATOR if answered else Status.CLIENT
        session.wait_action = session.wait_vote = False
        portal.update_flags(dialog, wait_action=False)
    return message


def operator_writes(
    portal: Portal, who: Who, chat: Where, text: str, files: list[dict[str, Any]] | None = None
) -> Message:
    """A participant sends a message; in silent mode it stays hidden and moves no session.

    Raises:
        ActionError: he is no participant.
    """
    user, dialog = portal.employee(who), find_chat(portal, chat)
    if user.id not in dialog.members:
        raise ActionError(f"{user.name} is no participant of chat {dialog.id}")
    message = _post(portal, dialog, user.id, text, files)
    sending.pass_on(portal, dialog, user, message)
    return message


def operator_answers(portal: Portal, who: Who, chat: Where) -> None:
    """An employee accepts a waiting dialog.

    Raises:
        ActionError: it is his already, or no session is open.
    """
    user, dialog = portal.employee(who), find_chat(portal, chat)
    if not operations.accept(portal, dialog, user):
        raise ActionError(f"{user.name} cannot accept chat {dialog.id}")
    for session in portal.open_sessions(dialog.entity_id):
        crm.reassign(portal, session, user.id)


def operator_finishes(portal: Portal, who: Who, chat: Where) -> None:
    """An operator finishes a dialog; a line with closing text or vote request closes on the second time.

    Raises:
        ActionError: no session is open.
    """
    user, dialog = portal.employee(who), find_chat(portal, chat)
    _finish(portal, dialog, texts.finished(user.id))


def operator_marks_spam(portal: Portal, who: Who, chat: Where) -> None:
    """An operator ends a dialog as spam.

    Raises:
        ActionError: no session is open.
    """
    user, dialog = portal.employee(who), find_chat(portal, chat)
    operations.close(portal, dialog, _needed_session(portal, dialog), Status.SPAM, texts.finished(user.id))


def client_votes(portal: Portal, chat: Where, vote: int) -> None:
    """The client answers the vote request (5 like, 1 dislike), which closes the session.

    Raises:
        ActionError: no vote is awaited.
    """
    dialog = find_chat(portal, chat)
    session = _needed_session(portal, dialog)
    if not session.wait_vote:
        raise ActionError(f"chat {dialog.id} awaits no vote")
    session.vote, session.wait_vote = vote, False
    operations.close(portal, dialog, session, Status.CLOSE, texts.CLOSED)


def run_timers(portal: Portal) -> None:
    """Do what is due: close sessions past their closing date, return queued ones to the queue."""
    now = portal.now()
    for session in [one for one in portal.state.sessions.values() if not one.closed]:
        dialog = portal.state.chats.get(session.chat_id)
        if dialog is None:
            continue
        if session.close_at and session.close_at <= now:
            _finish(portal, dialog, texts.CLOSED_BY_TIMER)
        elif session.queue_at and session.queue_at <= now:
            operations.return_to_queue(portal, dialog, session, _line(portal, session), skip=session.operator)


def return_to_queue(portal: Portal, chat: Where) -> None:
    """A dialog goes back to the queue, past its present operator.

    Raises:
        ActionError: no session is open.
    """
    dialog = find_chat(portal, chat)
    session = _needed_session(portal, dialog)
    operations.return_to_queue(portal, dialog, session, _line(portal, session), skip=session.operator)


def transfer_to_line(portal: Portal, chat: Where, line: int) -> None:
    """A dialog goes to the queue of another line.

    Raises:
        ActionError: no session is open, or there is no such line.
    """
    dialog = find_chat(portal, chat)
    session = _needed_session(portal, dialog)
    if line not in portal.state.lines:
        raise ActionError(f"there is no line {line}")
    session.line_id = line
    portal.update_flags(dialog, line_id=line)
    operations.return_to_queue(portal, dialog, session, portal.state.lines[line])


def transfer_to_operator(portal: Portal, who: Who, chat: Where) -> None:
    """A dialog is offered to one employee, who has yet to accept it.

    Raises:
        ActionError: no session is open.
    """
    user, dialog = portal.employee(who), find_chat(portal, chat)
    session = _needed_session(portal, dialog)
    alone = Line(session.line_id, "", queue=[user.id])
    operations.return_to_queue(portal, dialog, session, alone)


def block_replies(portal: Portal, chat: Where, seconds: float, reason: str = "TIME_LIMIT") -> None:
    """A channel takes replies only for so many seconds from now; none any more with 0 or less.

    Raises:
        ActionError: there is no such chat.
    """
    until = int((portal.now() + timedelta(seconds=seconds)).timestamp())
    portal.update_flags(find_chat(portal, chat), block_date=until, block_reason=reason)


def switch_silent(portal: Portal, who: Who, chat: Where, on: bool = True) -> None:
    """An employee switches silent mode."""
    mode_silent(portal, portal.employee(who), {"CHAT_ID": find_chat(portal, chat).id, "ACTIVATE": flag(on)})


def dismiss_employee(portal: Portal, who: Who) -> None:
    """An employee leaves; his webhook goes on as the portal's system user (or as nobody)."""
    portal.employee(who).active = False


def change_employee(portal: Portal, who: Who, **values: Any) -> None:
    """Change plain fields of an employee, such as `available`, or `join`, `history`, `vote_head` of his role.

    Raises:
        ActionError: no such field.
    """
    user = portal.employee(who)
    for name, value in values.items():
        target = user.role if hasattr(user.role, name) else user
        _change(target, name, value)


def change_line(portal: Portal, line: int, **values: Any) -> None:
    """Change fields of a line.

    Raises:
        ActionError: no such line or field.
    """
    if line not in portal.state.lines:
        raise ActionError(f"there is no line {line}")
    for name, value in values.items():
        _change(portal.state.lines[line], name, value)


def change_settings(portal: Portal, **values: Any) -> None:
    """Change settings of the portal.

    Raises:
        ActionError: no such setting.
    """
    for name, value in values.items():
        _change(portal.settings, name, value)


def delete_line(portal: Portal, line: int) -> None:
    """A line is deleted; its dialogs stay."""
    portal.state.lines.pop(line, None)


def delete_chat(portal: Portal, chat: Where) -> None:
    """A chat is deleted with its messages; its sessions stay."""
    number = find_chat(portal, chat).id
    state = portal.state
    del state.chats[number]
    state.messages = {one.id: one for one in state.messages.values() if one.chat_id != number}
    state.known = {key: chat_id for key, chat_id in state.known.items() if chat_id != number}


def hold_lock(portal: Portal, chat: Where, lock: str) -> None:
    """Somebody else is busy with a dialog: "accept", "queue" or "fork"."""
    find_chat(portal, chat).busy.append(lock)


def release_locks(portal: Portal, chat: Where) -> None:
    """Nobody is busy with a dialog any more."""
    find_chat(portal, chat).busy.clear()


def _finish(portal: Portal, chat: Chat, text: str) -> None:
    closing.finish(portal, chat, _needed_session(portal, chat), text)


def _post(portal: Portal, chat: Chat, author: int, text: str, files: list[dict[str, Any]] | None) -> Message:
    stored = []
    for one in files or []:
        number = portal.state.next_id("file")
        name = str(one["name"])
        image, content = list(one.get("image", [])), str(one.get("content", ""))
        size = int(one.get("size", len(contents.stored(content)) or 1))
        stored.append(File(number, chat.id, author, portal.now(), name, size, image, content=content))
    portal.state.files |= {file.id: file for file in stored}
    params = {"fileId": [file.id for file in stored]} if stored else {}
    return portal.post(chat, text, author, **params)


def _open_session(portal: Portal, chat: Chat) -> Session | None:
    sessions = portal.open_sessions(chat.entity_id)
    return sessions[-1] if sessions else None


def _needed_session(portal: Portal, chat: Chat) -> Session:
    session = _open_session(portal, chat)
    if session is None:
        raise ActionError(f"chat {chat.id} has no open session")
    return session


def _line(portal: Portal, session: Session) -> Line:
    return portal.state.lines.get(session.line_id) or Line(session.line_id, "")


def _change(target: object, name: str, value: Any) -> None:
    if not hasattr(target, name) or name == "id":
        raise ActionError(f"there is no {name!r} to change")
    setattr(target, name, value)


ACTIONS: Mapping[str, Callable[..., Any]] = {
    action.__name__: action
    for action in (
        new_dialog,
        client_writes,
        operator_writes,
        operator_answers,
        operator_finishes,
        operator_marks_spam,
        client_votes,
        run_timers,
        return_to_queue,
        transfer_to_line,
        transfer_to_operator,
        block_replies,
        switch_silent,
        dismiss_employee,
        change_employee,
        change_line,
        change_settings,
        delete_line,
        delete_chat,
        hold_lock,
        release_locks,
    )
}
