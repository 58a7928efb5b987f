"""Calls of every tool: those that do something, those that refuse, and those with wrong arguments."""

from collections.abc import Sequence
from typing import Any

from tests.support import Case

Call = tuple[str, dict[str, Any]]

CHATS = ("in_crm", "waiting", "waiting_all", "mine", "colleagues", "silent", "closed", "deal_line", "long")
_OF_A_CHAT: dict[str, list[dict[str, Any]]] = {
    "dialog_get": [{}],
    "session_history_get": [{}, {"limit": 5}],
    "dialogs_find": [{}],
    "crm_card_get": [{}, {"kind": "lead"}],
    "reply_draft": [{"text": "Hello"}],
    "reply_send": [{"text": "Hello"}, {"text": "Hello"}],
    "note_add": [{"text": "A note"}, {"text": "A note"}],
    "session_mode_pin": [{}, {"activate": False}],
    "session_mode_silent": [{"activate": True}, {"activate": False}],
    "crm_lead_create": [{}],
    "session_join": [{}],
    "session_start": [{}],
    "dialog_answer": [{}],
    "dialog_skip": [{}],
    "message_session_start": [{"message_id": 1}],
    "session_intercept": [{}],
    "dialog_transfer": [{"to_colleague": "8"}, {"to_colleague": "Daniel"}, {"to_line": 24}],
    "dialog_finish": [{}],
    "dialog_finish_other": [{}],
    "dialog_mark_spam": [{}],
}


def all_calls(desk: Case, chats: Sequence[str] = CHATS) -> list[Call]:
    """Every tool, on dialogs in every state, or on some of them."""
    portal = desk.portal
    calls: list[Call] = [
        ("whoami", {}),
        ("dialogs_list", {}),
        ("dialogs_list", {"text": "zqx7", "order": "longest_waiting"}),
        ("dialogs_find", {"name": "Liam"}),
        ("dialogs_find", {"user_code": portal.state.chats[desk.id("mine")].entity_id}),
        ("dialogs_find", {"crm_type": "lead", "crm_id": 1201}),
        ("sessions_list", {}),
        ("session_open", {"user_code": portal.state.chats[desk.id("mine")].entity_id}),
        ("session_history_get", {"session_id": desk.session_id("closed_history")}),
        ("lines_list", {}),
        *(("line_get", {"line_id": line}) for line in (22, 23, 24, 99)),
        ("colleague_find", {"who": "Daniel"}),
        ("colleague_find", {"who": "8"}),
        ("session_mode_pin_all", {}),
        ("session_mode_unpin_all", {}),
        *(("session_head_vote", {"session_id": desk.session_id(key), **given}) for key, given in _votes()),
        *(("session_history_get", {"session_id": desk.session_id(key)}) for key, _ in _votes()),
        *_leads(desk),
    ]
    for tool, variants in _OF_A_CHAT.items():
        for key in chats:
            named = {"sessions_of" if tool == "dialogs_find" else "chat_id": desk.id(key)}
            calls += [(tool, {**named, **given}) for given in variants]
        calls += [(tool, {"chat_id": 999_999, **variants[0]}), (tool, {"chat_id": "\u202eno\x1b number"})]
    newest = portal.last_message_id(desk.id("long"))
    calls += [
        ("session_history_get", {"chat_id": desk.id("long"), "message_id": newest}),
        ("session_history_get", {"chat_id": desk.id("long"), "message_id": newest, "text_from": 100}),
        ("message_session_start", {"chat_id": desk.id("long"), "message_id": newest}),
    ]
    return calls


def _votes() -> list[tuple[str, dict[str, Any]]]:
    given: list[dict[str, Any]] = [{"rating": 4}, {"comment": "Well done"}, {"rating": 5, "comment": "Well done"}]
    return [(key, one) for key in ("closed", "closed_history", "mine") for one in given]


def _leads(desk: Case) -> list[Call]:
    number = desk.portal.flags(desk.portal.state.chats[desk.id("in_crm")]).crm_id
    fields = {"name": "Ann", "phone": "+1 202 555 0199", "email": "a@client.example", "comments": "Wants a quote."}
    own = {"chat_id": desk.id("in_crm"), "lead_id": number}
    return [
        ("crm_lead_update", {**own, **fields}),
        ("crm_lead_update", {**own, "title": "Quote", "last_name": "Kim", "source": "Fair"}),
        ("crm_lead_update", {**own, "lead_id": 5, "name": "Ann"}),
    ]
