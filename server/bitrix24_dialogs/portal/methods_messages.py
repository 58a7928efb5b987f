"""Methods that write into a chat and read its messages (adjacent methods: im.message.add, im.dialog.messages.get)."""

import re
from collections.abc import Mapping
from typing import Any

from bitrix24_dialogs.portal import php, sending
from bitrix24_dialogs.portal.cards import stamp
from bitrix24_dialogs.portal.entities import Chat, File, Message, User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.history import files_of
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]
LONGEST_TEXT = 20_000
PAGE = 20
LARGEST_PAGE = 50

_CHAT = re.compile(r"chat(\d+)", re.IGNORECASE | re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MENTION = re.compile(r"\[USER=(\d+)\]\[/USER\]", re.IGNORECASE)
_DIGITS = re.compile(r"\d+", re.ASCII)
_LINE_END = re.compile(r"\[BR\]|\[br\]|#BR#")
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_FORBIDDEN = 403


def message_add(portal: Portal, caller: User, params: Params) -> int:
    """`im.message.add`: write into a chat.

    Args:
        portal: the portal.
        caller: the acting user, who is the author.
        params: MESSAGE, and where: DIALOG_ID ("chat" and a number) or CHAT_ID; quirk: a bare number in DIALOG_ID is an
            employee, to whom it goes as a private message, and USER_ID beats CHAT_ID. SYSTEM "Y" makes it a system
            message. Undocumented: TEMPLATE_ID, a UUID by which a repetition is known; SKIP_CONNECTOR "Y" keeps it
            inside. quirk: a system message is known by no UUID. quirk: "#BR#" and [BR] in a text are line ends.

    Returns:
        The message's number; of a repetition, the first one's.

    Raises:
        RestError: MESSAGE_EMPTY, USER_ID_EMPTY, USER_NOT_FOUND, CHAT_ID_EMPTY, CHAT_ID, PARAMS_ERROR; ACCESS_ERROR,
            status 403, for who is no participant; CANCELED where the channel is not connected or the line switched off.
    """
    named = _named(portal, params)
    text = _text(named)
    chat = _target(portal, caller, named)
    if caller.id not in chat.members:
        raise RestError("ACCESS_ERROR", "It is forbidden to send messages to this chat", _FORBIDDEN)
    flags = portal.settings.message_flags
    skip = flags and php.to_text(named.get("SKIP_CONNECTOR")).upper() == "Y"
    system = named.get("SYSTEM") == "Y" and not caller.extranet
    if chat.is_dialog and not skip and not _connected(portal, chat):
        raise RestError("CANCELED", "The channel is not connected")
    uuid = php.to_text(named.get("TEMPLATE_ID")) if flags and not system else ""
    if not _UUID.fullmatch(uuid):
        uuid = ""
    if uuid and (known := next((one for one in portal.state.messages.values() if one.uuid == uuid), None)):
        return known.id
    message = portal.post(chat, text[:LONGEST_TEXT], 0 if system else caller.id)
    message.uuid = uuid
    if chat.is_dialog:
        sending.pass_on(portal, chat, caller, message, skip=skip)
    return message.id


def dialog_messages_get(portal: Portal, caller: User, params: Params) -> dict[str, Any]:
    """`im.dialog.messages.get`: a page of a chat's messages. Marks nothing as read.

    Args:
        portal: the portal.
        caller: the acting user, who must be a participant.
        params: DIALOG_ID; LAST_ID for what is older, 0 for the newest, or FIRST_ID for what is newer; LIMIT. quirk:
            to a message that is not in this chat nothing is older or newer, and without LAST_ID and FIRST_ID a chat
            with more unread messages than a page holds begins at the first of them.

    Returns:
        The messages, newest first (oldest first from FIRST_ID on), their authors and files.

    Raises:
        RestError: DIALOG_ID_EMPTY, FIRST_ID_STRING, LAST_ID_STRING; ACCESS_ERROR, status 403.
    """
    named = _named(portal, params)
    dialog = php.to_text(named.get("DIALOG_ID"))
    found = _CHAT.fullmatch(dialog)
    if found is None and not (_DIGITS.fullmatch(dialog) and int(dialog)):
        raise RestError("DIALOG_ID_EMPTY", "Dialog ID can't be empty")
    chat = portal.state.chats.get(int(found[1])) if found else _private(portal, caller.id, int(dialog))
    if chat is None or caller.id not in chat.members:
        raise RestError("ACCESS_ERROR", "You do not have access to the specified dialog", _FORBIDDEN)
    for name in ("FIRST_ID", "LAST_ID"):
        if named.get(name) is not None and not _DIGITS.fullmatch(php.to_text(named[name])):
            raise RestError(f"{name}_STRING", f"{name.split('_')[0].capitalize()} ID can't be string")
    page = _page(portal, caller, chat, named)
    authors = dict.fromkeys(message.author for message in page)
    users = portal.state.users
    return {
        "chat_id": chat.id,
        "messages": [_message(portal, caller, chat, message) for message in page],
        "users": [_user(users[author]) for author in authors if author in users],
        "files": [_file(portal, file) for file in files_of(portal, chat, page)],
    }


def _named(portal: Portal, params: Params) -> Params:
    if not portal.settings.im_installed:
        raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    return {name.upper(): value for name, value in params.items()}


def _text(named: Params) -> str:
    value = named.get("MESSAGE")
    text = php.trimmed(_LINE_END.sub("\n", value)) if isinstance(value, str) else ""
    if not text and not (value in (None, "") and named.get("ATTACH")):
        raise RestError("MESSAGE_EMPTY", "Message can't be empty")
    return text


def _target(portal: Portal, caller: User, named: Params) -> Chat:
    user_id, chat_id = named.get("USER_ID"), named.get("CHAT_ID")
    if (dialog := named.get("DIALOG_ID")) is not None:
        if found := _CHAT.fullmatch(php.to_text(dialog)):
            chat_id = int(found[1])
        else:
            user_id = php.to_int(dialog)
    if user_id is not None:
        number = php.to_int(user_id)
        if number <= 0:
            raise RestError("USER_ID_EMPTY", "User ID can't be empty")
        if number not in portal.state.users:
            raise RestError("USER_NOT_FOUND", "User not found")
        return _private(portal, caller.id, number) or _new_private(portal, caller.id, number)
    if chat_id is None:
        raise RestError("PARAMS_ERROR", "Incorrect params")
    if php.to_int(chat_id) <= 0:
        raise RestError("CHAT_ID_EMPTY", "Chat ID can't be empty")
    chat = portal.state.chats.get(php.to_int(chat_id))
    if chat is None:
        raise RestError("CHAT_ID", "Message isn't added")
    return chat


def _private(portal: Portal, one: int, other: int) -> Chat | None:
    """Return the private chat of two users."""
    chats = portal.state.chats.values()
    return next((chat for chat in chats if chat.entity_type == "PRIVATE" and {*chat.members} == {one, other}), None)


def _new_private(portal: Portal, one: int, other: int) -> Chat:
    chat = Chat(portal.state.next_id("chat"), "Private chat", portal.now(), type="C", entity_type="PRIVATE")
    portal.state.chats[chat.id] = chat
    for user_id in (one, other):
        portal.add_member(chat, user_id)
    return chat


def _connected(portal: Portal, chat: Chat) -> bool:
    connector, line_id, *_ = [*chat.entity_id.split("|"), "", ""]
    line = portal.state.lines.get(php.to_int(line_id))
    return connector not in portal.settings.disconnected and (line is None or line.active)


def _page(portal: Portal, caller: User, chat: Chat, named: Params) -> list[Message]:
    limit = php.to_int(named.get("LIMIT"))
    limit = min(limit, LARGEST_PAGE) if limit > 0 else PAGE
    newest = list(portal.messages_of(chat.id))
    if (first := named.get("FIRST_ID")) is not None:
        if php.to_int(first) and all(message.id != php.to_int(first) for message in newest):
            return []
        return [message for message in reversed(newest) if message.id > php.to_int(first)][:limit]
    last = named.get("LAST_ID")
    if last is None:
        unread = sum(1 for message in newest if message.id > chat.members[caller.id].last_read)
        if unread > limit:
            return newest[unread - limit : unread + limit]
        limit += unread
    number = php.to_int(last)
    if number and all(message.id != number for message in newest):
        return []
    return [message for message in newest if not number or message.id < number][:limit]


def _message(portal: Portal, caller: User, chat: Chat, message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "chat_id": chat.id,
        "author_id": message.author,
        "date": stamp(message.date),
        "text": _shown(portal, message.text),
        "unread": message.id > chat.members[caller.id].last_read,
        "uuid": message.uuid or None,
        "replaces": [],
        "params": _params(message),
        "disappearing_date": None,
    }


def _shown(portal: Portal, text: str) -> str:
    """Return a text as this method gives it; quirk: entities are read, and a mention without a name gets one."""

    def named(mention: re.Match[str]) -> str:
        user = portal.state.users.get(int(mention[1]))
        return f"[USER={mention[1]} REPLACE]{user.name if user else ''}[/USER]"

    text = _MENTION.sub(named, text)
    for entity, char in (("&#91;", "["), ("&#93;", "]"), ("&quot;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, char)
    return text


def _params(message: Message) -> dict[str, Any] | list[Any]:
    """Return a message's parameters; quirk: here their names are in upper case, and none are `[]`."""
    return {_CAPITAL.sub("_", name).upper(): value for name, value in message.params.items()} or []


def _user(user: User) -> dict[str, Any]:
    client = user.kind == "client"
    return {
        "id": user.id,
        "active": user.active,
        "name": user.name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "work_position": user.position,
        "color": "#4ba984",
        "avatar": user.avatar,
        "gender": user.gender,
        "birthday": "",
        "extranet": user.extranet,
        "network": False,
        "bot": user.kind == "bot",
        "connector": client,
        "external_auth_id": "imconnector" if client else "bot" if user.kind == "bot" else "default",
        "status": "online",
        "idle": False,
        "last_activity_date": False,
        "mobile_last_date": False,
        "departments": list(user.departments),
        "phones": False,
    }


def _file(portal: Portal, file: File) -> dict[str, Any]:
    author = portal.state.users.get(file.author)
    link = f"{portal.settings.address}/rest/download.json?token={portal.signature(f'download:{file.id}')[:32]}"
    return {
        "id": file.id,
        "chatId": file.chat_id,
        "date": stamp(file.date),
        "type": "image" if file.image else "file",
        "name": file.name,
        "extension": file.name.rpartition(".")[2].lower(),
        "size": file.size,
        "image": {"width": file.image[0], "height": file.image[1]} if file.image else False,
        "status": "done",
        "progress": 100,
        "authorId": file.author,
        "authorName": author.name if author else "",
        "urlPreview": link if file.image else "",
        "urlShow": link,
        "urlDownload": link,
    }
