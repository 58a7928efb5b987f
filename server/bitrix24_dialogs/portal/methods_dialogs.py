"""Methods that start, split, enter and take dialogs, and save them in CRM."""

from collections.abc import Mapping
from typing import Any

from bitrix24_dialogs.portal import crm, operations, php, texts
from bitrix24_dialogs.portal.access import checked_chat
from bitrix24_dialogs.portal.chatdata import UserCode
from bitrix24_dialogs.portal.entities import Chat, Session, User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]


def session_start(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.session.start` (behaviour 8.3).

    Args:
        portal: the portal.
        caller: the acting user.
        params: CHAT_ID.

    Returns:
        True, whatever it did: started a session, accepted an unassigned one, joined, or nothing.

    Raises:
        RestError: see `access.checked_chat`.
    """
    chat = checked_chat(portal, caller, params.get("CHAT_ID"))
    loaded = operations.load(portal, chat, create=True, operator=caller)
    if loaded is None or loaded.session.chat_id != chat.id:
        return True
    if loaded.is_new:
        loaded.session.close_at = portal.now() + operations.MONTH
    else:
        operations.join(portal, chat, caller)
    return True


def message_session_start(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.message.session.start`: fork a dialog from one of its messages (behaviour 8.4).

    Args:
        portal: the portal.
        caller: the acting user.
        params: CHAT_ID and MESSAGE_ID.

    Returns:
        True, also when nothing was forked.

    Raises:
        RestError: see `access.checked_chat`.
    """
    chat = checked_chat(portal, caller, params.get("CHAT_ID"))
    if "fork" in chat.busy:
        return True
    known_last = portal.last_message_id(chat.id)
    loaded = operations.load(portal, chat, create=True)
    message = portal.state.messages.get(php.to_int(params.get("MESSAGE_ID")))
    if loaded is None or message is None or message.chat_id != chat.id:
        return True
    old = loaded.session
    portal.post(chat, texts.forked(caller.id))
    operations.force_close(portal, chat, old)
    line = portal.state.lines[UserCode.parse(chat.entity_id).line_id]
    new = operations.new_session(portal, chat, line, operator=caller, parent=old.id, known_last=known_last)
    if chat.owner != caller.id:
        operations.accept(portal, chat, caller, silent=True)
    portal.post(chat, message.text, message.author, **message.params)
    new.close_at = portal.now() + operations.MONTH
    return True


def session_join(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.session.join` (behaviour 8.6).

    Args:
        portal: the portal.
        caller: the acting user.
        params: CHAT_ID.

    Returns:
        True; a participant already, or an inactive or extranet employee, is left as he is.

    Raises:
        RestError: see `access.checked_chat`.
    """
    operations.join(portal, checked_chat(portal, caller, params.get("CHAT_ID")), caller)
    return True


def session_intercept(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.session.intercept`: take an accepted dialog from its owner (behaviour 8.7).

    Args:
        portal: the portal.
        caller: the acting user.
        params: CHAT_ID.

    Returns:
        True, also when there was nobody to take it from.

    Raises:
        RestError: CHAT_ID_EMPTY, or OPERATOR_WRONG for every failure of access.
    """
    if php.to_int(params.get("CHAT_ID")) <= 0:
        raise RestError("CHAT_ID_EMPTY", "Chat ID can't be empty")
    try:
        chat = checked_chat(portal, caller, params.get("CHAT_ID"))
    except RestError:
        raise RestError("OPERATOR_WRONG", "You can not redirect to this operator") from None
    previous = chat.owner or _bot_operator(portal, chat)
    if previous in {0, caller.id} or not operations.accept(portal, chat, caller, silent=True):
        return True
    portal.post(chat, texts.intercepted(caller.id, caller.gender, previous))
    portal.mark_read(chat, caller.id)
    for session in portal.open_sessions(chat.entity_id):
        crm.reassign(portal, session, caller.id)
    return True


def crm_lead_create(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.crm.lead.create`: save a dialog in CRM (behaviour 8.13).

    Args:
        portal: the portal.
        caller: the acting user, who must be the session's operator.
        params: CHAT_ID.

    Returns:
        True; no number of an item is returned.

    Raises:
        RestError: see `access.checked_chat`; IMOL_CHAT_ERROR_ANSWER_NOT_LOAD_SESSION,
            IMOL_CHAT_ERROR_NOT_LOAD_DATA, ERROR_USER_NOT_OPERATOR, IMOL_CHAT_ERROR_NOT_LOAD_CRM, and
            "ERROR IMOPENLINES CREATING CRM ENTITY", a code with blanks.
    """
    chat = checked_chat(portal, caller, params.get("CHAT_ID"))
    if portal.flags(chat).in_crm:
        return True
    session = _operated_session(portal, caller, chat)
    if not portal.settings.crm_installed:
        raise RestError("IMOL_CHAT_ERROR_NOT_LOAD_CRM", "Failed to load CRM")
    if portal.settings.crm_refuses:
        raise RestError("ERROR IMOPENLINES CREATING CRM ENTITY", portal.settings.crm_refuses)
    line = portal.state.lines.get(session.line_id)
    crm.create(portal, chat, session, "deal" if line and line.crm_mode == "deal" else "lead")
    return True


def _operated_session(portal: Portal, caller: User, chat: Chat) -> Session:
    loaded = operations.load(portal, chat, create=True)
    if loaded is None:
        raise RestError("IMOL_CHAT_ERROR_ANSWER_NOT_LOAD_SESSION", "Cannot load session")
    if loaded.session.chat_id != chat.id:
        raise RestError("IMOL_CHAT_ERROR_NOT_LOAD_DATA", "Unable to load chat data")
    if loaded.session.operator != caller.id:
        text = "Attempt to save a CRM entity by a user who is not an operator"
        raise RestError("ERROR_USER_NOT_OPERATOR", text)
    return loaded.session


def _bot_operator(portal: Portal, chat: Chat) -> int:
    """Return the bot that leads an owner-less dialog, on portals with the later rule."""
    if not portal.settings.bot_intercept:
        return 0
    for session in portal.open_sessions(chat.entity_id):
        operator = portal.state.users.get(session.operator)
        if operator is not None and operator.kind == "bot":
            return operator.id
    return 0
