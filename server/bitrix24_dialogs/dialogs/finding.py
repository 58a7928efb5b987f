"""Finding dialogs: by client, CRM item or address, answered or not (protocol notes 10, "Find by client")."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from bitrix24_dialogs.dialogs.activities import NO_MORE, OF_LINES_IN_REACH, SessionInCrm, sessions_of_items
from bitrix24_dialogs.dialogs.brief import Brief, RawChat, no_list_of_dialogs, read_chat
from bitrix24_dialogs.dialogs.card import read_dialog
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.entity_data import CrmItem
from bitrix24_dialogs.dialogs.identifiers import UserCode
from bitrix24_dialogs.dialogs.portal_values import mapping, numbers, text, whole
from bitrix24_dialogs.dialogs.refusals import DialogRefused, is_without_access
from bitrix24_dialogs.dialogs.together import Answers, Read, read_together
from bitrix24_dialogs.gateway.errors import BadAnswer, CredentialRefused, ScopeMissing
from bitrix24_dialogs.presenting.fitting import fitted

CrmKind = Literal["lead", "deal", "contact", "company"]

_AGAIN = "Try again in a minute"
_TELLING_DIGITS = 3


@dataclass(frozen=True, kw_only=True)
class FoundDialogs:
    """Dialogs, or a client's sessions. ``no_access`` are chats that exist, but not for you; ``covers`` says what was
    looked at where that is not all.
    """

    dialogs: tuple[Brief, ...] = ()
    no_access: tuple[int, ...] = ()
    sessions: tuple[SessionInCrm, ...] = ()
    total: Annotated[int | None, "all that the portal found"] = None
    left_out: Annotated[int | None, "after this page"] = None
    unreadable: Annotated[int | None, "rows that could not be understood"] = None
    covers: str | None = None
    why: str | None = None
    next: str | None = None


@dataclass(frozen=True)
class _Chat:
    """A found chat and where it stands in the portal's whole list; without its card it is not open to the caller."""

    place: int
    number: int
    chat: RawChat | None


@dataclass(frozen=True)
class _Chats:
    """The chats of the page that begins at ``start``."""

    rows: Sequence[_Chat]
    start: int
    end: int
    total: int
    unreadable: int = 0


async def find_by_name(desk: Desk, name: str, limit: int, offset: int) -> FoundDialogs:
    """The dialogs whose title or client's name holds ``name``, closed ones too.

    Raises:
        DialogRefused: it is a phone number or an e-mail address, and those are hidden here.
        PortalError: they could not be looked for.
    """
    if desk.words.mask and _is_contact(name):
        # Whoever may ask whether a title begins so can guess what is hidden from them, digit by digit.
        raise desk.refusal(
            "Phone numbers and e-mail addresses are hidden here (BITRIX24_MASK_CONTACTS), so dialogs are not looked for"
            " by them",
            "Look for the client's name, or give crm_type and crm_id",
        )
    result, total = await desk.read_page("im.search.chat.list", {"FIND_LINES": name, "LIMIT": limit, "OFFSET": offset})
    if not isinstance(result, list | dict):
        raise no_list_of_dialogs()
    raw = [mapping(row) for row in mapping(result).values()]
    read = [(place, read_chat(row)) for place, row in enumerate(raw, offset)]
    chats = [_Chat(place, chat.number, chat) for place, chat in read if chat is not None]
    if raw and not chats:
        raise no_list_of_dialogs()
    rows = [row for row in chats if _in_reach(desk, row)]
    end = offset + len(raw)
    page = _Chats(
        rows=rows,
        start=offset,
        end=end,
        # A full page without a count: at least one more is worth asking for.
        total=total if total is not None else end + int(len(raw) >= limit),
        unreadable=len(raw) - len(chats),
    )
    nobody = "No dialog that you may see has such a title or client; try a part of the name, or another spelling"
    return _found(desk, await desk.me(), page, nobody, counted=total is not None)


def _is_contact(phrase: str) -> bool:
    """Whether a phrase may be a part of a phone number or an e-mail address."""
    bare = [word for word in phrase.split() if not any(char.isalpha() for char in word)]
    digits = sum(char.isdigit() for word in bare for char in word)
    return "@" in phrase or "＠" in phrase or digits >= _TELLING_DIGITS


async def find_by_crm_item(desk: Desk, kind: CrmKind, item_id: int, limit: int, offset: int) -> FoundDialogs:
    """The dialogs bound to a CRM item, closed and unanswered ones too.

    Raises:
        DialogRefused: the caller may not read the item.
        PortalError: they could not be looked for.
    """
    # quirk: unless told N, the portal leaves out what nobody has answered yet
    params = {"CRM_ENTITY_TYPE": kind, "CRM_ENTITY": item_id, "ACTIVE_ONLY": "N"}
    try:
        result = await desk.read("imopenlines.crm.chat.get", params)
    except CredentialRefused as refused:
        # quirk: the code that elsewhere means a plan without REST, under the same status
        if refused.code.upper() != "ACCESS_DENIED":
            raise
        raise desk.refusal(
            f"There is no {kind} {item_id}, or the webhook's owner may not read it in CRM",
            "Check the number; if it is right, ask an administrator for the right to read this CRM item",
            refused.code,
        ) from None
    if not isinstance(result, list | dict):
        raise no_list_of_dialogs()
    # quirk: a deleted session's chat is null, and several channels of one chat are several rows
    raw = [row for row in mapping(result).values() if not (isinstance(row, dict) and row.get("CHAT_ID", 0) is None)]
    ids = numbers([mapping(row).get("CHAT_ID") for row in raw])
    if raw and not ids:
        raise no_list_of_dialogs()
    asked = list(enumerate(ids))[offset : offset + limit]
    chats = await _cards(desk, asked) if asked else []
    rows = [row for row in chats if _in_reach(desk, row)]
    page = _Chats(rows=rows, start=offset, end=offset + len(asked), total=len(ids))
    nobody = f"No dialog is bound to this {kind}, or its channel is no longer connected"
    return _found(desk, await desk.me(), page, nobody, counted=True)


async def find_by_code(desk: Desk, code: UserCode) -> FoundDialogs:
    """The dialog of a client's address; says whether there is none, or only no right to it.

    Raises:
        DialogRefused: its line is out of reach, or nobody knows whether there is such a dialog.
        PortalError: it could not be looked up.
    """
    try:
        card = mapping(await desk.read("imopenlines.dialog.get", {"USER_CODE": str(code)}))
    except DialogRefused as refused:
        # Of a line that may be out of reach, not even the number is told.
        if refused.code != "ACCESS_ERROR" or desk.lines:
            raise
        return await _beyond_rights(desk, code, refused)
    chat = read_chat(card)
    if chat is None or text(card.get("entity_id")).casefold() != str(code).casefold():
        raise BadAnswer("The portal's answer is not this dialog's card", _AGAIN)
    desk.require_line(chat.line)
    return FoundDialogs(dialogs=(Brief(**chat.brief(desk, await desk.me())),), total=1)


async def find_past_sessions(desk: Desk, chat_id: int, limit: int, offset: int) -> FoundDialogs:
    """The sessions of a dialog's client, through the CRM items that it is saved as.

    Raises:
        DialogRefused: the dialog was not found, or its line is out of reach.
        PortalError: they could not be read.
    """
    card = await read_dialog(desk, {"CHAT_ID": chat_id})
    # A company's sessions are those of all its people: asked for only where it is all that is known.
    items = tuple(item for item in card.crm if item.type != "COMPANY") or card.crm
    if not items:
        return FoundDialogs(
            why="The dialog is not saved to CRM, and nothing else tells a client's past sessions",
            next=desk.advise(f"{{session_history_get}} with chat_id={chat_id} reads the latest one"),
        )
    go_on = f"{{dialogs_find}} with sessions_of={chat_id}"
    page = await sessions_of_items(desk, items, limit, offset, go_on)
    return FoundDialogs(
        sessions=page.sessions,
        total=page.total,
        left_out=page.left_out,
        unreadable=page.unreadable,
        covers=f"{page.covers}, of {_listed(items)}",
        why=page.why,
        next=page.next,
    )


async def _cards(desk: Desk, asked: Sequence[tuple[int, int]]) -> list[_Chat]:
    reads = {f"c{number}": Read("imopenlines.dialog.get", {"CHAT_ID": number}) for _, number in asked}
    cards = await read_together(desk, reads)
    return [_Chat(place, number, _card(cards, number)) for place, number in asked]


def _card(cards: Answers, number: int) -> RawChat | None:
    try:
        chat = read_chat(mapping(cards[f"c{number}"]))
    except DialogRefused as refused:
        if not is_without_access(refused):
            raise
        return None
    if chat is None or chat.number != number:
        raise BadAnswer("The portal's answer is not this dialog's card", _AGAIN)
    return chat


async def _beyond_rights(desk: Desk, code: UserCode, refused: DialogRefused) -> FoundDialogs:
    try:
        # quirk: tells the number to whoever asks, and null where there is none
        found = await desk.read("im.chat.get", {"ENTITY_TYPE": "LINES", "ENTITY_ID": str(code)})
    except ScopeMissing:
        raise refused from None
    number = whole(mapping(found).get("ID"))
    if number < 1 and found is not None:
        raise BadAnswer("The portal's answer holds no chat number", _AGAIN)
    if number < 1:
        return FoundDialogs(why="No dialog has this user_code; check it character by character")
    return FoundDialogs(
        no_access=(number,),
        why="The dialog exists, but the webhook's owner has no rights to it",
        next="An administrator can grant the right to join its line",
    )


def _in_reach(desk: Desk, row: _Chat) -> bool:
    """Without a card it is not known which line a dialog is of, so where lines are restricted it is not shown."""
    return not desk.lines or (row.chat is not None and row.chat.line in desk.lines)


def _found(desk: Desk, me: int, page: _Chats, nobody: str, *, counted: bool) -> FoundDialogs:
    told = counted and not desk.lines  # not even how many there are of other lines

    def page_of(rows: Sequence[_Chat]) -> FoundDialogs:
        end = page.end if len(rows) == len(page.rows) else page.rows[len(rows)].place
        left_out = max(0, page.total - end)
        return FoundDialogs(
            dialogs=tuple(Brief(**row.chat.brief(desk, me)) for row in rows if row.chat is not None),
            no_access=tuple(row.number for row in rows if row.chat is None),
            total=page.total if told else None,
            left_out=left_out if left_out and told else None,
            covers=OF_LINES_IN_REACH if desk.lines else None,
            unreadable=page.unreadable or None,
            why=None if rows else NO_MORE if page.start else nobody,
            next=desk.advise(f"{{dialogs_find}} with the same arguments and offset={end}") if left_out else None,
        )

    return fitted(page.rows, page_of)


def _listed(items: Sequence[CrmItem]) -> str:
    return ", ".join(f"{item.type.lower()} {item.id}" for item in items)
