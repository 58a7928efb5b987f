"""Colleagues: found by name, or by number, for a dialog that is to be handed on (adjacent methods: user.search)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.portal_values import mapping, text, whole
from bitrix24_dialogs.gateway.errors import BadAnswer
from bitrix24_dialogs.presenting.untrusted import Untrusted

_SHOWN = 20
_NAMED = 5
_PAGE = 50  # what the portal gives in one answer
_FIELDS = ["ID", "ACTIVE", "NAME", "LAST_NAME", "WORK_POSITION", "IS_ONLINE", "USER_TYPE"]
_NO_EMPLOYEES = {"extranet", "email"}


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """An employee. ``online`` is left out where the portal does not tell."""

    id: int
    name: Untrusted
    position: Untrusted | None = None
    online: bool | None = None
    you: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Colleagues:
    """Employees that fit, dismissed ones excepted."""

    colleagues: tuple[Colleague, ...] = ()
    left_out: Annotated[int | None, "further ones that fit"] = None
    why: str | None = None
    next: str | None = None


async def find_colleagues(desk: Desk, who: str) -> Colleagues:
    """Employees by the beginnings of name, position or department, or by number.

    Raises:
        BadAnswer: the portal's answer is no list of employees.
        PortalError: it could not be searched.
    """
    found, unseen = await _look_up(desk, who)
    left_out = len(found[_SHOWN:]) + unseen
    return Colleagues(
        colleagues=tuple(found[:_SHOWN]),
        left_out=left_out or None,
        why=None if found else "No employee fits; the beginnings of words are compared, dismissed employees left out",
        next="Give more of the name" if left_out else None if found else "Try the family name alone",
    )


async def one_colleague(desk: Desk, who: str) -> Colleague:
    """The one employee that is meant by a number or a name.

    Raises:
        DialogRefused: nobody is, or several are.
        BadAnswer: the portal's answer is no list of employees.
        PortalError: it could not be searched.
    """
    found, unseen = await _look_up(desk, who)
    if not who.isdecimal():
        # quirk: the search looks at positions and departments, too, and a dialog must not go to the head of one
        found = [colleague for colleague in found if _begins_so(colleague.name, who)]
    meant = [colleague for colleague in found if _same_name(colleague.name, who)] or found
    if len(meant) == 1 and not unseen:
        return meant[0]
    if not found and not unseen:
        raise desk.refusal(
            f"There is no employee {who}; dismissed ones, bots and clients cannot take a dialog"
            if who.isdecimal()
            else "No employee has a name that begins so",
            "{colleague_find} finds colleagues and their numbers",
        )
    raise desk.refusal(
        f"The name fits {len(found) + unseen} employees",
        "Give the number of the one who is meant; {colleague_find} shows who is who",
        said=", ".join(f"{one.id} {one.name}" for one in meant[:_NAMED]),
    )


async def _look_up(desk: Desk, who: str) -> tuple[list[Colleague], int]:
    """Who fits and works here; and how many more fit, at least, that the portal's page does not hold."""
    me = await desk.me()
    by_number = who.isdecimal()
    method, wanted = ("user.get", {"ID": int(who)}) if by_number else ("user.search", {"FIND": who})
    result, total = await desk.read_page(method, {"FILTER": wanted, "select": _FIELDS})
    rows = [mapping(row) for row in result] if isinstance(result, list) else [{}]
    ids = [whole(row.get("ID")) for row in rows]
    if any(number < 1 or (by_number and number != int(who)) for number in ids):
        raise BadAnswer("The portal's answer is not the employees asked for", "Try again in a minute")
    unseen = int(len(rows) >= _PAGE) if total is None else max(0, total - len(rows))
    return [_colleague(desk, row, me) for row in rows if _works_here(row)], unseen


def _works_here(row: Mapping[str, Any]) -> bool:
    dismissed = row.get("ACTIVE") is False or row.get("ACTIVE") == "N"
    return not dismissed and text(row.get("USER_TYPE")) not in _NO_EMPLOYEES


def _colleague(desk: Desk, row: Mapping[str, Any], me: int) -> Colleague:
    number, online = whole(row.get("ID")), text(row.get("IS_ONLINE"))
    return Colleague(
        id=number,
        name=desk.words.name(f"{text(row.get('NAME'))} {text(row.get('LAST_NAME'))}"),
        position=desk.words.name(text(row.get("WORK_POSITION"))) or None,
        online=online == "Y" if online in {"Y", "N"} else None,
        you=True if number == me else None,
    )


def _begins_so(name: str, wanted: str) -> bool:
    """Whether each wanted word begins a word of the name."""
    words = _folded(name).split()
    return all(any(word.startswith(part) for word in words) for part in _folded(wanted).split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _same_name(name: str, wanted: str) -> bool:
    """Whether a name is the wanted one, in either order of its words."""
    return sorted(_folded(name).split()) == sorted(_folded(wanted).split())
