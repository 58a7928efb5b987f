"""The CRM items that a dialog is saved as, in a few named fields (adjacent methods: crm.item.get)."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from bitrix24_dialogs.dialogs.card import Dialog, read_dialog
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.entity_data import CrmItem, CrmType
from bitrix24_dialogs.dialogs.portal_values import mapping, text, whole
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.dialogs.together import Read, read_together
from bitrix24_dialogs.gateway.errors import BadAnswer
from bitrix24_dialogs.presenting.fitting import fitted
from bitrix24_dialogs.presenting.untrusted import Cleaned, Untrusted

TYPE_IDS: Mapping[CrmType, int] = {"LEAD": 1, "DEAL": 2, "CONTACT": 3, "COMPANY": 4}

_METHOD = "crm.item.get"
_TITLE = 250
_COMMENTS = 1_000
_SOURCE = 250
_MOST_ADDRESSES = 10
_GONE = {"NOT_FOUND", "ACCESS_DENIED"}


@dataclass(frozen=True, kw_only=True)
class CrmCard:
    """A CRM item. ``comments_length``: characters, if they are cut."""

    type: CrmType
    id: int
    title: Untrusted | None = None
    name: Untrusted | None = None
    last_name: Untrusted | None = None
    company: Untrusted | None = None
    position: Untrusted | None = None
    stage: Untrusted | None = None
    amount: float | None = None
    currency: Untrusted | None = None
    phones: tuple[Untrusted, ...] = ()
    emails: tuple[Untrusted, ...] = ()
    more_addresses: Annotated[int | None, "further phones and e-mail addresses"] = None
    source: Untrusted | None = None
    comments: Untrusted | None = None
    comments_length: int | None = None
    responsible_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class CrmCards:
    """The CRM items of a dialog. ``no_access``: bound to it, but deleted, or not for you to read."""

    chat_id: int
    cards: tuple[CrmCard, ...] = ()
    no_access: tuple[CrmItem, ...] = ()
    left_out: Annotated[int | None, "cards that were too long to show"] = None
    why: str | None = None
    next: str | None = None


async def read_cards(desk: Desk, chat_id: int, kind: CrmType | None) -> CrmCards:
    """The items that a dialog is saved as; only the one of ``kind`` if that is given.

    Raises:
        DialogRefused: the dialog was not found, or its line is out of reach.
        PortalError: it, or CRM, could not be read.
    """
    dialog = await read_dialog(desk, {"CHAT_ID": chat_id})
    items = [item for item in dialog.crm if kind in {None, item.type}]
    if not items:
        what = f"The dialog is not saved as a {kind.lower()}" if kind else "The dialog is not saved to CRM"
        advice = _what_helps(dialog)
        return CrmCards(chat_id=chat_id, why=what, next=desk.advise(advice) if advice else None)
    answers = await read_together(desk, {item.type.lower(): item_read(item) for item in items})
    cards: list[CrmCard] = []
    no_access: list[CrmItem] = []
    for item in items:
        try:
            cards.append(card_of(desk, item, raw_item(answers[item.type.lower()], item)))
        except DialogRefused as refused:
            if refused.code.upper() not in _GONE:
                raise
            no_access.append(item)
    return fitted(cards, lambda shown: _cards(desk, chat_id, shown, cards, no_access))


def item_read(item: CrmItem) -> Read:
    """The read that brings an item."""
    return Read(_METHOD, {"entityTypeId": TYPE_IDS[item.type], "id": item.id})


def raw_item(result: object, item: CrmItem) -> Mapping[str, Any]:
    """The fields of an item in the portal's answer.

    Raises:
        BadAnswer: it is not this item.
    """
    fields = mapping(mapping(result).get("item"))
    if (
        whole(fields.get("id")) != item.id
        or whole(fields.get("entityTypeId") or TYPE_IDS[item.type]) != TYPE_IDS[item.type]
    ):
        raise BadAnswer(f"The portal's answer is not the {item.type.lower()}", "Try again in a minute")
    return fields


def card_of(desk: Desk, item: CrmItem, fields: Mapping[str, Any]) -> CrmCard:
    """The card of an item with these fields."""

    def line(name: str, limit: int = 100) -> Cleaned | None:
        return desk.words.name(text(fields.get(name)), limit) or None

    comments = desk.words.text(text(fields.get("comments")), _COMMENTS)
    phones, emails = _addresses(desk, fields, "PHONE"), _addresses(desk, fields, "EMAIL")
    return CrmCard(
        type=item.type,
        id=item.id,
        title=line("title", _TITLE),
        name=line("name"),
        last_name=line("lastName"),
        company=line("companyTitle"),
        position=line("post"),
        stage=line("stageId", 60),
        amount=_amount(fields.get("opportunity")),
        currency=line("currencyId", 10) if _amount(fields.get("opportunity")) else None,
        phones=phones[:_MOST_ADDRESSES],
        emails=emails[:_MOST_ADDRESSES],
        more_addresses=len(phones[_MOST_ADDRESSES:]) + len(emails[_MOST_ADDRESSES:]) or None,
        source=line("sourceDescription", _SOURCE),
        comments=comments.text or None,
        comments_length=comments.length if comments.is_cut else None,
        responsible_id=whole(fields.get("assignedById")) or None,
    )


def addresses_in(fields: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    """The phones (``PHONE``) or e-mail addresses (``EMAIL``) among an item's fields, as the portal keeps them."""
    for entry in mapping(fields.get("fm")).values():
        found = mapping(entry)
        if found.get("typeId") == kind and text(found.get("value")):
            yield found


def _addresses(desk: Desk, fields: Mapping[str, Any], kind: str) -> tuple[Cleaned, ...]:
    shown = [desk.words.name(text(entry["value"])) for entry in addresses_in(fields, kind)]
    return tuple(filter(None, shown))


def _amount(value: object) -> float | None:
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        return None
    return number if number and math.isfinite(number) else None


def _what_helps(dialog: Dialog) -> str | None:
    if dialog.crm:
        return f"{{crm_card_get}} without kind shows what it is saved as: {', '.join(one.type for one in dialog.crm)}"
    return "{crm_lead_create} saves an open dialog of yours"


def _cards(
    desk: Desk, chat_id: int, shown: Sequence[CrmCard], cards: Sequence[CrmCard], no_access: Sequence[CrmItem]
) -> CrmCards:
    missing = cards[len(shown) :]
    kinds = " or ".join(card.type.lower() for card in missing)
    return CrmCards(
        chat_id=chat_id,
        cards=tuple(shown),
        no_access=tuple(no_access),
        left_out=len(missing) or None,
        next=desk.advise(f"{{crm_card_get}} with kind={kinds}") if missing else None,
    )
