"""Answers of generated call sequences, held against the reference data."""

import random
from typing import Any

import jsonschema
import pytest

from bitrix24_dialogs.portal import actions
from tests.portal.conftest import Desk

CALLERS = ["operator", "second", "supervisor", "administrator", "outsider"]


def keys_at(value: Any, path: str = "") -> dict[str, set[str]]:
    """Return the key sets of the objects in a sample; maps keyed by numbers count as one object."""
    found: dict[str, set[str]] = {}
    if isinstance(value, dict):
        numbered = bool(value) and all(key.removeprefix("chat").isdigit() for key in value)
        if not numbered:
            found[path] = set(value)
        for key, inner in value.items():
            for place, keys in keys_at(inner, f"{path}/{'#' if numbered else key}").items():
                found[place] = found.get(place, keys) | keys
    if isinstance(value, list):
        for inner in value:
            for place, keys in keys_at(inner, f"{path}[]").items():
                found[place] = found.get(place, keys) | keys
    return found


@pytest.mark.parametrize("seed", range(4))
def test_generated_sequences(desk: Desk, reference: dict[str, dict[str, Any]], seed: int) -> None:
    chance = random.Random(seed)
    portal = desk.portal
    dialogs = [chat.id for chat in portal.state.chats.values() if chat.id != portal.known["long"]]
    validators = {method: jsonschema.Draft202012Validator(about["result"]) for method, about in reference.items()}
    answered = set()
    for _ in range(100):
        method, about = chance.choice(list(reference.items()))
        chat_id = chance.choice(dialogs)
        sessions = portal.sessions_of(chat_id)
        params = {
            "CHAT_ID": chance.choice([chat_id, str(chat_id)]),
            "USER_CODE": portal.state.chats[chat_id].entity_id,
            "SESSION_ID": chance.choice(sessions).id if sessions else 0,
            "MESSAGE_ID": portal.last_message_id(chat_id),
            "ACTIVATE": chance.choice(["Y", "N"]),
            "RATING": chance.randint(1, 5),
            "COMMENT": "so-so",
        }
        named = {name: value for name, value in params.items() if any(p["name"] == name for p in about["params"])}
        status, body = desk.answer(chance.choice(CALLERS), method, **named)
        if status == 200:
            validators[method].validate(body["result"])
            assert set(about["sample_response"]["time"]) == set(body["time"])
            answered.add(method)
        else:
            known = {(error["status"], error["code"]) for error in about["errors"]}
            assert (status, body["error"]) in known, (method, body)
        if chance.random() < 0.3 and portal.state.chats[chat_id].is_dialog:
            actions.client_writes(portal, chat_id, "And now?")
    assert len(answered) > 10


def test_keys_of_the_card(desk: Desk, reference: dict[str, dict[str, Any]]) -> None:
    sample = keys_at(reference["imopenlines.dialog.get"]["sample_response"]["result"])
    desk.ok("operator", "imopenlines.session.intercept", CHAT_ID=2046)
    assert keys_at(desk.ok("operator", "imopenlines.dialog.get", CHAT_ID=2046)) == sample


def test_keys_of_the_history(desk: Desk, reference: dict[str, dict[str, Any]]) -> None:
    sample = keys_at(reference["imopenlines.session.history.get"]["sample_response"]["result"])
    desk.ok("operator", "imopenlines.crm.lead.create", CHAT_ID=2058)
    answer = keys_at(desk.ok("operator", "imopenlines.session.history.get", CHAT_ID=2058))
    free = ("/message/#/params", "/users/#", "/files/#/mediaurl/preview")
    for place, keys in sample.items():
        if not place.startswith(free):
            assert answer[place] == keys, place
    # what the documentation's sample lacks and the portal sends
    assert answer["/users/#"] - sample["/users/#"] == {"eventLog"}
