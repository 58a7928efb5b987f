"""Methods that find employees (adjacent methods: user.search, user.get)."""

from collections.abc import Iterable, Mapping
from typing import Any

from bitrix24_dialogs.portal import php
from bitrix24_dialogs.portal.chatdata import flag
from bitrix24_dialogs.portal.entities import User, Webhook
from bitrix24_dialogs.portal.pages import Page, legacy_page
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]
_CONTROLS = {"SORT", "ORDER", "SELECT", "ADMIN_MODE", "START", "IMAGE_RESIZE", "FILTER"}
_FIND = "FIND"


def user_get(portal: Portal, webhook: Webhook, params: Params) -> Page:
    """`user.get`: employees by their fields; no bots, no clients.

    Args:
        portal: the portal.
        webhook: whose scopes decide which fields are shown.
        params: FILTER, or the fields themselves; select; start.

    Returns:
        The employees, dismissed ones too; an unknown field in the filter matches nobody.
    """
    wanted = {name: value for name, value in _filter(params).items() if name != _FIND}
    found = (user for user in _staff(portal) if all(_matches(user, name, value) for name, value in wanted.items()))
    return _page(webhook, params, found)


def user_search(portal: Portal, webhook: Webhook, params: Params) -> Page:
    """`user.search`: employees by the beginnings of their names' and position's words.

    Args:
        portal: the portal.
        webhook: whose scopes decide which fields are shown.
        params: FILTER with FIND alone, or with fields; select; start.

    Returns:
        The employees, dismissed ones too; quirk: everybody for an empty phrase.
    """
    wanted = _filter(params)
    phrase = php.to_text(wanted.pop(_FIND, "")).lower().split()
    found = (
        user
        for user in _staff(portal)
        if all(any(known.startswith(word) for known in _words(user)) for word in phrase)
        and all(_matches(user, name, value) for name, value in wanted.items())
    )
    return _page(webhook, params, found)


def _staff(portal: Portal) -> list[User]:
    return sorted((user for user in portal.state.users.values() if user.kind == "employee"), key=lambda user: user.id)


def _filter(params: Params) -> dict[str, Any]:
    named = {name.upper(): value for name, value in params.items()}
    given = named.get("FILTER")
    if isinstance(given, dict):
        return {name.upper(): value for name, value in given.items()}
    return {name: value for name, value in named.items() if name not in _CONTROLS}


def _words(user: User) -> list[str]:
    return f"{user.first_name} {user.last_name} {user.position}".lower().split()


def _matches(user: User, name: str, wanted: object) -> bool:
    fields = {**_fields(user), "USER_TYPE": _type(user)}
    known = fields.get(name.lstrip("=@"))
    values = wanted if isinstance(wanted, list) else [wanted]
    if isinstance(known, bool):
        return any((str(value) in {"True", "true", "Y", "1"}) == known for value in values)
    return str(known) in [str(value) for value in values]


def _page(webhook: Webhook, params: Params, users: Iterable[User]) -> Page:
    named = {name.upper(): value for name, value in params.items()}
    contacts = not {"user", "user_basic"}.isdisjoint(webhook.scopes)
    select = named.get("SELECT")
    rows = [_fields(user, contacts=contacts) for user in users]
    if isinstance(select, list) and select and "*" not in select:
        rows = [{name: value for name, value in row.items() if name in select} for row in rows]
    return legacy_page(rows, php.to_int(named.get("START")))


def _fields(user: User, *, contacts: bool = False) -> dict[str, Any]:
    """Return what is shown of an employee; contact data and the type need a wider scope than user_brief."""
    fields: dict[str, Any] = {
        "ID": str(user.id),
        "XML_ID": str(user.id),
        "ACTIVE": user.active,
        "NAME": user.first_name,
        "LAST_NAME": user.last_name,
        "SECOND_NAME": "",
        "TITLE": None,
        "IS_ONLINE": flag(user.active and user.available),
        "TIME_ZONE": "",
        "TIMESTAMP_X": {},  # quirk: a PHP date serialised to nothing
        "LAST_ACTIVITY_DATE": {},
        "PERSONAL_GENDER": user.gender,
        "WORK_POSITION": user.position,
        "UF_DEPARTMENT": list(user.departments),
    }
    if contacts:
        fields |= {"EMAIL": f"{user.first_name}.{user.last_name}@portal.example".lower(), "USER_TYPE": _type(user)}
    return fields


def _type(user: User) -> str:
    return "extranet" if user.extranet else "employee"
