"""The kinds of argument with which dialogs and sessions are listed and found."""

import unicodedata
from datetime import date, datetime, timedelta
from typing import Annotated, get_args

from bitrix24_dialogs.dialogs import identifiers
from bitrix24_dialogs.dialogs.card import State
from bitrix24_dialogs.dialogs.finding import CrmKind
from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.dialogs.inbox import Order
from bitrix24_dialogs.dialogs.together import MOST_READS
from bitrix24_dialogs.toolbox.arguments import Argument
from bitrix24_dialogs.tools.arguments import NUMBER, TEXT, between, one_of, switch

USUAL_PAGE = 20

_MOST_ROWS = MOST_READS  # of a page the dialogs' cards are read together
_LARGEST_OFFSET = 100_000
_SHORTEST_PHRASE = 2
_LONGEST_PHRASE = 100
_DAY = len("2026-03-01")


def _rows(value: object) -> int:
    return between(1, _MOST_ROWS, value, f"must be a whole number from 1 to {_MOST_ROWS}")


def _offset(value: object) -> int:
    return between(0, _LARGEST_OFFSET, value, f"must be a whole number from 0 to {_LARGEST_OFFSET}")


def _phrase(value: object) -> str:
    phrase = unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else ""
    if not _SHORTEST_PHRASE <= len(phrase) <= _LONGEST_PHRASE or not phrase.isprintable():
        raise InputError(f"must be one line of {_SHORTEST_PHRASE} to {_LONGEST_PHRASE} characters")
    return phrase


def _from(value: object) -> str:
    return _moment(value)[0]


def _before(value: object) -> str:
    """The first moment that no longer counts; a day counts to its end."""
    moment, day = _moment(value)
    return (day + timedelta(days=1)).strftime("%Y-%m-%dT00:00:00") if day else moment


def _moment(value: object) -> tuple[str, date | None]:
    """A moment as the portal takes it, and the day if it is just that. Without an offset it is in the portal's time."""
    given = value.strip() if isinstance(value, str) else ""
    try:
        read = datetime.fromisoformat(given)
    except ValueError:
        read = datetime.min  # noqa: DTZ901 - stands for no date at all
    if not date.min.year < read.year < date.max.year:  # the next day has to exist, too
        raise InputError("must be a day or a time in ISO 8601, e.g. 2026-03-01 or 2026-03-01T09:00:00+03:00")
    return read.isoformat(timespec="seconds"), read.date() if len(given) <= _DAY else None


def is_before(since: str, until: str) -> bool:
    """Whether ``since`` comes before ``until``; where only one has an offset the portal alone knows."""
    first, second = datetime.fromisoformat(since), datetime.fromisoformat(until)
    return (first.tzinfo is None) is not (second.tzinfo is None) or first < second


def _choice(names: tuple[str, ...], description: str) -> Argument:
    return Argument(one_of(names), {"type": "string", "enum": list(names)}, description)


StateFilter = Annotated[State, _choice(get_args(State), "Only these; waiting: nobody has accepted yet.")]
LineFilter = Annotated[int, Argument(identifiers.positive_number, NUMBER, "Only of this line, e.g. 22.")]
UnreadFilter = Annotated[
    bool, Argument(switch, {"type": "boolean"}, "true: only with unread messages; false: without.")
]
TextFilter = Annotated[str, Argument(_phrase, TEXT, "Only with this in the title or the last message.")]
OrderChoice = Annotated[Order, _choice(get_args(Order), "Default newest; longest_waiting: clients who wait, first.")]
RowLimit = Annotated[
    int, Argument(_rows, {"type": "integer", "minimum": 1, "maximum": _MOST_ROWS}, "Most rows wanted; default 20.")
]
Offset = Annotated[int, Argument(_offset, {"type": "integer", "minimum": 0}, "Rows to skip; `next` tells it.")]
ClientName = Annotated[
    str, Argument(_phrase, TEXT, "Client's name or dialog's title, or the beginning of a word in it.")
]
CrmType = Annotated[CrmKind, _choice(get_args(CrmKind), "With crm_id: the kind of CRM item.")]
CrmId = Annotated[int, Argument(identifiers.positive_number, NUMBER, "With crm_type: the CRM item's number.")]
PastOf = Annotated[
    int, Argument(identifiers.chat_number, NUMBER, "A dialog's chat_id: list its client's sessions instead.")
]
OperatorFilter = Annotated[
    int, Argument(identifiers.positive_number, NUMBER, "Only of this employee, by user number, e.g. 7.")
]
Since = Annotated[str, Argument(_from, TEXT, "Begun on this day or later, e.g. 2026-03-01; or an ISO 8601 time.")]
Until = Annotated[str, Argument(_before, TEXT, "Begun by the end of this day, or before this time.")]
