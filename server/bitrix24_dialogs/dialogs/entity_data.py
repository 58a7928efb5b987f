"""The strings in which a chat keeps its dialog's state (behaviour 4)."""

from dataclasses import dataclass
from typing import Literal

from bitrix24_dialogs.dialogs.portal_values import whole

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

    ``crm`` is the most advanced item bound; ``session_id`` and ``moved_to_line`` are 0 where there is none;
    ``session_started`` is in unix seconds; so is ``replies_until``, until when the channel takes replies: 0 where it
    always does.
    """

    crm_saved: bool
    crm: CrmItem | None
    pinned: bool
    closing: bool
    session_id: int
    session_started: int
    moved_to_line: int
    replies_until: int


def parse_entity_data(text: str) -> EntityData:
    """Read ``entity_data_1``; a chat without any session has an empty string, and positions may be missing."""
    parts = text.split("|") if text else []

    def at(position: int) -> str:
        return parts[position - 1] if len(parts) >= position else ""

    return EntityData(
        crm_saved=at(1) == "Y",
        crm=_crm_item(at(2), at(3)),
        pinned=at(4) == "Y",
        closing=at(5) == "Y",
        session_id=_positive(at(6)),
        session_started=_positive(at(7)),
        moved_to_line=_positive(at(8)),
        replies_until=_positive(at(9)),
    )


def parse_crm_items(text: str) -> tuple[CrmItem, ...]:
    """Read ``entity_data_2``, name and id in turn; the order of the pairs is not relied on."""
    parts = text.split("|")
    pairs = dict(zip(parts[::2], parts[1::2], strict=False))
    items = (_crm_item(kind, pairs.get(kind, "")) for kind in _CRM_TYPES)
    return tuple(item for item in items if item)


def _crm_item(kind: str, number: str) -> CrmItem | None:
    known = next((name for name in _CRM_TYPES if name == kind), None)
    return CrmItem(known, _positive(number)) if known and _positive(number) else None


def _positive(digits: str) -> int:
    return max(0, whole(digits))
