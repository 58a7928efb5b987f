"""Passing a dialog on and ending it: effects, access, odd answers."""

from typing import Any

import pytest

from bitrix24_dialogs.portal import actions, texts
from bitrix24_dialogs.portal.entities import Status, User
from tests.portal.conftest import Desk

SKIP = "imopenlines.operator.skip"
TRANSFER = "imopenlines.operator.transfer"
FINISH = "imopenlines.operator.finish"
ANOTHER = "imopenlines.operator.another.finish"
SPAM = "imopenlines.operator.spam"
BY_CHAT = [SKIP, FINISH, ANOTHER, SPAM]


class TestAccess:
    @pytest.mark.parametrize("method", BY_CHAT)
    def test_in_the_usual_order(self, desk: Desk, method: str) -> None:
        with desk.unchanged():
            assert desk.code("operator", method) == "CHAT_ID"
            assert desk.code("operator", method, CHAT_ID=99) == "CHAT_ID"
            assert desk.code("operator", method, CHAT_ID=2059) == "CHAT_TYPE"
            assert desk.code("outsider", method, CHAT_ID=2045) == "ACCESS_DENIED"

    @pytest.mark.parametrize("method", [SKIP, FINISH, SPAM])
    def test_names_in_any_case(self, desk: Desk, method: str) -> None:
        assert desk.ok("operator", method, chat_id=2047) is True

    def test_another_finish_wants_upper_case(self, desk: Desk) -> None:
        assert desk.code("operator", ANOTHER, chat_id=2046) == "CHAT_ID"


class TestSkip:
    @pytest.mark.parametrize("key", ["waiting", "pinned"])
    def test_the_next_in_the_queue_gets_it(self, desk: Desk, key: str) -> None:
        desk.ok("operator", SKIP, CHAT_ID=desk.chat(key).id)
        session, chat = desk.session(key), desk.chat(key)
        assert (session.operator, session.status, session.wait_answer) == (8, Status.SKIP, True)
        assert (chat.owner, chat.pending, 7 in chat.members, 8 in chat.members) == (0, [8], False, True)
        assert desk.texts(key, 2) == [texts.skipped(7), texts.assigned(8)]

    def test_by_anybody_with_access_in_the_operators_place(self, desk: Desk) -> None:
        desk.ok("supervisor", SKIP, CHAT_ID=2047)
        assert desk.session("pinned").operator == 8

    def test_a_line_that_offers_to_everybody_knows_no_next(self, desk: Desk) -> None:
        before = desk.session("mine").operator, desk.chat("mine").owner
        assert desk.code("operator", SKIP, CHAT_ID=2045) == ""
        assert (desk.session("mine").operator, desk.chat("mine").owner) == before
        assert desk.texts("mine", 2) == [texts.skipped(7), texts.NOBODY_ELSE]

    def test_nobody_is_fit(self, desk: Desk) -> None:
        desk.portal.state.lines[22].checks_availability = True
        desk.portal.employee("operator").available = desk.portal.employee("second").available = False
        assert desk.code("operator", SKIP, CHAT_ID=2047) == ""
        assert desk.chat("pinned").owner == 7

    def test_alone_one_loses_it_to_nobody(self, desk: Desk) -> None:
        desk.portal.state.lines[22].queue = [7]
        desk.ok("operator", SKIP, CHAT_ID=2047)
        session, chat = desk.session("pinned"), desk.chat("pinned")
        assert (session.operator, session.status, chat.owner, 7 in chat.members) == (7, Status.SKIP, 0, False)

    def test_alone_a_waiting_one_stays(self, desk: Desk) -> None:
        desk.portal.state.lines[22].queue = [7]
        desk.ok("operator", SKIP, CHAT_ID=2043)
        assert (desk.session("waiting").operator, desk.session("waiting").status) == (7, Status.NEW)

    def test_a_locked_queue(self, desk: Desk) -> None:
        actions.hold_lock(desk.portal, "pinned", "queue")
        assert desk.code("operator", SKIP, CHAT_ID=2047) == ""
        assert desk.session("pinned").operator == 7

    def test_a_closed_dialog_is_left(self, desk: Desk) -> None:
        assert desk.code("operator", SKIP, CHAT_ID=2050) == "ACCESS_DENIED_KICK"
        desk.portal.add_member(desk.chat("closed"), 7)
        assert desk.code("operator", SKIP, CHAT_ID=2050) == ""
        assert 7 not in desk.chat("closed").members


class TestTransfer:
    @pytest.mark.parametrize("params", [{"USER_ID": 8}, {"TRANSFER_ID": 8}, {"TRANSFER_ID": "8", "QUEUE_ID": 22}])
    @pytest.mark.parametrize("key", ["mine", "waiting"])
    def test_to_a_colleague(self, desk: Desk, key: str, params: dict[str, Any]) -> None:
        desk.ok("operator", TRANSFER, CHAT_ID=desk.chat(key).id, **params)
        session, chat = desk.session(key), desk.chat(key)
        assert (session.operator, chat.owner, session.wait_answer) == (8, 8, False)
        assert session.status >= Status.ANSWER
        assert [one for one in chat.members if one < 100] == [8]
        assert desk.texts(key, 1) == [texts.transferred(7, 8)]

    def test_of_a_colleagues_dialog(self, desk: Desk) -> None:
        desk.ok("supervisor", TRANSFER, CHAT_ID=2046, USER_ID=7)
        assert desk.chat("colleagues").owner == 7

    def test_crm_follows(self, desk: Desk) -> None:
        desk.ok("operator", TRANSFER, CHAT_ID=2053, USER_ID=8)
        assert desk.portal.state.activities[desk.session("in_crm").activity].responsible == 8

    def test_whether_at_work_or_not(self, desk: Desk) -> None:
        desk.ok("operator", TRANSFER, CHAT_ID=2045, USER_ID=14)
        assert desk.chat("mine").owner == 14

    @pytest.mark.parametrize("target", [7, 12, 13, 99, 501])
    def test_who_cannot_take_it(self, desk: Desk, target: int) -> None:
        with desk.unchanged():
            assert desk.code("operator", TRANSFER, CHAT_ID=2045, USER_ID=target) == "OPERATOR_WRONG"

    def test_a_bot_cannot(self, desk: Desk) -> None:
        desk.portal.state.users[90] = User(90, "Robot", kind="bot")
        with desk.unchanged():
            assert desk.code("operator", TRANSFER, CHAT_ID=2045, USER_ID=90) == "OPERATOR_WRONG"

    @pytest.mark.parametrize("params", [{"QUEUE_ID": 22}, {"TRANSFER_ID": "queue22", "USER_ID": None}])
    def test_to_a_line(self, desk: Desk, params: dict[str, Any]) -> None:
        desk.ok("operator", TRANSFER, CHAT_ID=2045, **params)
        session, chat = desk.session("mine"), desk.chat("mine")
        assert (session.line_id, session.operator, chat.owner, chat.pending) == (22, 7, 0, [7])
        assert desk.portal.flags(chat).line_id == 22
        assert desk.texts("mine", 1) == [texts.transferred_to_line(7, "Service desk", "Site support")]

    def test_to_the_same_line(self, desk: Desk) -> None:
        desk.ok("operator", TRANSFER, CHAT_ID=2045, QUEUE_ID=24)
        assert (desk.session("mine").operator, desk.chat("mine").pending) == (0, [7, 8])
        assert desk.texts("mine", 1) == [texts.skipped(7)]

    @pytest.mark.parametrize("active", [True, False])
    def test_to_no_line(self, desk: Desk, active: bool) -> None:
        desk.portal.state.lines[22].active = active
        with desk.unchanged():
            assert desk.code("operator", TRANSFER, CHAT_ID=2045, QUEUE_ID=99 if active else 22) == "OPERATOR_WRONG"

    @pytest.mark.parametrize(
        ("params", "code"),
        [
            ({"USER_ID": 8}, "CHAT_ID_EMPTY"),
            ({"CHAT_ID": -5, "USER_ID": 8}, "CHAT_ID_EMPTY"),
            ({"CHAT_ID": 2045}, "TRANSFER_ID_EMPTY"),
            ({"CHAT_ID": 2045, "TRANSFER_ID": [8]}, "TRANSFER_ID_EMPTY"),
            ({"CHAT_ID": 2045, "TRANSFER_ID": True}, "TRANSFER_ID_EMPTY"),
            ({"CHAT_ID": 2045, "USER_ID": "x"}, "USER_ID_EMPTY"),
            ({"CHAT_ID": 2045, "TRANSFER_ID": ""}, "USER_ID_EMPTY"),
            ({"CHAT_ID": 2045, "QUEUE_ID": 0}, "QUEUE_ID_EMPTY"),
            ({"CHAT_ID": 2045, "TRANSFER_ID": "queue"}, "QUEUE_ID_EMPTY"),
            ({"CHAT_ID": 99, "USER_ID": 8}, "OPERATOR_WRONG"),
            ({"CHAT_ID": 2059, "USER_ID": 8}, "OPERATOR_WRONG"),
        ],
    )
    def test_refusals(self, desk: Desk, params: dict[str, Any], code: str) -> None:
        with desk.unchanged():
            assert desk.code("operator", TRANSFER, **params) == code

    def test_no_rights(self, desk: Desk) -> None:
        assert desk.code("outsider", TRANSFER, CHAT_ID=2045, USER_ID=8) == "OPERATOR_WRONG"

    def test_a_locked_queue(self, desk: Desk) -> None:
        actions.hold_lock(desk.portal, "mine", "queue")
        with desk.unchanged():
            assert desk.code("operator", TRANSFER, CHAT_ID=2045, USER_ID=8) == "OPERATOR_WRONG"

    def test_a_closed_dialog_gets_a_session_even_when_refused(self, desk: Desk) -> None:
        before = desk.session("closed").id
        assert desk.code("operator", TRANSFER, CHAT_ID=2050, USER_ID=13) == "OPERATOR_WRONG"
        assert desk.session("closed").id > before


class TestFinish:
    def test_ones_own(self, desk: Desk) -> None:
        desk.ok("operator", FINISH, CHAT_ID=2045)
        session, chat = desk.session("mine"), desk.chat("mine")
        assert (session.status, session.closed, chat.owner, 7 in chat.members) == (Status.CLOSE, True, 0, False)
        assert desk.texts("mine", 1) == [texts.finished(7)]
        assert desk.code("operator", FINISH, CHAT_ID=2045) == "NOT_LOAD_SESSION_OR_CHAT"

    def test_with_a_closing_text_the_second_time_closes(self, desk: Desk) -> None:
        desk.ok("operator", FINISH, CHAT_ID=2054)
        assert (desk.session("deal_line").status, desk.chat("deal_line").owner) == (Status.WAIT_CLIENT, 7)
        desk.ok("operator", FINISH, CHAT_ID=2054)
        assert desk.session("deal_line").closed

    def test_a_line_that_is_off_sends_nothing(self, desk: Desk) -> None:
        desk.portal.state.lines[23].active = False
        desk.ok("operator", FINISH, CHAT_ID=2054)
        assert desk.session("deal_line").closed

    def test_anothers(self, desk: Desk) -> None:
        with desk.unchanged():
            assert desk.code("operator", FINISH, CHAT_ID=2046) == "ERROR_USER_NOT_OPERATOR"
        desk.ok("operator", ANOTHER, CHAT_ID=2046)
        assert desk.session("colleagues").closed
        assert desk.texts("colleagues", 2) == [texts.closed_by(7), texts.finished(8)]

    def test_a_waiting_one_is_accepted_first(self, desk: Desk) -> None:
        desk.ok("operator", FINISH, CHAT_ID=2043)
        assert (desk.session("waiting").operator, desk.session("waiting").closed) == (7, True)
        assert desk.texts("waiting", 2) == [texts.accepted(7), texts.finished(7)]

    def test_a_waiting_one_that_is_offered_to_everybody(self, desk: Desk) -> None:
        assert desk.code("operator", FINISH, CHAT_ID=2044) == "ERROR_USER_NOT_OPERATOR"
        desk.ok("supervisor", ANOTHER, CHAT_ID=2044)
        assert (desk.session("waiting_all").operator, desk.session("waiting_all").closed) == (9, True)

    @pytest.mark.parametrize("method", [FINISH, ANOTHER])
    def test_a_locked_queue_says_true(self, desk: Desk, method: str) -> None:
        actions.hold_lock(desk.portal, "mine", "queue")
        with desk.unchanged():
            assert desk.ok("operator", method, CHAT_ID=2045) is True


class TestSpam:
    @pytest.mark.parametrize("key", ["mine", "colleagues", "waiting_all", "deal_line"])
    def test_whosever_it_is(self, desk: Desk, key: str) -> None:
        desk.ok("operator", SPAM, CHAT_ID=desk.chat(key).id)
        assert (desk.session(key).status, desk.session(key).closed, desk.chat(key).owner) == (Status.SPAM, True, 0)
        assert texts.marked_spam(7) in desk.texts(key, 2)

    def test_a_closed_one_says_true(self, desk: Desk) -> None:
        with desk.unchanged():
            assert desk.ok("operator", SPAM, CHAT_ID=2050) is True

    def test_a_locked_queue_says_true(self, desk: Desk) -> None:
        actions.hold_lock(desk.portal, "mine", "queue")
        with desk.unchanged():
            assert desk.ok("operator", SPAM, CHAT_ID=2045) is True
