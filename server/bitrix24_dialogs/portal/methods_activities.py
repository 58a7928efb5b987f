"""Dialogs as CRM knows them: through the activity of each session."""

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bitrix24_dialogs.portal import php
from bitrix24_dialogs.portal.access import can_read_activity, can_read_item
from bitrix24_dialogs.portal.cards import stamp
from bitrix24_dialogs.portal.chatdata import UserCode, flag, leading_item, parse_bindings
from bitrix24_dialogs.portal.entities import Activity, Session, Status, User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.pages import Page, legacy_page
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]
PROVIDER = "IMOPENLINES_SESSION"
OWNER_TYPES = {"LEAD": 1, "DEAL": 2, "CONTACT": 3, "COMPANY": 4}
CONNECTORS = {
    "livechat": "Live Chat",
    "telegrambot": "Telegram",
    "whatsappbytwilio": "WhatsApp",
}
_BY_PROVIDER = "6"
_PREFIXES = (">=", "<=", "!@", "!=", ">", "<", "@", "=", "!", "%")
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "!": operator.ne,
    "!=": operator.ne,
    "=": operator.eq,
}
_MOMENTS = {"CREATED", "LAST_UPDATED", "START_TIME", "END_TIME", "DEADLINE"}
_NUMBERS = {"ID", "OWNER_ID", "OWNER_TYPE_ID", "ASSOCIATED_ENTITY_ID", "RESPONSIBLE_ID", "AUTHOR_ID"}


def crm_chat_get(portal: Portal, caller: User, params: Params) -> list[dict[str, str]]:
    """`imopenlines.crm.chat.get`: the dialogs of a CRM item (adjacent methods: imopenlines.crm.chat.get).

    Args:
        portal: the portal.
        caller: the acting user, who must be able to read the item.
        params: CRM_ENTITY_TYPE, CRM_ENTITY; ACTIVE_ONLY: quirk: unless it is "N", dialogs that nobody has answered are
            left out like closed ones.

    Returns:
        Chats by the last change of their sessions, newest first; quirk: numbers as texts, and nothing of channels that
        are no longer connected.

    Raises:
        RestError: ERROR_ARGUMENT with the parameter's name; ACCESS_DENIED, status 403.
    """
    kind, item_id = _item(params)
    if not can_read_item(portal, caller, kind, item_id) and not caller.admin:
        raise RestError("ACCESS_DENIED", "You do not have access to the specified entity", 403)
    active_only = params.get("ACTIVE_ONLY", "Y") != "N"
    found: dict[int, dict[str, str]] = {}
    for activity in sorted(portal.state.activities.values(), key=lambda one: one.session_id, reverse=True):
        session = portal.state.sessions.get(activity.session_id)
        if session is None or f"{kind}|{item_id}" not in activity.bindings:
            continue
        connector = UserCode.parse(session.user_code).connector
        if connector in portal.settings.disconnected:
            continue
        if active_only and not Status.ANSWER <= session.status < Status.WAIT_CLIENT:
            continue
        title = CONNECTORS.get(connector, connector)
        row = {"CHAT_ID": str(session.chat_id), "CONNECTOR_ID": connector, "CONNECTOR_TITLE": title}
        found.setdefault(session.chat_id, row)
    return list(found.values())


def activity_list(portal: Portal, caller: User, params: Params) -> Page:
    """`crm.activity.list`: CRM activities, here the ones that sessions have (adjacent methods: crm.activity.list).

    Args:
        portal: the portal.
        caller: the acting user; only what his CRM rights allow is shown.
        params: filter, select, order, start. A key of the filter may have a comparison in front; BINDINGS is a list of
            OWNER_TYPE_ID and OWNER_ID. quirk: a key that is no field filters nothing.

    Returns:
        A page of fifty, by START_TIME unless told.

    Raises:
        RestError: CRM is not installed.
    """
    if not portal.settings.crm_installed:
        raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    given = params.get("filter")
    wanted = given if isinstance(given, Mapping) else {}
    rows = [
        _fields(portal, activity)
        for activity in portal.state.activities.values()
        if can_read_activity(portal, caller, activity.id) and _bound(activity, wanted.get("BINDINGS"))
    ]
    rows = [row for row in rows if all(_passes(portal, row, key, value) for key, value in wanted.items())]
    order = params.get("order")
    steps = list(order.items()) if isinstance(order, Mapping) and order else [("START_TIME", "asc")]
    for name, direction in reversed(steps):
        rows.sort(key=_sorting(str(name).upper()), reverse=str(direction).lower() == "desc")
    page = legacy_page(rows, php.to_int(params.get("start")))
    return Page([_selected(row, params.get("select")) for row in page.items], page.total, page.next)


def _item(params: Params) -> tuple[str, int]:
    for name in ("CRM_ENTITY_TYPE", "CRM_ENTITY"):
        if php.is_empty(params.get(name)):
            raise RestError("ERROR_ARGUMENT", f"Argument '{name}' is null or empty", argument=name)
    item_id = php.to_int(params["CRM_ENTITY"])
    if item_id <= 0:
        text = "Argument 'CRM_ENTITY' has a wrong type"
        raise RestError("ERROR_ARGUMENT", text, argument="CRM_ENTITY")
    return php.to_text(params["CRM_ENTITY_TYPE"]).upper(), item_id


def _fields(portal: Portal, activity: Activity) -> dict[str, Any]:
    session = portal.state.sessions.get(activity.session_id)
    chat = portal.state.chats.get(session.chat_id) if session else None
    kind, item_id = leading_item(parse_bindings("|".join(activity.bindings)))
    started = stamp(session.started) if session else ""
    ended = _ended(portal, session) if session else ""
    closed = bool(session and session.closed)
    return {
        "ID": str(activity.id),
        "OWNER_ID": str(item_id),
        "OWNER_TYPE_ID": str(OWNER_TYPES.get(kind, 0)),
        "TYPE_ID": _BY_PROVIDER,
        "PROVIDER_ID": PROVIDER,
        "ASSOCIATED_ENTITY_ID": str(activity.session_id),
        "SUBJECT": chat.title if chat else "",
        "CREATED": started,
        "LAST_UPDATED": ended or started,
        "START_TIME": started,
        "END_TIME": ended,
        "DEADLINE": ended,
        "COMPLETED": flag(closed),
        "STATUS": "2" if closed else "1",
        "RESPONSIBLE_ID": str(activity.responsible),
        "AUTHOR_ID": str(activity.responsible),
        "EDITOR_ID": str(activity.responsible),
        "DIRECTION": "2" if session and session.mode == "output" else "1",
        "DESCRIPTION": "",
        "SETTINGS": [],
    }


def _ended(portal: Portal, session: Session) -> str:
    message = portal.state.messages.get(session.end_id)
    return stamp(message.date) if message else ""


def _bound(activity: Activity, wanted: object) -> bool:
    """Whether an activity is bound as BINDINGS says: any entry will do, each by its type, its number or both."""
    entries = [entry for entry in wanted if isinstance(entry, Mapping)] if isinstance(wanted, list) else []
    bound = [binding.partition("|") for binding in activity.bindings]
    return not entries or any(
        php.to_int(entry.get("OWNER_TYPE_ID", OWNER_TYPES[kind])) == OWNER_TYPES[kind]
        and php.to_int(entry.get("OWNER_ID", item_id)) == php.to_int(item_id)
        for entry in entries
        for kind, _, item_id in bound
    )


def _passes(portal: Portal, row: Mapping[str, Any], key: str, wanted: object) -> bool:
    prefix = next((one for one in _PREFIXES if key.startswith(one)), "")
    name = key.removeprefix(prefix).upper()
    if name not in row:
        return True
    if name in _MOMENTS:
        have, want = _moment(portal, row[name]), _moment(portal, wanted)
        return have is not None and want is not None and _compares(prefix, have, want)
    values = wanted if isinstance(wanted, list) else [wanted]
    if name in _NUMBERS:
        number = php.to_int(row[name])
        numbers = [php.to_int(value) for value in values]
        if prefix in {">=", "<=", ">", "<"}:
            return _compares(prefix, number, numbers[0])
        return (number in numbers) is not prefix.startswith("!")
    texts = [php.to_text(value).casefold() for value in values]
    if prefix == "%":
        return texts[0] in str(row[name]).casefold()
    return (str(row[name]).casefold() in texts) is not prefix.startswith("!")


def _compares(prefix: str, have: Any, want: Any) -> bool:
    compare = _COMPARISONS[prefix if prefix in _COMPARISONS else "="]
    return bool(compare(have, want))


def _moment(portal: Portal, value: object) -> datetime | None:
    """Read a date; one without an offset is in the portal's own time."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=portal.now().tzinfo)


def _sorting(name: str) -> Callable[[Mapping[str, Any]], Any]:
    if name in _NUMBERS:
        return lambda row: php.to_int(row[name])
    return lambda row: str(row.get(name, ""))


def _selected(row: Mapping[str, Any], select: object) -> dict[str, Any]:
    names = {str(name).upper() for name in select} if isinstance(select, list) else set()
    return dict(row) if not names or "*" in names else {name: row[name] for name in row if name in names}
