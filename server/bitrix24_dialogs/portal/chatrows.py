"""Chats as the messenger's lists show them (adjacent methods: im.recent.get, im.search.chat.list)."""

import re
from typing import Any

from bitrix24_dialogs.portal.cards import dialog_card, stamp
from bitrix24_dialogs.portal.entities import Chat, Message, Session, User
from bitrix24_dialogs.portal.portal import Portal

_BB_CODE = re.compile(r"\[/?[a-z]+(?:=[^\]]*)?\]", re.IGNORECASE)
_CHAT_FIELDS = (
    "id",
    "parent_chat_id",
    "parent_message_id",
    "name",
    "description",
    "owner",
    "extranet",
    "avatar",
    "color",
    "type",
    "entity_type",
    "entity_id",
    "entity_data_1",
    "entity_data_2",
    "entity_data_3",
    "mute_list",
    "manager_list",
    "date_create",
    "message_type",
    "user_counter",
    "restrictions",
    "role",
    "entity_link",
    "text_field_enabled",
    "background_id",
    "permissions",
    "is_new",
)


def chat_object(portal: Portal, caller: User, chat: Chat) -> dict[str, Any]:
    """Return a chat as lists hold it: a part of its card."""
    card = dialog_card(portal, caller, chat)
    shown = {name: card[name] for name in _CHAT_FIELDS}
    return shown if chat.is_dialog else {**shown, "type": chat.entity_type.lower() or "chat"}


def recent_row(portal: Portal, caller: User, chat: Chat) -> dict[str, Any] | None:
    """Return a chat's row in the caller's list.

    A chat that waits for the caller in the queue has a row of another making. quirk: it counts one unread message
    whatever there is, tells no role, and is null where the chat has no message.
    """
    message = next(portal.messages_of(chat.id), None)
    queued = caller.id in chat.pending
    if message is None and queued:
        return None
    shown = chat_object(portal, caller, chat)
    if queued:
        shown.pop("role")
    own = chat.members.get(caller.id)
    last_read = own.last_read if own else 0
    unread = sum(1 for one in portal.messages_of(chat.id) if one.id > last_read) if own else 0
    changed = stamp(message.date if message else chat.created)
    row: dict[str, Any] = {
        "id": f"chat{chat.id}",
        "chat_id": chat.id,
        "type": "chat",
        "avatar": {"url": chat.avatar, "color": chat.color},
        "title": chat.title,
        "message": _message(message),
        "counter": 1 if queued else unread,
        "last_id": last_read,
        "pinned": False,
        "unread": False,
        "has_reminder": False,
        "date_update": changed,
        "date_last_activity": changed,
        "chat": shown,
        "user": {"id": 0},
        "options": [],
    }
    if chat.is_dialog:
        row["lines"] = _lines(_latest(portal, chat), changed)
    return row


def _message(message: Message | None) -> dict[str, Any]:
    if message is None:
        return {"id": 0, "text": "", "file": False, "author_id": 0, "attach": False, "date": None, "status": "received"}
    return {
        "id": message.id,
        "text": _BB_CODE.sub("", message.text.replace("\n", " ")),
        "file": bool(message.params.get("fileId")),
        "author_id": message.author,
        "attach": bool(message.params.get("attach")),
        "date": stamp(message.date),
        "status": "delivered",
        "uuid": None,
    }


def _latest(portal: Portal, chat: Chat) -> Session | None:
    return max(portal.sessions_of(chat.id), key=lambda session: session.id, default=None)


def _lines(session: Session | None, changed: str) -> dict[str, Any]:
    if session is None:
        return {"id": 0, "status": 0, "date_create": changed}
    return {"id": session.id, "status": int(session.status), "date_create": stamp(session.started)}
