"""Methods by which an operator passes a dialog on or ends it (adjacent methods: imopenlines.operator.*)."""

from collections.abc import Mapping
from typing import Any

from bitrix24_dialogs.portal import closing, crm, operations, php, texts
from bitrix24_dialogs.portal.access import checked_chat
from bitrix24_dialogs.portal.entities import Chat, Line, Session, Status, User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]
_QUEUE = "queue"


def operator_skip(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.operator.skip`: decline a dialog, so that its queue offers it to the next employee.

    Args:
        portal: the portal.
        caller: the acting user; quirk: whoever has access declines in place of the session's operator.
        params: CHAT_ID, in any case.

    Returns:
        True; quirk: also when the next in the queue is the same operator, who then loses an accepted dialog
        without anybody getting it.

    Raises:
        RestError: see `access.checked_chat`; ACCESS_DENIED_KICK or an error with a blank code when there is no
            open session, and the blank one when nobody else is available, the queue is locked, or the line
            offers every dialog to everybody: then only the messages about it are posted.
    """
    chat = checked_chat(portal, caller, _upper(params).get("CHAT_ID"))
    loaded = operations.load(portal, chat, create=False)
    if loaded is None:
        if chat.members.pop(caller.id, None) is None:
            raise RestError("ACCESS_DENIED_KICK", "The participant cannot be taken out")
        raise RestError("")  # quirk: the caller has left the chat all the same
    if loaded.session.chat_id != chat.id:
        raise RestError("")
    portal.post(chat, texts.skipped(caller.id))
    if not _to_next(portal, chat, loaded.session):
        raise RestError("")
    return True


def operator_transfer(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.operator.transfer`: hand a dialog to a colleague, or to the queue of a line.

    Args:
        portal: the portal.
        caller: the acting user; quirk: whoever has access transfers, whosever dialog it is.
        params: CHAT_ID, and TRANSFER_ID (a number, or "queue" and a number), USER_ID or QUEUE_ID. TRANSFER_ID is
            split first, then USER_ID beats QUEUE_ID.

    Returns:
        True; a colleague is its operator at once, whether at work or not.

    Raises:
        RestError: CHAT_ID_EMPTY, USER_ID_EMPTY, QUEUE_ID_EMPTY, TRANSFER_ID_EMPTY; OPERATOR_WRONG for everything
            else that is in the way. quirk: on a closed dialog a session has been started by then.
    """
    number = php.to_int(params.get("CHAT_ID"))
    if number <= 0:
        raise RestError("CHAT_ID_EMPTY", "Chat ID can't be empty")
    kind, target = _target(params)
    wrong = RestError("OPERATOR_WRONG", "You can not redirect to this operator")
    try:
        chat = checked_chat(portal, caller, number)
    except RestError:
        raise wrong from None
    if (kind, target) == ("USER_ID", caller.id) or _QUEUE in chat.busy:
        raise wrong
    loaded = operations.load(portal, chat, create=True)
    if loaded is None or loaded.session.chat_id != chat.id:
        raise wrong
    hand_over = _to_colleague if kind == "USER_ID" else _to_line
    if not hand_over(portal, caller, chat, loaded.session, target):
        raise wrong
    return True


def operator_finish(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.operator.finish`: close one's own dialog.

    Args:
        portal: the portal.
        caller: the acting user, who must be the session's operator.
        params: CHAT_ID, in any case.

    Returns:
        True; see `_finish`.

    Raises:
        RestError: see `_finish`; ERROR_USER_NOT_OPERATOR.
    """
    return _finish(portal, caller, _upper(params).get("CHAT_ID"), whosever=False)


def operator_another_finish(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.operator.another.finish`: close a dialog, whosever it is.

    Args:
        portal: the portal.
        caller: the acting user.
        params: CHAT_ID, in upper case only.

    Returns:
        True; see `_finish`.

    Raises:
        RestError: see `_finish`.
    """
    return _finish(portal, caller, params.get("CHAT_ID"), whosever=True)


def operator_spam(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.operator.spam`: close a dialog as spam, whosever it is.

    Args:
        portal: the portal.
        caller: the acting user.
        params: CHAT_ID, in any case.

    Returns:
        True; quirk: also when there is no open session, or the queue is locked.

    Raises:
        RestError: see `access.checked_chat`.
    """
    chat = checked_chat(portal, caller, _upper(params).get("CHAT_ID"))
    loaded = operations.load(portal, chat, create=False)
    if loaded is not None and loaded.session.chat_id == chat.id and _QUEUE not in chat.busy:
        portal.post(chat, texts.marked_spam(caller.id))
        operations.close(portal, chat, loaded.session, Status.SPAM, texts.CLOSED)
    return True


def _upper(params: Params) -> Params:
    return {name.upper(): value for name, value in params.items()}


def _target(params: Params) -> tuple[str, int]:
    given, user_id, queue_id = params.get("TRANSFER_ID"), params.get("USER_ID"), params.get("QUEUE_ID")
    if isinstance(given, str | int) and not isinstance(given, bool):
        if str(given).startswith(_QUEUE):
            queue_id = str(given).removeprefix(_QUEUE)
        else:
            user_id = given
    for name, value in (("USER_ID", user_id), ("QUEUE_ID", queue_id)):
        if value is not None:
            if php.to_int(value) <= 0:
                raise RestError(f"{name}_EMPTY", f"{name} can't be empty")
            return name, php.to_int(value)
    raise RestError("TRANSFER_ID_EMPTY", "Queue ID or User ID can't be empty")


def _to_colleague(portal: Portal, caller: User, chat: Chat, session: Session, target: int) -> bool:
    user = portal.state.users.get(target)
    if user is None or not (user.is_staff and user.active) or user.extranet:
        return False
    portal.remove_staff(chat)
    chat.owner = 0
    portal.add_member(chat, target)
    portal.post(chat, texts.transferred(caller.id, target))
    operations.raise_status(chat, session)
    if operations.accept(portal, chat, user, silent=True):
        crm.reassign(portal, session, target)
    return True


def _to_line(portal: Portal, caller: User, chat: Chat, session: Session, target: int) -> bool:
    line, previous = portal.state.lines.get(target), portal.state.lines.get(session.line_id)
    if line is None or not line.active:
        return False
    session.line_id = target
    portal.update_flags(chat, line_id=target)
    operations.return_to_queue(portal, chat, session, line)
    if previous is None or previous.id == target:
        portal.post(chat, texts.skipped(caller.id))
    else:
        portal.post(chat, texts.transferred_to_line(caller.id, previous.name, line.name))
    return True


def _to_next(portal: Portal, chat: Chat, session: Session) -> bool:
    if _QUEUE in chat.busy:
        return False
    line = portal.state.lines.get(session.line_id) or Line(session.line_id, "")
    fit = [user_id for user_id in line.queue if operations.is_fit(portal, line, user_id)]
    if line.queue_type == "all" or not fit:
        portal.post(chat, texts.NOBODY_ELSE)
        return False
    if fit != [session.operator]:
        operations.return_to_queue(portal, chat, session, line, skip=session.operator)
    elif session.status > Status.SKIP:  # quirk: taken from its operator, and left with its operator
        session.status, chat.owner = Status.SKIP, 0
        chat.members.pop(session.operator, None)
    return True


def _finish(portal: Portal, caller: User, chat_id: object, *, whosever: bool) -> bool:
    """Finish the open session; one that nobody has accepted is accepted first, in the caller's name.

    Returns:
        True; quirk: also when the queue is locked and nothing happens.

    Raises:
        RestError: see `access.checked_chat`; NOT_LOAD_SESSION_OR_CHAT, IMOL_CHAT_ERROR_NOT_LOAD_DATA, and
            ERROR_USER_NOT_OPERATOR for the dialog of another.
    """
    chat = checked_chat(portal, caller, chat_id)
    loaded = operations.load(portal, chat, create=False)
    if loaded is None:
        raise RestError("NOT_LOAD_SESSION_OR_CHAT", "Session or chat failed to load")
    session = loaded.session
    if session.chat_id != chat.id:
        raise RestError("IMOL_CHAT_ERROR_NOT_LOAD_DATA", "Unable to load chat data")
    if session.operator != caller.id and not whosever:
        text = "Attempt to close the dialog by a user who is not an operator"
        raise RestError("ERROR_USER_NOT_OPERATOR", text)
    if _QUEUE in chat.busy:
        return True
    if not chat.owner:
        operations.accept(portal, chat, caller)
    elif session.operator != caller.id:
        portal.post(chat, texts.closed_by(caller.id))
    closing.finish(portal, chat, session, texts.finished(session.operator))
    return True
