"""What a session does in CRM: searching, creating and binding items (behaviour 7 and 8.13)."""

from typing import Any

from bitrix24_dialogs.portal import texts
from bitrix24_dialogs.portal.chatdata import (
    CRM_TYPES,
    UserCode,
    format_bindings,
    leading_item,
    parse_bindings,
)
from bitrix24_dialogs.portal.entities import Activity, Chat, CrmItem, CrmMode, CrmType, Line, Session
from bitrix24_dialogs.portal.portal import Portal

_COLORS = {"LEAD": "#df532d", "CONTACT": "#2fc6f6", "COMPANY": "#7bd500", "DEAL": "#9985dd"}


def forget(portal: Portal, chat: Chat) -> None:
    """Drop the CRM state at the start of an incoming session (behaviour 15).

    quirk: the type and number of the item stay in entity_data_1.
    """
    portal.update_flags(chat, in_crm=False)
    chat.entity_data_2 = format_bindings({})


def register(portal: Portal, chat: Chat, session: Session, line: Line) -> None:
    """Find the client in CRM, or create the items the line asks for, as a session starts."""
    if not line.crm or not portal.settings.crm_installed:
        return
    if portal.flags(chat).in_crm:
        _bind(portal, chat, session, parse_bindings(chat.entity_data_2))
    elif found := find(portal, chat):
        for item in found:
            portal.post(chat, texts.crm_attached(item.type))
        _bind(portal, chat, session, {item.type: item.id for item in found})
    elif not portal.settings.crm_refuses:
        create(portal, chat, session, line.crm_mode)


def find(portal: Portal, chat: Chat) -> list[CrmItem]:
    """Return the CRM items known to belong to a chat's client."""
    client = UserCode.parse(chat.entity_id).client_id
    return [item for item in portal.state.crm_items if client and item.client == client]


def create(portal: Portal, chat: Chat, session: Session, mode: CrmMode) -> None:
    """Create the items of a creation mode and bind them; mode `none` creates nothing.

    Without leads in CRM a lead is converted to a contact and a deal at once.
    """
    kinds: dict[str, tuple[CrmType, ...]] = {"none": (), "lead": ("LEAD",), "deal": ("CONTACT", "DEAL")}
    wanted = kinds[mode]
    if mode == "lead" and not portal.settings.crm_leads:
        wanted = ("LEAD", "CONTACT", "DEAL")
    if not wanted:
        return
    bindings: dict[str, int] = {}
    for kind in wanted:
        person = _person(portal, chat) if kind in {"LEAD", "CONTACT"} else {}
        item = CrmItem(portal.state.next_id(kind), kind, chat.title, session.operator, fields=person)
        portal.state.crm_items.append(item)
        bindings[kind] = item.id
        portal.post(chat, texts.CRM_CREATED[kind], attach=[_card(portal, item)])
    _bind(portal, chat, session, bindings)


def reassign(portal: Portal, session: Session, responsible: int) -> None:
    """Give a session's activity and items a new responsible, where the line says so (behaviour 8.7)."""
    activity = portal.state.activities.get(session.activity)
    line = portal.state.lines.get(session.line_id)
    if activity is None or line is None or not (line.crm and line.change_responsible):
        return
    activity.responsible = responsible
    for item in portal.state.crm_items:
        if f"{item.type}|{item.id}" in activity.bindings:
            item.responsible = responsible


def _bind(portal: Portal, chat: Chat, session: Session, bindings: dict[str, int]) -> None:
    chat.entity_data_2 = format_bindings(bindings)
    kind, item_id = leading_item(bindings)
    portal.update_flags(chat, in_crm=True, crm_type=kind, crm_id=item_id)
    activity = Activity(
        portal.state.next_id("activity"),
        session.id,
        session.operator,
        [f"{name}|{bindings[name]}" for name in CRM_TYPES if bindings.get(name)],
    )
    portal.state.activities[activity.id] = activity
    session.crm, session.activity = True, activity.id


def _person(portal: Portal, chat: Chat) -> dict[str, Any]:
    """Return what a new item knows of the client."""
    client = portal.state.users.get(UserCode.parse(chat.entity_id).client_id)
    return {"name": client.first_name, "lastName": client.last_name} if client else {}


def _card(portal: Portal, item: CrmItem) -> dict[str, object]:
    blocks = [
        {"link": [{"name": item.title, "link": f"/crm/{item.type.lower()}/details/{item.id}/"}]},
        {"grid": [{"display": "ROW", "name": "Name", "value": item.title, "colorToken": "base"}]},
    ]
    moment = int(portal.now().timestamp())
    return {"id": moment, "blocks": blocks, "description": "", "color": _COLORS[item.type]}
