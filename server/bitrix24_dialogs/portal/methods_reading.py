"""Methods that only read: look a dialog up, its card, a session's history."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bitrix24_dialogs.portal import php
from bitrix24_dialogs.portal.access import NO_ACCESS, can_open, can_read_history, can_see_card
from bitrix24_dialogs.portal.cards import dialog_card
from bitrix24_dialogs.portal.entities import User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.history import session_history
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]
FILE_ACCESS = timedelta(hours=24)
_DIALOG_ID = re.compile(r"(chat|sg|crm)(\d+)", re.IGNORECASE | re.ASCII)


def session_open(portal: Portal, caller: User, params: Params) -> dict[str, str]:
    """`imopenlines.session.open`: look a dialog up; it opens nothing (behaviour 8.1).

    Args:
        portal: the portal.
        caller: the acting user.
        params: USER_CODE, the exact address without "imol|".

    Returns:
        `chatId`; quirk: as a text.

    Raises:
        RestError: ACCESS_DENIED, or an error with a blank code for an extranet user.
        PhpError: USER_CODE is an array.
    """
    code = php.to_text(params.get("USER_CODE"))
    if caller.extranet:
        raise RestError("")
    chat = portal.chat_by_code(code)
    if chat is None or not can_open(portal, caller, chat):
        raise RestError("ACCESS_DENIED", NO_ACCESS)
    return {"chatId": str(chat.id)}


def dialog_get(portal: Portal, caller: User, params: Params) -> dict[str, Any]:
    """`imopenlines.dialog.get`: a dialog's card (behaviour 8.2).

    Args:
        portal: the portal.
        caller: the acting user.
        params: CHAT_ID, DIALOG_ID, SESSION_ID or USER_CODE, names in any case; the first that is given
            decides alone.

    Returns:
        The card.

    Raises:
        RestError: ACCESS_ERROR for whatever is wrong; IM_NOT_INSTALLED.
        PhpError: the text that decides is an array.
    """
    if not portal.settings.im_installed:
        raise RestError("IM_NOT_INSTALLED", "Messenger is not installed.")
    named = {name.upper(): value for name, value in params.items()}
    chat = portal.state.chats.get(_chat_id(portal, named))
    if chat is None or not can_see_card(portal, caller, chat):
        raise RestError("ACCESS_ERROR", "You do not have access to the specified dialog")
    return dialog_card(portal, caller, chat)


def history_get(portal: Portal, caller: User, params: Params) -> dict[str, Any]:
    """`imopenlines.session.history.get`: a session with all its messages (behaviour 8.5).

    Args:
        portal: the portal.
        caller: the acting user; one who is no participant gets the chat's files for a day.
        params: SESSION_ID, or CHAT_ID for its latest session.

    Returns:
        The whole history; there is no limit and no paging.

    Raises:
        RestError: MISSING_REQUIRED_PARAM, INVALID_SESSION_ID, ACCESS_DENIED or ERROR_CHAT_NOT_EXISTS.
    """
    session_id = params.get("SESSION_ID")
    if php.is_empty(session_id):
        if php.is_empty(params.get("CHAT_ID")):
            raise RestError("MISSING_REQUIRED_PARAM", "Session ID or Chat ID must be provided")
        found = portal.sessions_of(php.to_int(params["CHAT_ID"]))
        session_id = max((session.id for session in found), default=0)
    number = php.to_int(session_id)
    if number == 0:
        raise RestError("INVALID_SESSION_ID", "Unable to determine session ID from provided parameters")
    session = portal.state.sessions.get(number)
    if session is None or not can_read_history(portal, caller, session):
        raise RestError("ACCESS_DENIED", NO_ACCESS)
    chat = portal.state.chats.get(session.chat_id)
    if chat is None:
        raise RestError("ERROR_CHAT_NOT_EXISTS", "The chat does not exist")
    if caller.id not in chat.members:
        chat.file_access[caller.id] = portal.now() + FILE_ACCESS
    return session_history(portal, caller, session, chat)


def _chat_id(portal: Portal, named: Params) -> int:
    """Return the number the first given parameter stands for, 0 for none; there is no fall-through."""
    for name in ("CHAT_ID", "DIALOG_ID", "SESSION_ID", "USER_CODE"):
        value = named.get(name)
        if value is not None:
            break
    else:
        return 0
    if name == "CHAT_ID":
        return php.to_int(value)
    if name == "DIALOG_ID":
        found = _DIALOG_ID.fullmatch(php.to_text(value))
        return php.to_int(found[2]) if found and found[1].lower() == "chat" else 0
    if name == "SESSION_ID":
        session = portal.state.sessions.get(php.to_int(value))
        return session.chat_id if session else 0
    chat = portal.chat_by_code(php.to_text(value).removeprefix("imol|"))
    return chat.id if chat else 0
