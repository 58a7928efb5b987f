"""Setting the fields of a dialog's lead that a conversation yields (adjacent methods: crm.item.update).

Names, title and source replace what is stored; a phone, an e-mail address and comments are added to it. So nothing that
somebody else has gathered is lost.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bitrix24_dialogs.dialogs.alone import alone_at
from bitrix24_dialogs.dialogs.card import Dialog, dialog_of
from bitrix24_dialogs.dialogs.change import not_verified, read_back, unexpected_answer
from bitrix24_dialogs.dialogs.crm_cards import TYPE_IDS, CrmCard, addresses_in, card_of, item_read, raw_item
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.entity_data import CrmItem
from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.dialogs.portal_values import mapping, text, whole
from bitrix24_dialogs.dialogs.sending import spoken
from bitrix24_dialogs.dialogs.together import Read, read_together
from bitrix24_dialogs.presenting.sanitise import one_line
from bitrix24_dialogs.presenting.untrusted import Untrusted

Field = Literal["title", "name", "last_name", "phone", "email", "source", "comments"]

_NAMES: Mapping[Field, str] = {
    "title": "title",
    "name": "name",
    "last_name": "lastName",
    "source": "sourceDescription",
}
_KINDS: Mapping[Field, str] = {"phone": "PHONE", "email": "EMAIL"}
_COMMENTS = "comments"
_MOST_REPLACED = 255
_PARAGRAPHS = re.compile(r"\[/?p\]", re.IGNORECASE)  # what a portal's editor makes of line ends
_NOT_DIGITS = re.compile(r"\D+")


@dataclass(frozen=True)
class Replaced:
    """A value that is gone from a lead."""

    field: Field
    value: Untrusted


@dataclass(frozen=True, kw_only=True)
class LeadUpdated:
    """What setting fields did. ``stored``: those that reading back showed to be new; ``replaced``: what stood there
    before; ``lead``: as it is now.
    """

    chat_id: int
    lead_id: int
    outcome: Literal["updated", "unchanged", "sent"]
    changed: bool | None = None
    verified: bool
    stored: tuple[Field, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    lead: CrmCard | None = None
    why: str | None = None
    next: str | None = None


async def update_lead(desk: Desk, chat_id: int, lead_id: int, wanted: Mapping[Field, str]) -> LeadUpdated:
    """Set fields of the lead that a dialog is saved as.

    Raises:
        InputError: no field was given.
        DialogRefused: the dialog is not saved as this lead, or the caller may not change it.
        PortalError: it could not be read or sent.
    """
    if not wanted:
        raise InputError("give at least one field to set")
    async with alone_at(desk, f"lead{lead_id}"):
        return await _update(desk, chat_id, lead_id, wanted)


async def _update(desk: Desk, chat_id: int, lead_id: int, wanted: Mapping[Field, str]) -> LeadUpdated:
    lead = CrmItem("LEAD", lead_id)
    before = await _before(desk, chat_id, lead)
    new = {name: value for name, value in wanted.items() if not _is_stored(desk, before, name, value)}
    if not new:
        return LeadUpdated(
            chat_id=chat_id,
            lead_id=lead_id,
            outcome="unchanged",
            changed=False,
            verified=True,
            lead=card_of(desk, lead, before),
            why="It is stored so already",
        )
    params = {"entityTypeId": TYPE_IDS["LEAD"], "id": lead_id, "fields": _fields(before, new)}
    answer = await desk.write("crm.item.update", params)
    if not desk.verify and whole(mapping(mapping(answer).get("item")).get("id")) != lead_id:
        raise unexpected_answer()
    after = await read_back(desk, f"lead {lead_id}", lambda: _read(desk, lead))
    if after is None:
        return LeadUpdated(
            chat_id=chat_id, lead_id=lead_id, outcome="sent", **not_verified(desk, "{crm_card_get} with this chat_id")
        )
    stored = tuple(name for name, value in new.items() if _is_stored(desk, after, name, value))
    missing = [name for name in new if name not in stored]
    kept = [name for name in missing if _raw(after, name) == _raw(before, name)]
    return LeadUpdated(
        chat_id=chat_id,
        lead_id=lead_id,
        outcome="updated" if stored else "unchanged",
        changed=bool(stored),
        verified=True,
        stored=stored,
        replaced=tuple(_replaced(desk, before, stored)),
        lead=card_of(desk, lead, after),
        why=_why([name for name in wanted if name not in new], kept, [name for name in missing if name not in kept]),
        next="Look at the lead as it is now, and have a person fill in the rest in Bitrix24" if missing else None,
    )


def _why(same: list[Field], kept: list[Field], other: list[Field]) -> str | None:
    said = (
        f"Stored so already: {', '.join(same)}" if same else "",
        f"CRM accepted the call, but left {', '.join(kept)} as it was" if kept else "",
        f"CRM holds something else for {', '.join(other)}: it changed the value, or somebody else did" if other else "",
    )
    return ". ".join(filter(None, said)) or None


def _replaced(desk: Desk, before: Mapping[str, Any], stored: Iterable[Field]) -> Iterator[Replaced]:
    for name in stored:
        if name in _NAMES and (value := desk.words.name(text(before.get(_NAMES[name])), _MOST_REPLACED)):
            yield Replaced(name, value)


def _raw(fields: Mapping[str, Any], name: Field) -> object:
    """What a field of the lead holds, to be compared only."""
    if kind := _KINDS.get(name):
        return sorted(text(entry["value"]) for entry in addresses_in(fields, kind))
    return text(fields.get(_NAMES.get(name, _COMMENTS)))


async def _before(desk: Desk, chat_id: int, lead: CrmItem) -> Mapping[str, Any]:
    """The lead before the change, once it is sure that it is the dialog's own."""
    reads = {"card": Read("imopenlines.dialog.get", {"CHAT_ID": chat_id}), "lead": item_read(lead)}
    answers = await read_together(desk, reads)
    dialog = dialog_of(desk, await desk.me(), answers["card"], {"CHAT_ID": chat_id})
    if lead not in dialog.crm:
        raise desk.refusal(*_other_lead(dialog, lead.id))
    return raw_item(answers["lead"], lead)


def _other_lead(dialog: Dialog, asked: int) -> tuple[str, str]:
    saved = next((item.id for item in dialog.crm if item.type == "LEAD"), None)
    if saved:
        return f"Lead {asked} is not this dialog's: that is lead {saved}", "Only the dialog's own lead can be changed"
    return "The dialog is not saved as a lead", "{crm_lead_create} saves an open dialog of yours, if its line is set so"


async def _read(desk: Desk, lead: CrmItem) -> Mapping[str, Any]:
    read = item_read(lead)
    return raw_item(await desk.read(read.method, read.params), lead)


def _is_stored(desk: Desk, fields: Mapping[str, Any], name: Field, value: str) -> bool:
    if kind := _KINDS.get(name):
        return any(_same_address(name, text(entry["value"]), value) for entry in addresses_in(fields, kind))
    stored = text(fields.get(_NAMES.get(name, _COMMENTS)))
    if name == _COMMENTS:
        return spoken(desk, value) in spoken(desk, _PARAGRAPHS.sub(" ", stored))
    return one_line(stored) == value


def _same_address(name: Field, stored: str, value: str) -> bool:
    if name == "email":
        return stored.strip().casefold() == value.casefold()
    return _NOT_DIGITS.sub("", stored) == _NOT_DIGITS.sub("", value)


def _fields(before: Mapping[str, Any], new: Mapping[Field, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {_NAMES[name]: value for name, value in new.items() if name in _NAMES}
    if comments := new.get("comments"):
        stored = text(before.get(_COMMENTS)).strip()
        fields[_COMMENTS] = f"{stored}\n\n{comments}" if stored else comments
    added = [(kind, new[name]) for name, kind in _KINDS.items() if name in new]
    if added:
        # What is there goes along under its own number: so it stays, whatever a portal makes of what is not named.
        fields["fm"] = {
            **{str(entry["id"]): dict(entry) for entry in _all_addresses(before)},
            **{
                f"n{place}": {"typeId": kind, "valueType": "WORK", "value": value}
                for place, (kind, value) in enumerate(added)
            },
        }
    return fields


def _all_addresses(fields: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    entries = [mapping(entry) for entry in mapping(fields.get("fm")).values()]
    return [entry for entry in entries if whole(entry.get("id")) > 0]
