"""Accepting a waiting dialog."""

from collections.abc import Mapping
from typing import Any

from bitrix24_dialogs.portal import crm, operations
from bitrix24_dialogs.portal.access import checked_chat
from bitrix24_dialogs.portal.entities import User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]


def operator_answer(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.operator.answer`: become the dialog's operator (adjacent methods: imopenlines.operator.answer).

    Args:
        portal: the portal.
        caller: the acting user. quirk: he also takes a dialog that a colleague has accepted already, unless
            `settings.answer_conflict` is on (behaviour 12).
        params: CHAT_ID.

    Returns:
        True.

    Raises:
        RestError: see `access.checked_chat`; ANSWER_ALREADY_TAKEN with that setting; an error with a blank code when
            the dialog is his, somebody else is just accepting it, or no session is open. quirk: in the last case he
            has become a participant all the same (behaviour 7, ACCEPT).
    """
    chat = checked_chat(portal, caller, params.get("CHAT_ID"))
    owner = portal.state.users.get(chat.owner)
    taken = owner is not None and owner.is_staff and owner.id != caller.id
    if portal.settings.answer_conflict and taken:
        raise RestError("ANSWER_ALREADY_TAKEN", "The conversation has already been taken by another agent")
    if not operations.accept(portal, chat, caller):
        raise RestError("")
    for session in portal.open_sessions(chat.entity_id):
        crm.reassign(portal, session, caller.id)
    return True
