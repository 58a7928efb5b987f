"""Files of a chat: a link to one, and what is behind the link (adjacent methods: im.v2.File.download)."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from bitrix24_dialogs.portal import php
from bitrix24_dialogs.portal.entities import Chat, File, User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]
DOWNLOAD_PATH = "/rest/download.json"
_CHAT = re.compile(r"chat(\d{1,18})", re.ASCII)


def file_download(portal: Portal, caller: User, params: Params, base: str) -> dict[str, str]:
    """`im.v2.File.download`: a short-lived link to a file of a chat.

    Args:
        portal: the portal.
        caller: the acting user: a participant, somebody the dialog is offered to, or one who has read its history
            within a day.
        params: dialogId ("chat" and a number) and fileId; quirk: unlike older methods', their letter case counts.
        base: the portal's address, with which the link begins.

    Returns:
        `downloadUrl`, with a token: whoever has the link gets the file, once.

    Raises:
        RestError: 100 for a parameter that is missing, ACCESS_DENIED, FILE_NOT_FOUND.
    """
    for name in ("dialogId", "fileId"):
        if php.is_empty(params.get(name)):
            raise RestError("100", f"Could not find value for parameter {{{name}}}")
    found = _CHAT.fullmatch(php.to_text(params["dialogId"]))
    chat = portal.state.chats.get(int(found[1])) if found else None
    if chat is None or not may_see_files(portal, caller, chat):
        raise RestError("ACCESS_DENIED", "You do not have access to the chat")
    file = portal.state.files.get(php.to_int(params["fileId"]))
    if file is None or file.chat_id != chat.id or not file.in_folder:
        raise RestError("FILE_NOT_FOUND", "The file was not found")
    token = portal.links.give(file.id, caller.id, portal.now().timestamp())
    return {"downloadUrl": f"{base}{DOWNLOAD_PATH}?{urlencode({'token': token})}"}


def downloaded_file(portal: Portal, token: str) -> File | None:
    """Return the file a token stands for, and use the token up; None if there is nothing to get with it."""
    link = portal.links.take(token, portal.now().timestamp())
    if link is None:
        return None
    file, user = portal.state.files.get(link.file_id), portal.state.users.get(link.user_id)
    chat = portal.state.chats.get(file.chat_id) if file else None
    if file is None or user is None or chat is None or not file.in_folder or not user.active:
        return None
    return file if may_see_files(portal, user, chat) else None


def may_see_files(portal: Portal, user: User, chat: Chat) -> bool:
    """Tell whether somebody may get a chat's files (behaviour 8.5: a history's reader may for a day)."""
    until = chat.file_access.get(user.id)
    return user.id in chat.members or user.id in chat.pending or (until is not None and portal.now() < until)
