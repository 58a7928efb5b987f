"""The strings in which a chat keeps its dialog's state (behaviour 4)."""

from dataclasses import dataclass
from typing import Literal

CrmType = Literal["LEAD", "DEAL", "CONTACT", "COMPANY"]
_CRM_TYPES: tuple[CrmType, ...] = ("LEAD", "DEAL", "CONTACT", "COMPANY")


@dataclass(frozen=True)
class CrmItem:
    """A CRM item bound to a dialog."""

    type: CrmType
    id: int


@dataclass(frozen=True)
class EntityData:
    """``entity_data_1``: ten values, of which these matter here.

    ``session_id`` and ``moved_to_line`` are 0 where there is none; ``session_started`` is in unix seconds.
    """

    crm_saved: bool
    pinned: bool
    closing: bool
    session_id: int
    session_started: int
    moved_to_line: int


def parse_entity_data(text: str) -> EntityData:
    """Read ``entity_data_1``; a chat without any session has an empty string, and positions may be missing."""
    parts = text.split("|") if text else []

    def at(position: int) -> str:
        return parts[position - 1] if len(parts) >= position else ""

    return EntityData(
        crm_saved=at(1) == "Y",
        pinned=at(4) == "Y",
        closing=at(5) == "Y",
        session_id=_number(at(6)),
        session_started=_number(at(7)),
        moved_to_line=_number(at(8)),
    )


def parse_crm_items(text: str) -> tuple[CrmItem, ...]:
    """Read ``entity_data_2``, name and id in turn; the order of the pairs is not relied on."""
    parts = text.split("|")
    pairs = dict(zip(parts[::2], parts[1::2], strict=False))
    return tuple(CrmItem(kind, number) for kind in _CRM_TYPES if (number := _number(pairs.get(kind, ""))))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
