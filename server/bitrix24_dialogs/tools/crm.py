"""Tools for the CRM items that a dialog is saved as."""

import re
from collections.abc import Callable
from typing import Annotated

from bitrix24_dialogs.dialogs import crm_cards, identifiers, lead_fields
from bitrix24_dialogs.dialogs.crm_cards import CrmCards
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.entity_data import CrmType
from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.dialogs.lead_fields import Field, LeadUpdated
from bitrix24_dialogs.presenting.outgoing import plain_outgoing
from bitrix24_dialogs.presenting.sanitise import one_line
from bitrix24_dialogs.toolbox.arguments import Argument
from bitrix24_dialogs.toolbox.declaration import Effect, tool
from bitrix24_dialogs.tools import questions
from bitrix24_dialogs.tools.arguments import NUMBER, ChatId, one_of, some_text

# What CRM stores of each field.
_TITLE = 255
_NAME = 50
_ADDRESS = 250
_COMMENTS = 5_000

_KINDS: dict[str, CrmType] = {"lead": "LEAD", "deal": "DEAL", "contact": "CONTACT", "company": "COMPANY"}
_EMAIL = re.compile(r"[^\s@<>\"(),;:\[\]]{1,64}@[^\s@<>\"(),;:\[\]]+\.[^\s@<>\"(),;:\[\].]{2,}")
_PHONE = re.compile(r"\+?[\d ().-]{5,40}", re.ASCII)
_FEWEST_DIGITS, _MOST_DIGITS = 5, 15


def _kind(value: object) -> CrmType:
    return _KINDS[one_of(tuple(_KINDS))(value)]


def _line(longest: int) -> Callable[[object], str]:
    def parse(value: object) -> str:
        line = one_line(some_text(value))
        if not 0 < len(line) <= longest:
            raise InputError(f"must be one line of 1 to {longest} characters; leave it out to keep the stored one")
        return line

    return parse


def _comments(value: object) -> str:
    plain = plain_outgoing(some_text(value))
    if not 0 < len(plain) <= _COMMENTS:
        raise InputError(f"must have 1 to {_COMMENTS} characters")
    return plain


def _phone(value: object) -> str:
    phone = one_line(some_text(value))
    digits = sum(char.isdecimal() for char in phone)
    if not _PHONE.fullmatch(phone) or not _FEWEST_DIGITS <= digits <= _MOST_DIGITS:
        raise InputError("must be a phone number, for example +1 202 555 0143")
    return phone


def _email(value: object) -> str:
    email = one_line(some_text(value))
    if len(email) > _ADDRESS or not _EMAIL.fullmatch(email):
        raise InputError("must be an e-mail address, for example anna@example.com")
    return email


def _words(longest: int, description: str) -> Argument:
    return Argument(_line(longest), {"type": "string", "maxLength": longest}, description)


Kind = Annotated[
    CrmType, Argument(_kind, {"type": "string", "enum": list(_KINDS)}, "Only this one; default: all it is saved as.")
]
LeadId = Annotated[
    int,
    Argument(
        identifiers.positive_number,
        NUMBER,
        "The dialog's lead, e.g. 1208; from crm_card_get or dialog_get.",
    ),
]
Title = Annotated[str, _words(_TITLE, "Replaces the lead's title.")]
Name = Annotated[str, _words(_NAME, "Replaces the client's first name.")]
LastName = Annotated[str, _words(_NAME, "Replaces the client's last name.")]
Phone = Annotated[str, Argument(_phone, {"type": "string"}, "Added to the phones, e.g. +1 202 555 0143.")]
Email = Annotated[str, Argument(_email, {"type": "string"}, "Added to the e-mail addresses.")]
Source = Annotated[str, _words(_TITLE, "Replaces the note on where the client comes from.")]
Comments = Annotated[
    str, Argument(_comments, {"type": "string", "maxLength": _COMMENTS}, "Plain text, added below the comments.")
]


@tool(
    method="crm.item.get",
    title="Look at a dialog's CRM items",
    effect=Effect.READ,
    idempotent=True,
    toolset="crm",
    scope="crm",
)
async def crm_card_get(desk: Desk, *, chat_id: ChatId, kind: Kind | None = None) -> CrmCards:
    """Show the lead, deal, contact and company that a dialog is saved as: names, phones, e-mail addresses, stage,
    amount, source, comments, responsible employee.

    Only what your CRM rights allow.
    """
    return await crm_cards.read_cards(desk, chat_id, kind)


@tool(
    method="crm.item.update",
    title="Fill in a dialog's lead",
    effect=Effect.DESTRUCTIVE,
    idempotent=True,
    toolset="crm",
    scope="crm",
    settled_by="{crm_card_get} with the same chat_id",
    question=questions.fill_lead,
)
async def crm_lead_update(
    desk: Desk,
    *,
    chat_id: ChatId,
    lead_id: LeadId,
    title: Title | None = None,
    name: Name | None = None,
    last_name: LastName | None = None,
    phone: Phone | None = None,
    email: Email | None = None,
    source: Source | None = None,
    comments: Comments | None = None,
) -> LeadUpdated:
    """Set fields of the lead that a dialog is saved as, with what the conversation has yielded. Give only what is new.

    Says which are stored now. Only the dialog's own lead can be changed; crm_lead_create makes one.
    """
    given: dict[Field, str | None] = {
        "title": title,
        "name": name,
        "last_name": last_name,
        "phone": phone,
        "email": email,
        "source": source,
        "comments": comments,
    }
    wanted = {field: value for field, value in given.items() if value is not None}
    return await lead_fields.update_lead(desk, chat_id, lead_id, wanted)
