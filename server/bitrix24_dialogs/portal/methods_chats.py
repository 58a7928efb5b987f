"""Methods of the messenger that list, count and find chats."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bitrix24_dialogs.portal import php
from bitrix24_dialogs.portal.access import can_see_card
from bitrix24_dialogs.portal.chatrows import chat_object, recent_row
from bitrix24_dialogs.portal.entities import Chat, User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.pages import Page
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]
RECENT_DAYS = timedelta(days=30)
SHORTEST_PHRASE = 2
FOUND_AT_ONCE = 10
MOST_FOUND = 50


def recent_get(portal: Portal, caller: User, params: Params) -> list[dict[str, Any] | None]:
    """`im.recent.get`: the caller's chats, newest first (adjacent methods: im.recent.get).

    Args:
        portal: the portal.
        caller: the acting user.
        params: ONLY_OPENLINES; SKIP_OPENLINES and SKIP_CHAT count only without it, names in any case. With it the list
            holds the dialogs that wait for the caller in the queue, then those he takes part in, however old.

    Returns:
        A row for each chat; there is no paging.

    Raises:
        RestError: the messenger is not installed.
    """
    named = _named(portal, params)
    chats = portal.state.chats.values()
    mine = [chat for chat in chats if caller.id in chat.members and caller.id not in chat.pending]
    if named.get("ONLY_OPENLINES") == "Y":
        queued = [chat for chat in chats if caller.id in chat.pending]
        shown = [*_newest(portal, queued), *_newest(portal, (chat for chat in mine if chat.is_dialog))]
    else:
        since = portal.now() - RECENT_DAYS
        shown = [
            chat
            for chat in _newest(portal, mine)
            if named.get("SKIP_OPENLINES" if chat.is_dialog else "SKIP_CHAT") != "Y" and _moved(portal, chat) >= since
        ]
    return [recent_row(portal, caller, chat) for chat in shown]


def counters_get(portal: Portal, caller: User, params: Params) -> dict[str, Any]:
    """`im.counters.get`: unread messages by chat (adjacent methods: im.counters.get).

    Args:
        portal: the portal.
        caller: the acting user.
        params: ONLY_COUNTER; quirk: any text in it leaves the sums alone, "N" as well.

    Returns:
        The sums in TYPE, the chats' counts in LINES and CHAT; empty maps are `[]`.

    Raises:
        RestError: the messenger is not installed.
    """
    named = _named(portal, params)
    lines: dict[int, int] = {}
    chats: dict[int, int] = {}
    for chat in portal.state.chats.values():
        if caller.id not in chat.members and caller.id not in chat.pending:
            continue
        row = recent_row(portal, caller, chat)
        if row and row["counter"]:
            (lines if chat.is_dialog else chats)[chat.id] = row["counter"]
    in_lines, in_chats = sum(lines.values()), sum(chats.values())
    sums = {
        "ALL": in_lines + in_chats,
        "NOTIFY": 0,
        "CHAT": in_chats,
        "LINES": in_lines,
        "DIALOG": 0,
        "MESSENGER": in_lines + in_chats,
    }
    if named.get("ONLY_COUNTER"):
        return {"TYPE": sums}
    return {
        "TYPE": sums,
        "LINES": php.encoded_map(lines),
        "CHAT": php.encoded_map(chats),
        "CHAT_MUTED": [],
        "CHAT_UNREAD": [],
        "DIALOG": [],
        "DIALOG_UNREAD": [],
    }


def search_chat_list(portal: Portal, caller: User, params: Params) -> Page:
    """`im.search.chat.list`: chats by title or by a participant's name (adjacent methods: im.search.chat.list).

    Args:
        portal: the portal.
        caller: the acting user; only what he may see is found.
        params: FIND for ordinary chats, which wins, or FIND_LINES for dialogs, closed ones too; OFFSET, LIMIT.

    Returns:
        A page, the newest chat first.

    Raises:
        RestError: FIND_SHORT for a phrase of less than two characters; the messenger is not installed.
    """
    named = _named(portal, params)
    in_lines = php.is_empty(named.get("FIND"))
    phrase = php.trimmed(named.get("FIND_LINES") if in_lines else named.get("FIND"))
    if len(phrase) < SHORTEST_PHRASE:
        raise RestError("FIND_SHORT", "Too short a search phrase.")
    found = [
        chat
        for chat in sorted(portal.state.chats.values(), key=lambda one: one.id, reverse=True)
        if chat.is_dialog is in_lines and _visible(portal, caller, chat) and _matches(portal, chat, phrase)
    ]
    offset = max(0, php.to_int(named.get("OFFSET")))
    limit = min(php.to_int(named.get("LIMIT")), MOST_FOUND)
    end = offset + (limit if limit > 0 else FOUND_AT_ONCE)
    rows = [chat_object(portal, caller, chat) for chat in found[offset:end]]
    return Page(rows, len(found), end if end < len(found) else 0)


def chat_get(portal: Portal, _caller: User, params: Params) -> dict[str, int] | None:
    """`im.chat.get`: a chat's number by what it belongs to (adjacent methods: im.chat.get).

    Args:
        portal: the portal.
        _caller: quirk: whoever asks is told the number, participant or not.
        params: ENTITY_TYPE and ENTITY_ID, for dialogs LINES and the USER_CODE.

    Returns:
        The number in ID, or None when there is no such chat, which is no error.

    Raises:
        RestError: the messenger is not installed.
        PhpError: an array where a text is wanted.
    """
    named = _named(portal, params)
    kind, code = php.to_text(named.get("ENTITY_TYPE")), php.to_text(named.get("ENTITY_ID"))
    found = (chat.id for chat in portal.state.chats.values() if (chat.entity_type, chat.entity_id) == (kind, code))
    number = next(found, 0) if kind and code else 0
    return {"ID": number} if number else None


def _named(portal: Portal, params: Params) -> Params:
    if not portal.settings.im_installed:
        raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    return {name.upper(): value for name, value in params.items()}


def _moved(portal: Portal, chat: Chat) -> datetime:
    message = next(portal.messages_of(chat.id), None)
    return message.date if message else chat.created


def _newest(portal: Portal, chats: Iterable[Chat]) -> list[Chat]:
    return sorted(chats, key=lambda chat: (_moved(portal, chat), chat.id), reverse=True)


def _visible(portal: Portal, caller: User, chat: Chat) -> bool:
    return can_see_card(portal, caller, chat) if chat.is_dialog else caller.id in chat.members


def _matches(portal: Portal, chat: Chat, phrase: str) -> bool:
    """Every word of the phrase begins a word of the title or of a participant's name."""
    users = portal.state.users
    names = [chat.title, *(users[user_id].name for user_id in chat.members if user_id in users)]
    words = [word for name in names for word in name.casefold().split()]
    return all(any(word.startswith(part) for word in words) for part in phrase.casefold().split())
