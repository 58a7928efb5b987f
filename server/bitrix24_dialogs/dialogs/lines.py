"""Lines, their queues and settings (adjacent methods: imopenlines.config.list.get, imopenlines.config.get)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.portal_values import mapping, numbers, text, whole
from bitrix24_dialogs.gateway.errors import BadAnswer
from bitrix24_dialogs.presenting.untrusted import Cleaned, Untrusted

Distribution = Literal["evenly", "strictly", "all"]
CrmCreation = Literal["none", "lead", "deal"]

LIST = "imopenlines.config.list.get"

_SHOWN_LINES = 25
_MOST_LINES = 200  # what the portal gives in one answer
_SHOWN_IDS = 30
_SHOWN_PEOPLE = 30
_CLOSING_TEXT = 1_000
_FIELDS = ["ID", "LINE_NAME", "ACTIVE", "QUEUE_TYPE", "CRM", "CRM_CREATE"]
_TIME = re.compile(r"(\d{1,2})(?:\.(\d{1,2}))?")

_AGAIN = "Try again in a minute"


@dataclass(frozen=True, kw_only=True)
class LineInList:
    """A line in short. ``queue`` holds the first of the employees' numbers, ``queue_size`` counts them all."""

    id: int
    name: Untrusted
    active: bool
    distribution: Annotated[Distribution | None, "all: offered to everybody at once"] = None
    crm: Annotated[CrmCreation | None, "what a new dialog creates"] = None
    queue: tuple[int, ...] = ()
    queue_size: int
    you_are_in_queue: bool


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Some of the lines, by number."""

    lines: tuple[LineInList, ...] = ()
    left_out: Annotated[int | None, "further lines, at least"] = None
    why: str | None = None
    next: str | None = None


@dataclass(frozen=True, kw_only=True)
class QueueMember:
    """An employee of a queue; ``shown_as`` is what clients see where it is not the employee's own name."""

    id: int
    shown_as: Untrusted | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line. ``queue`` is cut to the first, ``queue_size`` counts all."""

    id: int
    name: Untrusted
    active: bool
    distribution: Annotated[Distribution | None, "all: offered to everybody at once"] = None
    queue: tuple[QueueMember, ...] = ()
    queue_size: int
    you_are_in_queue: bool
    somebody_online: bool
    checks_availability: Annotated[bool, "offers dialogs only to employees at work"]
    seconds_to_answer: Annotated[int | None, "before the next in the queue gets it"] = None
    most_dialogs: Annotated[int | None, "that one employee may have"] = None
    crm: Annotated[CrmCreation | None, "what a new dialog creates"] = None
    crm_follows_operator: Annotated[bool, "a new operator becomes responsible in CRM"]
    welcome_bot_id: int | None = None
    closing_text: Untrusted | None = None
    asks_for_rating: Annotated[bool, "when a dialog is finished"]
    works_from: str | None = None
    works_to: str | None = None
    time_zone: Untrusted | None = None

    @property
    def others_in_queue(self) -> int:
        """How many employees are in the queue besides the caller."""
        return self.queue_size - self.you_are_in_queue


def selection(desk: Desk, fields: Sequence[str]) -> dict[str, Any]:
    """What asks the portal for ``fields`` of the lines in reach. Not every portal understands the filter."""
    wanted: dict[str, Any] = {"select": fields, "order": {"ID": "ASC"}, "limit": _MOST_LINES}
    return {**wanted, "filter": {"@ID": sorted(desk.lines)}} if desk.lines else wanted


async def list_lines(desk: Desk, offset: int) -> Lines:
    """The lines in reach, without the first ``offset``.

    Raises:
        BadAnswer: the portal's answer is no list of lines.
        PortalError: they could not be read.
    """
    me = await desk.me()
    params = {"PARAMS": {**selection(desk, _FIELDS), "offset": offset}, "OPTIONS": {"QUEUE": "Y"}}
    result = await desk.read(LIST, params)
    if not isinstance(result, list | Mapping):
        raise BadAnswer("The portal's answer is no list of lines", _AGAIN)
    rows = [_checked(row) for row in mapping(result).values()]
    if desk.lines:  # whatever the portal made of the filter
        rows = [row for row in rows if whole(row.get("ID")) in desk.lines]
    left_out = max(0, len(rows) - _SHOWN_LINES)
    return Lines(
        lines=tuple(_in_list(desk, row, me) for row in rows[:_SHOWN_LINES]),
        left_out=left_out or None,
        why=None if rows else "There are no further lines" if offset else "There is no line in reach",
        next=f"offset={offset + _SHOWN_LINES} shows the lines after these" if left_out else None,
    )


async def get_line(desk: Desk, line_id: int) -> Line:
    """One line with its settings.

    Raises:
        DialogRefused: it is out of reach, or there is none.
        BadAnswer: the portal's answer is not this line.
        PortalError: it could not be read.
    """
    require_reach(desk, line_id)
    me = await desk.me()
    found = await desk.read("imopenlines.config.get", {"CONFIG_ID": line_id, "WITH_QUEUE": "Y", "SHOW_OFFLINE": "Y"})
    if found is False:  # quirk: no error for a line that does not exist
        raise desk.refusal(f"There is no line {line_id}", "{lines_list} shows the lines")
    row = _checked(found)
    if whole(row["ID"]) != line_id:
        raise BadAnswer("The portal's answer is not this line", _AGAIN)
    queue, shown = numbers(row.get("QUEUE")), mapping(row.get("QUEUE_USERS_FIELDS"))
    keeps_hours = _yes(row, "WORKTIME_ENABLE")
    return Line(
        id=line_id,
        name=desk.words.name(text(row.get("LINE_NAME"))),
        active=_yes(row, "ACTIVE"),
        distribution=_distribution(row),
        queue=tuple(_member(desk, user_id, shown) for user_id in queue[:_SHOWN_PEOPLE]),
        queue_size=len(queue),
        you_are_in_queue=me in queue,
        somebody_online=_yes(row, "QUEUE_ONLINE"),
        checks_availability=_yes(row, "CHECK_AVAILABLE"),
        seconds_to_answer=_positive(row, "QUEUE_TIME"),
        most_dialogs=_positive(row, "MAX_CHAT"),
        crm=_crm(row),
        crm_follows_operator=_yes(row, "CRM_TRANSFER_CHANGE"),
        welcome_bot_id=_positive(row, "WELCOME_BOT_ID") if _yes(row, "WELCOME_BOT_ENABLE") else None,
        closing_text=_closing_text(desk, row),
        asks_for_rating=_yes(row, "VOTE_MESSAGE"),
        works_from=_time(row, "WORKTIME_FROM") if keeps_hours else None,
        works_to=_time(row, "WORKTIME_TO") if keeps_hours else None,
        time_zone=(desk.words.name(text(row.get("WORKTIME_TIMEZONE"))) or None) if keeps_hours else None,
    )


def require_reach(desk: Desk, line_id: int) -> None:
    """Let a line pass only if it is in reach.

    Raises:
        DialogRefused: it is not.
    """
    if desk.lines and line_id not in desk.lines:
        raise desk.refusal(
            f"Line {line_id} is out of reach here",
            "The setting BITRIX24_LINES names the lines that this server may work with",
        )


def _checked(found: object) -> Mapping[str, Any]:
    row = mapping(found)
    if whole(row.get("ID")) < 1:
        raise BadAnswer("The portal's answer is no line", _AGAIN)
    return row


def _in_list(desk: Desk, row: Mapping[str, Any], me: int) -> LineInList:
    queue = numbers(row.get("QUEUE"))
    return LineInList(
        id=whole(row.get("ID")),
        name=desk.words.name(text(row.get("LINE_NAME"))),
        active=_yes(row, "ACTIVE"),
        distribution=_distribution(row),
        crm=_crm(row),
        queue=queue[:_SHOWN_IDS],
        queue_size=len(queue),
        you_are_in_queue=me in queue,
    )


def _member(desk: Desk, user_id: int, shown: Mapping[str, Any]) -> QueueMember:
    # quirk: a name only of who appears to clients under another than the own
    name = desk.words.name(text(mapping(shown.get(str(user_id))).get("USER_NAME")))
    return QueueMember(id=user_id, shown_as=name or None)


def _yes(row: Mapping[str, Any], name: str) -> bool:
    return row.get(name) == "Y"


def _positive(row: Mapping[str, Any], name: str) -> int | None:
    number = whole(row.get(name))
    return number if number > 0 else None


def _distribution(row: Mapping[str, Any]) -> Distribution | None:
    return next((kind for kind in get_args(Distribution) if kind == row.get("QUEUE_TYPE")), None)


def _crm(row: Mapping[str, Any]) -> CrmCreation | None:
    kind = row.get("CRM_CREATE") if _yes(row, "CRM") else "none"
    return next((known for known in get_args(CrmCreation) if known == kind), None)


def _closing_text(desk: Desk, row: Mapping[str, Any]) -> Cleaned | None:
    if row.get("CLOSE_RULE") != "text":
        return None
    return desk.words.text(text(row.get("CLOSE_TEXT")), _CLOSING_TEXT).text or None


def _time(row: Mapping[str, Any], name: str) -> str | None:
    """A time of the day; quirk: the portal writes half past six as 18.30 and nine as 9."""
    found = _TIME.fullmatch(text(row.get(name)))
    return f"{int(found[1]):02}:{(found[2] or '').ljust(2, '0')}" if found else None
