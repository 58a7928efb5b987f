"""Accepting a waiting dialog."""

import pytest

from bitrix24_dialogs.portal import actions
from tests.portal.conftest import Desk

ANSWER = "imopenlines.operator.answer"


@pytest.mark.parametrize(("who", "key"), [("operator", "waiting"), ("second", "waiting"), ("second", "waiting_all")])
def test_a_waiting_dialog_is_taken(desk: Desk, who: str, key: str) -> None:
    user = desk.portal.employee(who)
    assert desk.ok(who, ANSWER, CHAT_ID=desk.chat(key).id) is True
    chat, session = desk.chat(key), desk.session(key)
    assert (chat.owner, session.operator, session.status, session.wait_answer) == (user.id, user.id, 10, False)
    assert chat.pending == []
    assert [number for number in chat.members if desk.portal.state.users[number].is_staff] == [user.id]
    assert desk.texts(key, 1) == [f"[USER={user.id}][/USER] picked conversation"]
    assert desk.code(who, ANSWER, CHAT_ID=chat.id) == ""


def test_the_crm_responsible_follows(desk: Desk) -> None:
    desk.ok("second", ANSWER, CHAT_ID="2043")
    activity = desk.portal.state.activities[desk.session("waiting").activity]
    assert activity.responsible == 8


def test_a_colleagues_dialog_is_taken_away_unless_the_portal_is_newer(desk: Desk) -> None:
    desk.portal.settings.answer_conflict = True
    with desk.unchanged():
        assert desk.code("operator", ANSWER, CHAT_ID=2046) == "ANSWER_ALREADY_TAKEN"
    desk.portal.settings.answer_conflict = False
    desk.ok("operator", ANSWER, CHAT_ID=2046)
    assert desk.chat("colleagues").owner == 7


def test_a_closed_dialog_is_refused_blankly_and_one_takes_part_in_it_all_the_same(desk: Desk) -> None:
    assert desk.code("operator", ANSWER, CHAT_ID=2050) == ""
    assert 7 in desk.chat("closed").members
    assert desk.chat("closed").owner == 0


def test_who_is_not_fast_enough_is_refused_blankly(desk: Desk) -> None:
    actions.hold_lock(desk.portal, "waiting", "accept")
    with desk.unchanged():
        assert desk.code("operator", ANSWER, CHAT_ID=2043) == ""


@pytest.mark.parametrize(
    ("who", "chat_id", "code"),
    [
        ("operator", None, "CHAT_ID"),
        ("operator", 0, "CHAT_ID"),
        ("operator", 999_999, "CHAT_ID"),
        ("operator", 2059, "CHAT_TYPE"),
        ("operator", 2060, "CHAT_TYPE"),
        ("outsider", 2043, "ACCESS_DENIED"),
    ],
)
def test_refusals(desk: Desk, who: str, chat_id: object, code: str) -> None:
    with desk.unchanged():
        assert desk.code(who, ANSWER, CHAT_ID=chat_id) == code
