"""The dialog card and its parts (behaviour 8.2)."""

from datetime import datetime
from typing import Any

from bitrix24_dialogs.portal.entities import Chat, Member, User
from bitrix24_dialogs.portal.portal import Portal

_SHOWN_VIEWERS = 2


def dialog_card(portal: Portal, caller: User, chat: Chat) -> dict[str, Any]:
    """Return the answer of `imopenlines.dialog.get`.

    Args:
        portal: the portal.
        caller: counters, read positions and the role are his.
        chat: the dialog.

    Returns:
        The card; numbers are real integers here.
    """
    own = chat.members.get(caller.id)
    last_read = own.last_read if own else 0
    ids = [message.id for message in portal.messages_of(chat.id)]
    unread = [message_id for message_id in ids if message_id > last_read] if own else []
    return {
        "id": chat.id,
        "parent_chat_id": 0,
        "parent_message_id": 0,
        "name": chat.title,
        "description": chat.description,
        "owner": chat.owner,
        "extranet": _with_extranet(portal, chat),
        "avatar": chat.avatar,
        "color": chat.color,
        "type": "lines",
        "counter": len(unread),
        "user_counter": len(chat.members),
        "message_count": len(ids),
        "unread_id": min(unread, default=0),
        "restrictions": dict.fromkeys(
            ("avatar", "rename", "extend", "call", "mute", "leave", "leave_owner", "send", "user_list"), True
        ),
        "last_message_id": max(ids, default=0),
        "last_id": last_read,
        "marked_id": 0,
        "disk_folder_id": 0,
        "entity_type": chat.entity_type,
        "entity_id": chat.entity_id,
        "entity_data_1": chat.entity_data_1,
        "entity_data_2": chat.entity_data_2,
        "entity_data_3": chat.entity_data_3,
        "mute_list": [caller.id] if own and own.muted else [],
        "date_create": stamp(chat.created),
        "message_type": chat.type,
        "public": "",
        "role": _role(caller, chat),
        "entity_link": entity_link(chat),
        "text_field_enabled": True,
        "background_id": None,
        "permissions": {
            "manage_users_add": "member",
            "manage_users_delete": "manager",
            "manage_ui": "member",
            "manage_settings": "owner",
            "manage_messages": "member",
            "can_post": "member",
        },
        "is_new": False,
        "readed_list": [
            {
                "user_id": user.id,
                "user_name": user.name,
                "message_id": member.last_read,
                "date": stamp(member.read_at) if member.read_at else None,
            }
            for user, member in _others(portal, caller, chat)
        ],
        "manager_list": managers(chat),
        "last_message_views": _views(portal, caller, chat, max(ids, default=0)),
        "dialog_id": f"chat{chat.id}",
    }


def stamp(moment: datetime) -> str:
    """Write a date the portal's way: ISO-8601 with offset, whole seconds."""
    return moment.isoformat(timespec="seconds")


def managers(chat: Chat) -> list[int]:
    """Return the participants with the manager flag: the accepted operator."""
    return [chat.owner] if chat.owner else []


def entity_link(chat: Chat) -> dict[str, str]:
    """Return the link to whatever the chat belongs to."""
    return {"type": chat.entity_type, "url": "", "id": chat.entity_id}


def _role(caller: User, chat: Chat) -> str:
    if caller.id not in chat.members:
        return "guest"
    return "owner" if caller.id == chat.owner else "member"


def _others(portal: Portal, caller: User, chat: Chat) -> list[tuple[User, Member]]:
    users = portal.state.users
    everybody = ((users[user_id], member) for user_id, member in chat.members.items() if user_id in users)
    return [(user, member) for user, member in everybody if user.id != caller.id and user.active]


def _with_extranet(portal: Portal, chat: Chat) -> bool:
    users = portal.state.users
    return any(users[user_id].extranet for user_id in chat.members if user_id in users)


def _views(portal: Portal, caller: User, chat: Chat, last_id: int) -> dict[str, Any]:
    message = portal.state.messages.get(last_id)
    viewers = [
        (user_id, member)
        for user_id, member in chat.members.items()
        if message is not None and member.last_read >= last_id and user_id != message.author
    ]
    first = [
        {
            "user_id": user_id,
            "user_name": portal.state.users[user_id].name,
            "date": stamp(member.read_at) if member.read_at else None,
        }
        for user_id, member in viewers[:_SHOWN_VIEWERS]
        if user_id in portal.state.users
    ]
    others = [user_id for user_id, _ in viewers if user_id != caller.id]
    return {"message_id": last_id, "first_viewers": first, "count_of_viewers": len(others)}
