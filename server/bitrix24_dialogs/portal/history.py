"""A session's history as `imopenlines.session.history.get` gives it (behaviour 8.5)."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from bitrix24_dialogs.portal import bbcode
from bitrix24_dialogs.portal.access import can_join, can_vote
from bitrix24_dialogs.portal.cards import entity_link, managers, stamp
from bitrix24_dialogs.portal.chatdata import flag
from bitrix24_dialogs.portal.entities import Chat, File, Message, Session, User
from bitrix24_dialogs.portal.php import encoded_map
from bitrix24_dialogs.portal.portal import Portal

_PREVIEW_SIDE = 250
_TYPES = {
    "png": "image",
    "jpg": "image",
    "jpeg": "image",
    "gif": "image",
    "mp4": "video",
    "mp3": "audio",
    "ogg": "audio",
}


def session_history(portal: Portal, caller: User, session: Session, chat: Chat) -> dict[str, Any]:
    """Return the whole answer.

    Args:
        portal: the portal.
        caller: the reader; the two permissions in the answer are his.
        session: whose messages are wanted.
        chat: its chat, shown as it is now.

    Returns:
        The history. quirk: ids inside `message`, `users` and `chat` are texts, empty maps are `[]`, and
        `usersMessage` of an empty range is null.
    """
    messages = session_messages(portal, session)
    authors = _authors(portal, messages)
    may_vote = can_vote(portal, caller, session.line_id)
    return {
        "chatId": chat.id,
        "canJoin": flag(can_join(portal, caller, session.line_id, _crm_item(portal, chat))),
        "canVoteHead": flag(may_vote),
        "sessionId": session.id,
        "sessionVoteHead": session.vote_head,
        "sessionCommentHead": session.comment_head,
        "userId": f"chat{chat.id}",
        "message": encoded_map({message.id: _message(message) for message in messages}),
        "usersMessage": {f"chat{chat.id}": [str(message.id) for message in messages] or None},
        "users": encoded_map({user.id: _user(portal, user) for user in authors}),
        "openlines": {"canvoteashead": {str(session.line_id): may_vote}},
        "userInGroup": encoded_map(_departments(authors)),
        "woUserInGroup": [],
        "chat": {str(chat.id): _chat(portal, chat)},
        "userBlockChat": {str(chat.id): encoded_map({user_id: m.muted for user_id, m in chat.members.items()})},
        "userInChat": {str(chat.id): list(chat.members)},
        "files": encoded_map({file.id: _file(portal, file) for file in files_of(portal, chat, messages)}),
    }


def session_messages(portal: Portal, session: Session) -> list[Message]:
    """Return a session's messages, newest first: from its start to its end, or to the chat's end."""
    found = [
        message
        for message in portal.messages_of(session.chat_id)
        if message.id >= session.start_id and (not session.end_id or message.id <= session.end_id)
    ]
    return sorted(found, key=lambda message: message.date, reverse=True)


def _crm_item(portal: Portal, chat: Chat) -> tuple[str, int]:
    flags = portal.flags(chat)
    return (flags.crm_type, flags.crm_id) if flags.in_crm else ("", 0)


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": str(message.id),
        "chatid": str(message.chat_id),
        "senderid": str(message.author),
        "recipientid": f"chat{message.chat_id}",
        "date": stamp(message.date),
        "text": message.text,
        "textlegacy": bbcode.to_html(message.text),
        "params": message.params or [],
    }


def _authors(portal: Portal, messages: Iterable[Message]) -> list[User]:
    ids = dict.fromkeys(message.author for message in messages)
    return [portal.state.users[user_id] for user_id in ids if user_id in portal.state.users]


def _user(portal: Portal, user: User) -> dict[str, Any]:
    client = user.kind == "client"
    return {
        "id": str(user.id),
        "name": user.name,
        "active": user.active,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "workPosition": user.position or None,
        "color": "#4ba984",
        "avatar": user.avatar,
        "avatarId": None,
        "birthday": False,
        "gender": user.gender,
        "phoneDevice": False,
        "phones": False,
        "extranet": user.extranet,
        "network": False,
        "bot": user.kind == "bot",
        "connector": client,
        "profile": f"/company/personal/user/{user.id}/",
        "externalAuthId": "imconnector" if client else "bot" if user.kind == "bot" else "socservices",
        "status": "online",
        "idle": False,
        "lastActivityDate": False if client else stamp(portal.now()),
        "mobileLastDate": False,
        "desktopLastDate": False,
        "departments": list(user.departments),
        "absent": False,
        "type": "bot" if user.kind == "bot" else "extranet" if user.extranet else "user",
        "services": None,
        "botData": None,
        "eventLog": "",
    }


def _departments(users: Iterable[User]) -> dict[int, dict[str, Any]]:
    groups: dict[int, dict[str, Any]] = {}
    for user in users:
        for department in user.departments:
            groups.setdefault(department, {"id": department, "users": []})["users"].append(str(user.id))
    return groups


def _chat(portal: Portal, chat: Chat) -> dict[str, Any]:
    extranet = [user_id for user_id in chat.members if user_id in portal.state.users]
    return {
        "id": str(chat.id),
        "parentChatId": 0,
        "parentMessageId": 0,
        "name": chat.title,
        "owner": str(chat.owner),
        "color": chat.color,
        "extranet": any(portal.state.users[user_id].extranet for user_id in extranet),
        "avatar": chat.avatar or "/bitrix/js/im/images/blank.gif",
        "call": "0",
        "callNumber": "",
        "entityType": chat.entity_type,
        "entityId": chat.entity_id,
        "entityData1": chat.entity_data_1,
        "entityData2": chat.entity_data_2,
        "entityData3": chat.entity_data_3,
        "messageCount": sum(1 for _ in portal.messages_of(chat.id)),
        "public": "",
        "muteList": encoded_map({user_id: member.muted for user_id, member in chat.members.items()}),
        "managerList": managers(chat),
        "dateCreate": stamp(chat.created),
        "type": "lines",
        "entityLink": entity_link(chat),
        "permissions": {
            "manageUsersAdd": "member",
            "manageUsersDelete": "manager",
            "manageUi": "member",
            "manageSettings": "owner",
            "manageMessages": "member",
            "canPost": "member",
        },
        "textFieldEnabled": True,
        "backgroundId": None,
        "messageType": chat.type,
        "isNew": False,
    }


def files_of(portal: Portal, chat: Chat, messages: Iterable[Message]) -> list[File]:
    """Return the files in messages, as far as they are in the chat's folder."""
    ids = dict.fromkeys(file_id for message in messages for file_id in message.params.get("fileId", []))
    files = (portal.state.files[file_id] for file_id in ids if file_id in portal.state.files)
    return [file for file in files if file.chat_id == chat.id and file.in_folder]


def _file(portal: Portal, file: File) -> dict[str, Any]:
    extension = file.name.rpartition(".")[2].lower()
    kind = _TYPES.get(extension, "file")
    author = portal.state.users.get(file.author)
    download = _link(portal, file, "download")
    preview = _link(portal, file, "showImage", width=_PREVIEW_SIDE, height=_PREVIEW_SIDE) if file.image else ""
    return {
        "id": file.id,
        "chatid": file.chat_id,
        "date": stamp(file.date),
        "type": kind,
        "name": file.name,
        "extension": extension,
        "size": file.size,
        "image": {"height": file.image[1], "width": file.image[0]} if file.image else False,
        "status": "done",
        "progress": 100,
        "authorid": file.author,
        "authorname": author.name if author else "",
        "urlpreview": preview,
        "urlshow": _link(portal, file, "showImage", width=1280, height=1280) if file.image else download,
        "urldownload": download,
        "viewerattrs": {
            "viewer": "",
            "viewertype": kind if file.image else "unknown",
            "src": download,
            "viewerresized": "",
            "objectid": str(file.id),
            "viewergroupby": str(file.chat_id),
            "imchatid": file.chat_id,
            "title": file.name,
            "actions": json.dumps([{"type": "download"}], separators=(",", ":")),
        },
        "mediaurl": {"preview": {str(_PREVIEW_SIDE): preview}} if file.image else {"preview": []},
        "istranscribable": False,
        "isvideonote": False,
        "isvoicenote": False,
    }


def _link(portal: Portal, file: File, action: str, **size: int) -> str:
    query = {
        "action": f"disk.api.file.{action}",
        "SITE_ID": "s1",
        "humanRE": 1,
        "fileId": file.id,
        **size,
        "signature": portal.signature(f"{action}:{file.id}:{size}")[:32],
        "exact": "N",
        "_esd": portal.signature(f"esd:{file.id}")[:16],
        "fileName": file.name,
    }
    return f"{portal.settings.address}/bitrix/services/main/ajax.php?{urlencode(query)}"
