"""Methods that show lines and their queues (adjacent methods: imopenlines.config.list.get, imopenlines.config.get)."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bitrix24_dialogs.portal import php
from bitrix24_dialogs.portal.chatdata import flag
from bitrix24_dialogs.portal.entities import Line, User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]
_PAGE, _LARGEST_PAGE = 50, 200
_SELECTION = {"select", "filter", "order", "limit", "offset"}
_OPTIONS = {"QUEUE", "CONFIG_QUEUE", "CHECK_PERMISSION"}
_FILTER_KEY = re.compile(r"(=|@|!=|!|%|)([A-Z_0-9]+)")


def config_list_get(portal: Portal, caller: User, params: Params) -> list[dict[str, Any]]:
    """`imopenlines.config.list.get`: lines with their settings, for every employee.

    Args:
        portal: the portal.
        caller: the acting user.
        params: PARAMS with select, filter, order, limit, offset; OPTIONS with QUEUE, CONFIG_QUEUE,
            CHECK_PERMISSION.

    Returns:
        The lines; quirk: settings are texts, dates are empty maps, but the queue's members are numbers.

    Raises:
        RestError: INVALID_FORMAT for an unknown key, field or direction, or a wrong type.
    """
    selection, options = _named(params, "PARAMS", _SELECTION), _named(params, "OPTIONS", _OPTIONS)
    lines = list(portal.state.lines.values())
    if action := options.get("CHECK_PERMISSION"):
        if action != "VIEW":
            raise _malformed("CHECK_PERMISSION")
        lines = [line for line in lines if caller.admin or caller.id in line.queue or line.last_editor == caller.id]
    rows = [(line, _settings(line)) for line in lines]
    for key, wanted in _map(selection, "filter").items():
        matches = _condition(key, wanted)
        rows = [(line, settings) for line, settings in rows if matches(settings)]
    for name, direction in reversed(_map(selection, "order").items()):
        if str(direction).upper() not in {"ASC", "DESC"}:
            raise _malformed(name)
        rows.sort(key=lambda row: _sortable(row[1], name), reverse=str(direction).upper() == "DESC")
    start = max(0, php.to_int(selection.get("offset")))
    size = min(_LARGEST_PAGE, php.to_int(selection.get("limit")) or _PAGE)
    names = selection.get("select") or []
    if not isinstance(names, list) or any(name not in _settings(Line(0, "")) for name in names):
        raise _malformed("select")
    return [_row(portal, line, settings, names, options) for line, settings in rows[start : start + size]]


def config_get(portal: Portal, _caller: User, params: Params) -> dict[str, Any] | bool:
    """`imopenlines.config.get`: the settings of one line, for every employee.

    Args:
        portal: the portal.
        params: CONFIG_ID; WITH_QUEUE and SHOW_OFFLINE, of which anything but Y means no.

    Returns:
        The settings; quirk: false for a line that does not exist, and the queue's members are texts here.

    Raises:
        RestError: CONFIG_ID_EMPTY.
    """
    number = php.to_int(params.get("CONFIG_ID"))
    if number <= 0:
        raise RestError("CONFIG_ID_EMPTY", "Config ID can't be empty")
    line = portal.state.lines.get(number)
    if line is None:
        return False
    with_queue, with_offline = (params.get(name, "Y") == "Y" for name in ("WITH_QUEUE", "SHOW_OFFLINE"))
    people = [user for user in _queue(portal, line) if with_queue and (with_offline or user.available)]
    settings = _settings(line)
    return {
        **settings,
        "WORKTIME_DAYOFF": settings["WORKTIME_DAYOFF"].split(","),
        "WORKTIME_HOLIDAYS": settings["WORKTIME_HOLIDAYS"].split(","),
        "QUEUE": [str(user.id) for user in people],
        "QUEUE_FULL": php.encoded_map(
            {
                user.id: {
                    "ID": str(line.id * 100 + place),
                    "SORT": str(place),
                    "USER_ID": str(user.id),
                    "DEPARTMENT_ID": "0",
                    **_shown(line, user),
                }
                for place, user in enumerate(people)
            }
        ),
        "QUEUE_USERS_FIELDS": php.encoded_map({user.id: _shown(line, user) for user in people}),
        "QUEUE_ONLINE": flag(any(user.available for user in people)),
    }


def _named(params: Params, name: str, known: set[str]) -> dict[str, Any]:
    """Return a parameter that is a map; quirk: one that is no map counts as not given."""
    given = params.get(name)
    if not given or not isinstance(given, dict):
        return {}
    for key in given:
        if key not in known:
            raise _malformed(key)
    return given


def _map(selection: Mapping[str, Any], name: str) -> dict[str, Any]:
    given = selection.get(name) or {}
    if not isinstance(given, dict):
        raise _malformed(name)
    return given


def _condition(key: str, wanted: object) -> Callable[[Mapping[str, Any]], bool]:
    found = _FILTER_KEY.fullmatch(key)
    if found is None or found[2] not in _settings(Line(0, "")):
        raise _malformed(key)
    sign, name = found.groups()
    values = [str(value) for value in (wanted if isinstance(wanted, list) else [wanted])]
    if sign == "%":
        return lambda settings: any(value.lower() in str(settings[name]).lower() for value in values)
    if sign.startswith("!"):
        return lambda settings: settings[name] not in values
    return lambda settings: settings[name] in values


def _sortable(settings: Mapping[str, Any], name: str) -> tuple[int, str]:
    if name not in settings:
        raise _malformed(name)
    return php.to_int(settings[name]), str(settings[name])


def _malformed(what: str) -> RestError:
    return RestError("INVALID_FORMAT", f"Invalid format of {what}")


def _row(
    portal: Portal, line: Line, settings: dict[str, Any], names: list[str], options: Mapping[str, Any]
) -> dict[str, Any]:
    row = {name: settings[name] for name in names} if names else settings
    people = _queue(portal, line)
    if options.get("QUEUE") == "Y":
        row |= {
            "QUEUE": [user.id for user in people],
            "QUEUE_USERS_FIELDS": php.encoded_map({user.id: _shown(line, user) for user in people}),
        }
    if options.get("CONFIG_QUEUE") == "Y":
        row["CONFIG_QUEUE"] = [{"ENTITY_ID": str(user.id), "ENTITY_TYPE": "user"} for user in people]
    return row


def _queue(portal: Portal, line: Line) -> list[User]:
    """Return the active employees of a queue, in its order."""
    users = (portal.state.users.get(user_id) for user_id in line.queue)
    return [user for user in users if user is not None and user.active]


def _shown(line: Line, user: User) -> dict[str, str | None]:
    """Return what clients see of an employee; quirk: null for one who appears under his own name."""
    name = line.shown_names.get(user.id)
    return {
        "USER_NAME": name,
        "USER_WORK_POSITION": (user.position or None) if name else None,
        "USER_AVATAR": None,
        "USER_AVATAR_ID": "0",
    }


def _settings(line: Line) -> dict[str, Any]:
    """Return a line's own record: texts, as the database keeps them."""
    return {
        "ID": str(line.id),
        "ACTIVE": flag(line.active),
        "LINE_NAME": line.name,
        "CRM": flag(line.crm),
        "CRM_CREATE": line.crm_mode,
        "CRM_FORWARD": "Y",
        "CRM_TRANSFER_CHANGE": flag(line.change_responsible),
        "CRM_SOURCE": "create",
        "QUEUE_TIME": str(line.queue_seconds),
        "NO_ANSWER_TIME": "60",
        "NO_ANSWER_RULE": "none",
        "QUEUE_TYPE": line.queue_type,
        "CHECK_AVAILABLE": flag(line.checks_availability),
        "MAX_CHAT": "0",
        "TYPE_MAX_CHAT": "answered_new",
        "WATCH_TYPING": "Y",
        "WELCOME_BOT_ENABLE": flag(bool(line.welcome_bot)),
        "WELCOME_BOT_ID": str(line.welcome_bot),
        "WELCOME_MESSAGE": "N",
        "VOTE_MESSAGE": flag(line.vote_request),
        "WORKTIME_ENABLE": flag(bool(line.work_from)),
        "WORKTIME_FROM": line.work_from or "9",
        "WORKTIME_TO": line.work_to or "18.30",
        "WORKTIME_TIMEZONE": line.time_zone,
        "WORKTIME_DAYOFF": "",
        "WORKTIME_HOLIDAYS": "",
        "CLOSE_RULE": "text" if line.closing_text else "none",
        "CLOSE_TEXT": line.closing_text,
        "AUTO_CLOSE_RULE": "none",
        "AUTO_CLOSE_TIME": str(line.auto_close_seconds),
        "OPERATOR_DATA": "queue" if line.shown_names else "profile",
        "SESSION_PRIORITY": "0",
        "LANGUAGE_ID": "en",
        "TEMPORARY": "N",
        "XML_ID": None,
        "MODIFY_USER_ID": str(line.last_editor),
        "DATE_CREATE": {},  # quirk: a PHP date serialised to nothing
        "DATE_MODIFY": {},
    }
