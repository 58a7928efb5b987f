"""Methods that read and change CRM cards (adjacent methods: crm.item.get, crm.item.update)."""

from collections.abc import Mapping
from typing import Any

from bitrix24_dialogs.portal import php
from bitrix24_dialogs.portal.access import can_read_item
from bitrix24_dialogs.portal.cards import stamp
from bitrix24_dialogs.portal.entities import CrmItem, CrmType, User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.php import encoded_map
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]
TYPES: Mapping[int, CrmType] = {1: "LEAD", 2: "DEAL", 3: "CONTACT", 4: "COMPANY"}

_PERSON = ("name", "lastName", "secondName", "post", "honorific")
_SOURCE = ("sourceId", "sourceDescription", "comments", "opened")
_AMOUNT = ("stageId", "opportunity", "currencyId")
# Every type has its own fields; what is no field of a type is passed over in silence.
_FIELDS: Mapping[CrmType, tuple[str, ...]] = {
    "LEAD": ("title", *_PERSON, "companyTitle", *_SOURCE, *_AMOUNT, "statusDescription"),
    "DEAL": ("title", *_SOURCE, *_AMOUNT, "additionalInfo"),
    "CONTACT": (*_PERSON, *_SOURCE),
    "COMPANY": ("title", "comments", "opened", "currencyId"),
}
_LENGTHS = {"title": 255, "companyTitle": 255, "post": 255, "name": 50, "lastName": 50, "secondName": 50}
_WITH_ADDRESSES = {"LEAD", "CONTACT", "COMPANY"}
_WRONG_VALUE = "CRM_FIELD_ERROR_VALUE_NOT_VALID"


def item_get(portal: Portal, caller: User, params: Params) -> dict[str, Any]:
    """`crm.item.get`: one CRM card.

    Args:
        portal: the portal.
        caller: the acting user, who must be able to read it.
        params: entityTypeId and id, in this very case.

    Returns:
        The card in `item`.

    Raises:
        RestError: NOT_FOUND, ACCESS_DENIED; allowed_only_intranet_user, status 403.
    """
    return {"item": _card(portal, _item(portal, caller, params))}


def item_update(portal: Portal, caller: User, params: Params) -> dict[str, Any]:
    """`crm.item.update`: change fields of a CRM card.

    Args:
        portal: the portal.
        caller: the acting user, who must be its responsible or an administrator.
        params: entityTypeId, id, fields. quirk: an unknown field is passed over. Of the phones and addresses in `fm`,
            an entry with a known id, given as its key or in it, is changed, or removed if its value is empty; any
            other is added; what is not given stays.

    Returns:
        The card as it is now in `item`.

    Raises:
        RestError: see `item_get`; CRM_FIELD_ERROR_VALUE_NOT_VALID, and "100" where a list is wanted.
    """
    item = _item(portal, caller, params)
    if not (caller.admin or caller.id == item.responsible):
        raise RestError("ACCESS_DENIED", "Access denied")
    given = params.get("fields")
    fields = given if isinstance(given, Mapping) else {}
    known = {name: _checked(name, value) for name, value in fields.items() if name in _FIELDS[item.type]}
    addresses = _merged(portal, item, fields["fm"]) if "fm" in fields and item.type in _WITH_ADDRESSES else None
    item.title = str(known.pop("title", item.title))
    item.fields |= known
    if addresses is not None:
        item.fields["fm"] = addresses
    if fields:
        item.fields["updatedTime"] = stamp(portal.now())
    return {"item": _card(portal, item)}


def _item(portal: Portal, caller: User, params: Params) -> CrmItem:
    if not portal.settings.crm_installed:
        raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    if caller.extranet:
        raise RestError("allowed_only_intranet_user", "Action is allowed only to intranet users", 403)
    kind = TYPES.get(php.to_int(params.get("entityTypeId")))
    item = portal.crm_item(kind, php.to_int(params.get("id"))) if kind else None
    if item is None:
        raise RestError("NOT_FOUND", "Element not found")
    if not can_read_item(portal, caller, item.type, item.id):
        raise RestError("ACCESS_DENIED", "Access denied")
    return item


def _card(portal: Portal, item: CrmItem) -> dict[str, Any]:
    number = next(number for number, kind in TYPES.items() if kind == item.type)
    card: dict[str, Any] = {
        "id": item.id,
        "createdTime": stamp(portal.now()),
        "assignedById": item.responsible,
        **dict.fromkeys(_FIELDS[item.type]),
        "opened": "Y",
        **item.fields,
        "entityTypeId": number,
    }
    if "title" in _FIELDS[item.type]:
        card["title"] = item.title
    if "stageId" in card:
        card |= {"stageId": card["stageId"] or "NEW", "opportunity": card["opportunity"] or 0}
    if item.type in _WITH_ADDRESSES:
        addresses = [dict(entry) for entry in item.fields.get("fm", [])]
        card["fm"] = addresses
        for kind, name in (("PHONE", "phone"), ("EMAIL", "email")):
            card[name] = next((entry["value"] for entry in addresses if entry["typeId"] == kind), "")
            card[f"has{name.capitalize()}"] = "Y" if card[name] else "N"
    return card


def _checked(name: str, value: object) -> object:
    if name == "opportunity":
        return php.to_float(value)
    if isinstance(value, list | dict):
        raise RestError(_WRONG_VALUE, f"Invalid value for field {name}")
    text = php.to_text(value)
    if len(text) > _LENGTHS.get(name, len(text)):
        raise RestError(_WRONG_VALUE, f"The value of the field {name} is too long")
    return text


def _merged(portal: Portal, item: CrmItem, given: object) -> list[dict[str, Any]]:
    if not isinstance(given, list | dict):
        raise RestError("100", "Invalid value {fm} to match with parameter {fields}. Should be value of type array.")
    entries = encoded_map(given) if isinstance(given, dict) else given
    keyed = entries.items() if isinstance(entries, dict) else ((0, entry) for entry in entries)
    stored = {entry["id"]: dict(entry) for entry in item.fields.get("fm", [])}
    for key, entry in keyed:
        if not isinstance(entry, dict):
            raise RestError(_WRONG_VALUE, "Invalid value for field fm")
        number = php.to_int(entry.get("id", key))
        value = php.trimmed(entry.get("value"))
        if number in stored:
            stored[number] |= {name: entry[name] for name in ("valueType",) if name in entry} | {"value": value}
        elif value:
            kind = php.to_text(entry.get("typeId"))
            if kind not in {"PHONE", "EMAIL", "WEB", "IM"} or (kind == "EMAIL" and "@" not in value):
                raise RestError(_WRONG_VALUE, f"Invalid value for field {kind}")
            number = portal.state.next_id("multifield")
            stored[number] = {
                "id": number,
                "valueType": php.to_text(entry.get("valueType")) or "WORK",
                "value": value,
                "typeId": kind,
            }
    return [entry for entry in stored.values() if entry["value"]]
