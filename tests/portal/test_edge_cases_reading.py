"""The portal's answers at the edges: looking up, card, history, rating (behaviour 10)."""

from typing import Any

import pytest

from bitrix24_dialogs.portal import actions
from tests.portal.conftest import Desk

JOIN = "imopenlines.session.join"
LEAD = "imopenlines.crm.lead.create"
VOTE = "imopenlines.session.head.vote"
OPEN = "imopenlines.session.open"
CARD = "imopenlines.dialog.get"
HISTORY = "imopenlines.session.history.get"


class TestOpen:
    @pytest.mark.parametrize("code", ["telegrambot|24|1|2", "rubbish", None, "", 5])
    def test_unknown(self, desk: Desk, code: object) -> None:
        assert desk.code("administrator", OPEN, USER_CODE=code) == "ACCESS_DENIED"

    def test_prefix(self, desk: Desk) -> None:
        assert desk.code("operator", OPEN, USER_CODE="imol|" + desk.chat("mine").entity_id) == "ACCESS_DENIED"

    def test_no_rights(self, desk: Desk) -> None:
        assert desk.code("outsider", OPEN, USER_CODE=desk.chat("mine").entity_id) == "ACCESS_DENIED"

    def test_extranet(self, desk: Desk) -> None:
        assert desk.answer("extranet", OPEN, USER_CODE=desk.chat("mine").entity_id) == (
            400,
            {"error": "", "error_description": ""},
        )

    def test_found(self, desk: Desk) -> None:
        with desk.unchanged():
            assert desk.ok("operator", OPEN, USER_CODE=desk.chat("closed").entity_id) == {"chatId": "2050"}

    def test_membership_is_not_enough(self, desk: Desk) -> None:
        desk.portal.add_member(desk.chat("mine"), 10)
        assert desk.code("outsider", OPEN, USER_CODE=desk.chat("mine").entity_id) == "ACCESS_DENIED"

    def test_owner(self, desk: Desk) -> None:
        desk.chat("mine").owner = 10
        assert desk.ok("outsider", OPEN, USER_CODE=desk.chat("mine").entity_id) == {"chatId": "2045"}

    def test_reader_of_a_bound_item(self, desk: Desk) -> None:
        desk.portal.state.crm_items[0].readers.append(10)
        desk.chat("mine").entity_data_2 = f"LEAD|{desk.portal.state.crm_items[0].id}|COMPANY|0|CONTACT|0|DEAL|0"
        assert desk.ok("outsider", OPEN, USER_CODE=desk.chat("mine").entity_id) == {"chatId": "2045"}


class TestCard:
    @pytest.mark.parametrize(
        "params",
        [
            {},
            {"CHAT_ID": 999_999},
            {"CHAT_ID": 2059},
            {"CHAT_ID": 2060},
            {"DIALOG_ID": "2045"},
            {"DIALOG_ID": "chat0"},
            {"DIALOG_ID": "chat 2045"},
            {"DIALOG_ID": "crm5"},
            {"DIALOG_ID": "sg2045"},
            {"DIALOG_ID": "chat" + "9" * 5000},
            {"CHAT_ID": "chat2045"},
            {"CHAT_ID": 0},
            {"CHAT_ID": "", "DIALOG_ID": "chat2045"},
            {"CHAT_ID": "chat2045", "SESSION_ID": 323},
            {"CHAT_ID": -5},
            {"SESSION_ID": 5},
            {"USER_CODE": "telegrambot|1|1|1"},
        ],
    )
    def test_refused(self, desk: Desk, params: dict[str, Any]) -> None:
        assert desk.code("operator", CARD, **params) == "ACCESS_ERROR"

    def test_no_rights(self, desk: Desk) -> None:
        assert desk.code("outsider", CARD, CHAT_ID=2045) == "ACCESS_ERROR"

    @pytest.mark.parametrize("name", ["CHAT_ID", "chat_id", "Chat_Id"])
    def test_names_in_any_case(self, desk: Desk, name: str) -> None:
        assert desk.ok("operator", CARD, **{name: "2045"})["id"] == 2045

    def test_other_identifiers(self, desk: Desk) -> None:
        closed, code = desk.session("closed").id, desk.chat("closed").entity_id
        for params in (
            {"DIALOG_ID": "CHAT2050"},
            {"SESSION_ID": closed},
            {"USER_CODE": code},
            {"USER_CODE": "imol|" + code},
            {"CHAT_ID": None, "dialog_id": "chat2050"},
            {"CHAT_ID": 2050, "SESSION_ID": desk.session("mine").id},
        ):
            with desk.unchanged():
                assert desk.ok("operator", CARD, **params)["dialog_id"] == "chat2050"

    def test_pending_is_enough(self, desk: Desk) -> None:
        desk.chat("waiting").pending.append(10)
        assert desk.ok("outsider", CARD, CHAT_ID=2043)["role"] == "guest"

    def test_messenger_missing(self, desk: Desk) -> None:
        desk.portal.settings.im_installed = False
        assert desk.code("operator", CARD, CHAT_ID=2045) == "IM_NOT_INSTALLED"
        assert desk.code("operator", JOIN, CHAT_ID=2045) == "IM_LOAD_ERROR"


class TestHistory:
    @pytest.mark.parametrize(
        ("params", "code"),
        [
            ({}, "MISSING_REQUIRED_PARAM"),
            ({"SESSION_ID": 0, "CHAT_ID": 0}, "MISSING_REQUIRED_PARAM"),
            ({"SESSION_ID": "0", "CHAT_ID": ""}, "MISSING_REQUIRED_PARAM"),
            ({"chat_id": 2045}, "MISSING_REQUIRED_PARAM"),
            ({"SESSION_ID": "abc"}, "INVALID_SESSION_ID"),
            ({"CHAT_ID": 999_999}, "INVALID_SESSION_ID"),
            ({"CHAT_ID": "chat2045"}, "INVALID_SESSION_ID"),
            ({"CHAT_ID": 2059}, "INVALID_SESSION_ID"),
            ({"SESSION_ID": -5}, "ACCESS_DENIED"),
            ({"SESSION_ID": 5}, "ACCESS_DENIED"),
        ],
    )
    def test_refused(self, desk: Desk, params: dict[str, Any], code: str) -> None:
        assert desk.code("operator", HISTORY, **params) == code

    def test_not_permitted(self, desk: Desk) -> None:
        assert desk.code("outsider", HISTORY, CHAT_ID=2053) == "ACCESS_DENIED"

    def test_latest_session_of_the_chat(self, desk: Desk) -> None:
        answer = desk.ok("operator", HISTORY, SESSION_ID=0, CHAT_ID=2051)
        assert answer["sessionId"] == desk.session("closed_history").id

    def test_closed_session_ends_where_it_ended(self, desk: Desk) -> None:
        first = desk.portal.sessions_of(2051)[0]
        answer = desk.ok("operator", HISTORY, SESSION_ID=first.id)
        assert max(map(int, answer["message"])) == first.end_id

    def test_member_needs_the_activity(self, desk: Desk) -> None:
        for key in ("in_crm", "mine"):
            actions.ACTIONS["change_employee"](desk.portal, "second", history="own")
            desk.ok("second", JOIN, CHAT_ID=desk.portal.known[key])
        assert desk.code("second", HISTORY, CHAT_ID=2053) == "ACCESS_DENIED"
        assert desk.ok("second", HISTORY, CHAT_ID=2045)["chatId"] == 2045

    def test_deleted_chat(self, desk: Desk) -> None:
        session = desk.session("mine").id
        actions.delete_chat(desk.portal, "mine")
        assert desk.code("operator", HISTORY, SESSION_ID=session) == "ERROR_CHAT_NOT_EXISTS"


class TestVote:
    @pytest.mark.parametrize(
        ("params", "code"),
        [
            ({"RATING": 5}, "EMPTY_SESSION_ID"),
            ({"SESSION_ID": 0, "RATING": 5}, "EMPTY_SESSION_ID"),
            ({"SESSION_ID": -5, "RATING": 5}, "ACCESS_DENIED"),
            ({"SESSION_ID": "abc", "RATING": 5}, "ACCESS_DENIED"),
            ({"SESSION_ID": 99, "RATING": 5}, "ACCESS_DENIED"),
            ({"SESSION_ID": 321}, "EMPTY_VOTE_PARAMS"),
            ({"SESSION_ID": 321, "RATING": 0}, "EMPTY_VOTE_PARAMS"),
            ({"SESSION_ID": 321, "RATING": "0", "COMMENT": "0"}, "EMPTY_VOTE_PARAMS"),
            ({"SESSION_ID": 321, "RATING": " ", "COMMENT": "\n"}, "EMPTY_VOTE_PARAMS"),
        ],
    )
    def test_refused(self, desk: Desk, params: dict[str, Any], code: str) -> None:
        with desk.unchanged():
            assert desk.code("supervisor", VOTE, **params) == code

    def test_no_permission(self, desk: Desk) -> None:
        assert desk.code("operator", VOTE, SESSION_ID=321, RATING=5) == "ACCESS_DENIED"

    def test_tariff(self, desk: Desk) -> None:
        desk.portal.settings.head_vote_feature = False
        assert desk.code("supervisor", VOTE, SESSION_ID=321, RATING=5) == "ACCESS_DENIED"

    @pytest.mark.parametrize(
        ("rating", "stored"),
        [(5, 5), ("4", 4), (6, 0), (7, 0), (-3, -3), (4.6, 4), ("4.6", 4), ("abc", 0), (True, 1), (5.5, 0)],
    )
    def test_stored_rating(self, desk: Desk, rating: object, stored: int) -> None:
        desk.ok("supervisor", VOTE, SESSION_ID=321, RATING=rating)
        session = desk.portal.state.sessions[321]
        assert (session.vote_head, session.comment_head) == (stored, "")

    def test_open_session(self, desk: Desk) -> None:
        desk.ok("supervisor", VOTE, SESSION_ID=desk.session("mine").id, RATING=3, COMMENT="fine")
        assert desk.session("mine").vote_head == 3


@pytest.mark.parametrize("method", ["imopenlines.session.mode.pinAll", "imopenlines.session.mode.unpinAll"])
def test_nothing_to_pin(desk: Desk, method: str) -> None:
    assert desk.ok("outsider", method) == []
