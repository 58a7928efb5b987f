"""Reading a dialog, and its life from the first message to the end."""

from datetime import timedelta
from typing import Any

import pytest

from bitrix24_dialogs.portal import actions
from bitrix24_dialogs.portal.chatdata import DialogFlags, UserCode
from bitrix24_dialogs.portal.entities import Line, Status
from tests.portal.conftest import Desk

START = "imopenlines.session.start"
JOIN = "imopenlines.session.join"
INTERCEPT = "imopenlines.session.intercept"
LEAD = "imopenlines.crm.lead.create"
CARD = "imopenlines.dialog.get"
HISTORY = "imopenlines.session.history.get"


class TestReading:
    def test_card(self, desk: Desk) -> None:
        actions.client_writes(desk.portal, "mine", "One more thing")
        desk.chat("mine").members[7].muted = True
        desk.ok("second", JOIN, CHAT_ID=2045)
        card = desk.ok("operator", CARD, CHAT_ID=2045)
        assert (card["owner"], card["role"], card["counter"]) == (7, "owner", 3)
        assert card["unread_id"] > card["last_id"]
        assert (card["mute_list"], card["manager_list"], card["user_counter"]) == ([7], [7], 3)
        assert [one["user_id"] for one in card["readed_list"]] == [UserCode.parse(card["entity_id"]).client_id, 8]
        assert card["last_message_views"]["first_viewers"][0]["user_id"] == 8
        other = desk.ok("administrator", CARD, CHAT_ID=2045)
        assert (other["role"], other["counter"], other["last_id"], other["mute_list"]) == ("guest", 0, 0, [])

    def test_empty_range(self, desk: Desk) -> None:
        desk.session("mine").start_id = 10**9
        answer = desk.ok("operator", HISTORY, CHAT_ID=2045)
        assert answer["usersMessage"] == {"chat2045": None}
        assert (answer["message"], answer["users"], answer["files"], answer["userInGroup"]) == ([], [], [], [])

    def test_newest_first_and_whole(self, desk: Desk) -> None:
        answer = desk.ok("operator", HISTORY, CHAT_ID=2058)
        ids = [int(one) for one in answer["usersMessage"]["chat2058"]]
        assert len(ids) > 400
        assert ids == sorted(ids, reverse=True) == [int(one) for one in answer["message"]]

    def test_files(self, desk: Desk) -> None:
        files = desk.ok("operator", HISTORY, CHAT_ID=2058)["files"]
        image, _, guide = (files[key] for key in sorted(files))
        assert (image["type"], image["image"]) == ("image", {"width": 646, "height": 615})
        assert "signature=" in image["urlshow"]
        assert (guide["extension"], guide["image"], guide["authorid"]) == ("pdf", False, 7)
        desk.portal.state.files[image["id"]].in_folder = False
        assert str(image["id"]) not in desk.ok("operator", HISTORY, CHAT_ID=2058)["files"]

    def test_a_reader_from_outside_gets_the_files_for_a_day(self, desk: Desk) -> None:
        desk.ok("second", HISTORY, CHAT_ID=2045)
        assert desk.chat("mine").file_access == {8: desk.portal.now() + timedelta(hours=24)}

    def test_client_is_marked_and_system_is_no_author(self, desk: Desk) -> None:
        answer = desk.ok("operator", HISTORY, CHAT_ID=2045)
        assert [user["connector"] for user in answer["users"].values()] == [True, False]
        assert "0" not in answer["users"]
        assert answer["userInGroup"] == {"1": {"id": 1, "users": ["7"]}, "5": {"id": 5, "users": ["7"]}}

    def test_html(self, desk: Desk) -> None:
        actions.client_writes(desk.portal, "mine", "a < b\n[b]bold[/b] [url=https://x.example]x[/url]")
        newest = next(iter(desk.ok("operator", HISTORY, CHAT_ID=2045)["message"].values()))
        assert newest["textlegacy"] == ('a &lt; b<br /><b>bold</b> <a href="https://x.example" target="_blank">x</a>')


class TestLifeCycle:
    def test_from_the_first_message_to_the_end(self, desk: Desk) -> None:
        chat = actions.new_dialog(desk.portal, 22, "New Client", key="new")
        assert chat.entity_data_1 == ""
        actions.client_writes(desk.portal, "new", "Hello")
        session = desk.session("new")
        stamp = int(desk.portal.now().timestamp())
        assert chat.entity_data_1.endswith(f"|N|N|{session.id}|{stamp}|0|0|0")
        assert (session.start_id, session.status, chat.pending) == (0, Status.NEW, [7])
        actions.operator_answers(desk.portal, "operator", "new")
        assert session.status is Status.ANSWER
        actions.client_writes(desk.portal, "new", "Well?")
        assert session.status is Status.CLIENT
        actions.operator_writes(desk.portal, "operator", "new", "Yes?")
        assert session.status is Status.OPERATOR
        actions.client_writes(desk.portal, "new", "Thanks")
        assert session.status is Status.CLIENT_AFTER_OPERATOR
        actions.operator_finishes(desk.portal, "operator", "new")
        assert (session.status, chat.owner, chat.entity_data_3) == (Status.CLOSE, 0, "N")
        assert chat.entity_data_1.split("|")[3:6] == ["N", "N", "0"]
        assert session.end_id == desk.portal.last_message_id(chat.id)
        assert list(chat.members) == [UserCode.parse(chat.entity_id).client_id]

    def test_closing_in_two_steps(self, desk: Desk) -> None:
        session, chat = desk.session("closing"), desk.chat("closing")
        assert (session.status, session.wait_vote, chat.owner) == (Status.WAIT_CLIENT, True, 7)
        actions.operator_finishes(desk.portal, "operator", "closing")
        assert session.status is Status.CLOSE
        assert desk.texts("closing", 1) == ["Conversation closed."]

    def test_client_comes_back_while_closing(self, desk: Desk) -> None:
        actions.client_writes(desk.portal, "closing", "One more question")
        assert desk.session("closing").status is Status.CLIENT_AFTER_OPERATOR
        assert desk.chat("closing").entity_data_1.split("|")[4] == "N"

    def test_client_votes(self, desk: Desk) -> None:
        actions.client_votes(desk.portal, "closing", 5)
        assert (desk.session("closing").vote, desk.session("closing").closed) == (5, True)
        with pytest.raises(actions.ActionError, match="awaits no vote"):
            actions.client_votes(desk.portal, "mine", 5)

    def test_spam(self, desk: Desk) -> None:
        assert desk.session("spam").status is Status.SPAM
        assert desk.chat("spam").entity_data_1.split("|")[5] == "0"

    def test_queue_and_transfers(self, desk: Desk) -> None:
        actions.return_to_queue(desk.portal, "in_crm")
        assert (desk.session("in_crm").operator, desk.session("in_crm").status) == (8, Status.SKIP)
        actions.transfer_to_operator(desk.portal, "operator", "in_crm")
        assert desk.chat("in_crm").pending == [7]
        actions.transfer_to_line(desk.portal, "in_crm", 24)
        assert desk.chat("in_crm").entity_data_1.split("|")[7] == "24"
        assert (desk.session("in_crm").operator, desk.chat("in_crm").pending) == (0, [7, 8])

    def test_nobody_in_the_queue(self, desk: Desk) -> None:
        for kind in ("all", "strictly"):
            actions.change_line(desk.portal, 24, queue=[], queue_type=kind)
            chat = actions.new_dialog(desk.portal, 24, "Lonely Client")
            actions.client_writes(desk.portal, chat.id, "Hello")
            session = desk.portal.sessions_of(chat.id)[0]
            assert (session.operator, chat.pending) == (0, [])

    def test_timers_skip_deleted_chats_and_unknown_lines(self, desk: Desk) -> None:
        session = desk.session("mine")
        actions.delete_chat(desk.portal, "mine")
        session.close_at = desk.portal.now()
        desk.session("silent").queue_at = desk.portal.now()
        actions.delete_line(desk.portal, 24)
        actions.run_timers(desk.portal)
        assert not session.closed
        assert desk.session("silent").operator == 0


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "no action None"),
        ({"action": "fly"}, "no action 'fly'"),
        ({"action": "client_writes"}, "client_writes: missing a required argument"),
        ({"action": "client_writes", "chat": "mine", "text": "x", "more": 1}, "unexpected keyword"),
        ({"action": "client_writes", "chat": "nowhere", "text": "x"}, "no chat is known as 'nowhere'"),
        ({"action": "client_writes", "chat": "ordinary_chat", "text": "x"}, "no client can write"),
        ({"action": "operator_writes", "who": "nobody", "chat": "mine", "text": "x"}, "no user is known"),
        ({"action": "operator_writes", "who": "outsider", "chat": "mine", "text": "x"}, "no participant"),
        ({"action": "operator_answers", "who": "operator", "chat": "mine"}, "cannot accept"),
        ({"action": "operator_finishes", "who": "operator", "chat": "closed"}, "no open session"),
        ({"action": "transfer_to_line", "chat": "mine", "line": 99}, "no line 99"),
        ({"action": "new_dialog", "line": 99, "name": "X"}, "no line 99"),
        ({"action": "change_line", "line": 99}, "no line 99"),
        ({"action": "change_employee", "who": 7, "id": 8}, "no 'id' to change"),
        ({"action": "change_settings", "colour": 8}, "no 'colour' to change"),
    ],
)
def test_impossible_actions(desk: Desk, request_: dict[str, Any], message: str) -> None:
    with desk.unchanged(), pytest.raises(actions.ActionError, match=message):
        actions.act(desk.portal, request_)


def test_short_flags_read_the_present_time_as_session(desk: Desk) -> None:
    now = desk.portal.now()
    assert DialogFlags.parse("Y|LEAD|5", now).session_id == int(now.timestamp())
    assert UserCode.parse("livechat|5") == UserCode("livechat", 5, "", 0)


def test_line_without_availability_check_takes_anybody(desk: Desk) -> None:
    actions.change_employee(desk.portal, "operator", available=False)
    actions.client_writes(desk.portal, "closed_history", "Hello")
    assert desk.session("closed_history").operator == 7
    assert Line(1, "x").queue_type == "strictly"


def test_unregistered_chat_is_registered_by_a_new_session(desk: Desk) -> None:
    desk.chat("waiting_all").registered = False
    assert desk.ok("operator", INTERCEPT, CHAT_ID=2044) is True
    desk.ok("operator", START, CHAT_ID=2044)
    assert desk.chat("waiting_all").registered
