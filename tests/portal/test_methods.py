"""What the methods do beside the edge cases: effects, access, answers."""

from datetime import timedelta
from typing import Any

import pytest

from bitrix24_dialogs.portal import actions
from bitrix24_dialogs.portal.chatdata import DialogFlags, UserCode
from bitrix24_dialogs.portal.entities import Chat, CrmItem, Line, Role, Session, Status, User
from tests.portal.conftest import Desk

START = "imopenlines.session.start"
FORK = "imopenlines.message.session.start"
JOIN = "imopenlines.session.join"
INTERCEPT = "imopenlines.session.intercept"
PIN = "imopenlines.session.mode.pin"
PIN_ALL = "imopenlines.session.mode.pinAll"
UNPIN_ALL = "imopenlines.session.mode.unpinAll"
SILENT = "imopenlines.session.mode.silent"
LEAD = "imopenlines.crm.lead.create"
VOTE = "imopenlines.session.head.vote"
CARD = "imopenlines.dialog.get"
HISTORY = "imopenlines.session.history.get"


class TestAccess:
    @pytest.mark.parametrize(
        ("role", "in_queue", "editor", "allowed"),
        [
            (Role(join="any"), False, False, True),
            (Role(join="own"), False, False, False),
            (Role(join="own"), True, False, True),
            (Role(join="own"), False, True, True),
            (Role(join="none"), True, True, False),
            (Role(join="department"), False, False, False),
        ],
    )
    def test_join_right(self, desk: Desk, role: Role, in_queue: bool, editor: bool, allowed: bool) -> None:
        line = desk.portal.state.lines[24]
        desk.portal.employee("outsider").role = role
        line.queue = [7, 8, 10] if in_queue else [7, 8]
        line.last_editor = 10 if editor else 11
        assert (desk.outcome("outsider", JOIN, CHAT_ID=2045) is True) is allowed

    def test_department(self, desk: Desk) -> None:
        outsider = desk.portal.employee("outsider")
        outsider.role, outsider.departments = Role(join="department"), [5]
        desk.ok("outsider", JOIN, CHAT_ID=2045)

    def test_reader_of_the_saved_item_without_any_right(self, desk: Desk) -> None:
        item = next(one for one in desk.portal.state.crm_items if f"|{one.id}|" in desk.chat("in_crm").entity_data_1)
        item.readers.append(10)
        desk.ok("outsider", JOIN, CHAT_ID=2053)
        desk.portal.remove_staff(desk.chat("in_crm"))
        desk.portal.update_flags(desk.chat("in_crm"), in_crm=False)
        assert desk.code("outsider", JOIN, CHAT_ID=2053) == "ACCESS_DENIED"

    def test_any_right_on_a_deleted_line(self, desk: Desk) -> None:
        actions.delete_line(desk.portal, 24)
        assert desk.code("operator", CARD, CHAT_ID=2046) == "ACCESS_ERROR"
        with desk.unchanged():
            desk.ok("administrator", START, CHAT_ID=2045)
            assert desk.code("administrator", LEAD, CHAT_ID=2045) == "IMOL_CHAT_ERROR_ANSWER_NOT_LOAD_SESSION"

    def test_nobody(self, desk: Desk) -> None:
        desk.portal.settings.dismissed_owner = "nobody"
        assert desk.code("dismissed", JOIN, CHAT_ID=2045) == "USER_ID"

    def test_history_of_the_department(self, desk: Desk) -> None:
        assert desk.ok("supervisor", HISTORY, CHAT_ID=2053)["chatId"] == 2053
        desk.portal.employee("supervisor").departments = [77]
        assert desk.code("supervisor", HISTORY, CHAT_ID=2053) == "ACCESS_DENIED"

    def test_history_by_the_crm_item(self, desk: Desk) -> None:
        activity = desk.portal.state.activities[desk.session("in_crm").activity]
        kind, _, number = activity.bindings[0].partition("|")
        item = desk.portal.crm_item(kind, int(number))
        assert item is not None
        item.readers.append(10)
        assert desk.ok("outsider", HISTORY, CHAT_ID=2053)["canJoin"] == "Y"
        item.readers.clear()
        activity.readers.append(10)
        assert desk.ok("outsider", HISTORY, CHAT_ID=2053)["canJoin"] == "N"
        del desk.portal.state.activities[activity.id]
        assert desk.code("outsider", HISTORY, CHAT_ID=2053) == "ACCESS_DENIED"


class TestStart:
    def test_new_session(self, desk: Desk) -> None:
        last = desk.portal.last_message_id(2050)
        desk.ok("operator", START, CHAT_ID=2050)
        session = desk.session("closed")
        assert session.start_id == last + 1
        assert session.close_at == desk.portal.now() + timedelta(days=31)
        assert not session.wait_answer
        assert desk.chat("closed").entity_data_1.startswith("N|NONE|0|N|N|")

    def test_crm_flag_is_inherited(self, desk: Desk) -> None:
        leads = len(desk.portal.state.crm_items)
        desk.ok("operator", START, CHAT_ID=2051)
        assert desk.chat("closed_history").entity_data_1.startswith("Y|LEAD|")
        assert desk.session("closed_history").activity
        assert len(desk.portal.state.crm_items) == leads

    def test_extra_open_sessions_are_closed(self, desk: Desk) -> None:
        old = desk.session("mine")
        copy = Session(900, 2045, old.user_code, 24, old.started, operator=7, status=Status.ANSWER)
        desk.portal.state.sessions[900] = copy
        desk.ok("operator", START, CHAT_ID=2045)
        assert (old.status, old.closed, copy.closed) == (Status.DUPLICATE, True, False)

    def test_session_of_another_chat(self, desk: Desk) -> None:
        chat = desk.chat("mine")
        twin = Chat(3000, "Twin", chat.created, entity_id=chat.entity_id)
        desk.portal.state.chats[3000] = twin
        desk.ok("operator", START, CHAT_ID=3000)
        assert 7 not in twin.members
        assert desk.code("operator", LEAD, CHAT_ID=3000) == "IMOL_CHAT_ERROR_NOT_LOAD_DATA"

    def test_busy_accept_only_joins(self, desk: Desk) -> None:
        actions.hold_lock(desk.portal, "waiting_all", "accept")
        desk.ok("second", START, CHAT_ID=2044)
        assert desk.chat("waiting_all").owner == 0
        assert 8 in desk.chat("waiting_all").members


class TestFork:
    def test_ranges_overlap(self, desk: Desk) -> None:
        old = desk.session("mine")
        last = desk.portal.last_message_id(2045)
        desk.ok("operator", FORK, CHAT_ID=2045, MESSAGE_ID=last)
        new = desk.session("mine")
        assert new.start_id == last + 1
        both = {"Conversation closed.", "[USER=7][/USER] closed the current conversation and started a new one"}
        for session in (old, new):
            found = desk.ok("operator", HISTORY, SESSION_ID=session.id)["message"].values()
            assert both <= {message["text"] for message in found}

    def test_copy_keeps_author_text_and_files(self, desk: Desk) -> None:
        source = next(m for m in desk.portal.messages_of(2058) if m.params.get("fileId"))
        desk.ok("operator", FORK, CHAT_ID=2058, MESSAGE_ID=str(source.id))
        copy = next(desk.portal.messages_of(2058))
        assert (copy.author, copy.text, copy.params) == (source.author, source.text, source.params)
        assert copy.id > source.id

    def test_pin_of_the_forked_dialog_stays_in_the_chat(self, desk: Desk) -> None:
        desk.ok("operator", FORK, CHAT_ID=2047, MESSAGE_ID=desk.portal.last_message_id(2047))
        assert desk.chat("pinned").entity_data_1.split("|")[3] == "Y"
        assert not desk.session("pinned").pinned

    def test_busy(self, desk: Desk) -> None:
        actions.hold_lock(desk.portal, "mine", "fork")
        with desk.unchanged():
            desk.ok("operator", FORK, CHAT_ID=2045, MESSAGE_ID=desk.portal.last_message_id(2045))
        actions.release_locks(desk.portal, "mine")
        desk.ok("operator", FORK, CHAT_ID=2045, MESSAGE_ID=desk.portal.last_message_id(2045))
        assert desk.session("mine").parent


class TestJoin:
    @pytest.mark.parametrize("who", ["extranet"])
    def test_silently_left_out(self, desk: Desk, who: str) -> None:
        with desk.unchanged():
            desk.ok(who, JOIN, CHAT_ID=2045)

    def test_message_carries_its_code(self, desk: Desk) -> None:
        desk.ok("second", JOIN, CHAT_ID=2045)
        assert next(desk.portal.messages_of(2045)).params == {"code": "CHAT_JOIN", "notify": "Y"}


class TestIntercept:
    def test_masculine_wording_and_unpin(self, desk: Desk) -> None:
        desk.ok("second", INTERCEPT, CHAT_ID=2047)
        assert desk.texts("pinned", 1) == ["[USER=8][/USER] took conversation from [USER=7][/USER]"]
        assert not desk.session("pinned").pinned
        assert desk.chat("pinned").entity_data_1.split("|")[3] == "N"

    def test_crm_gets_the_new_responsible(self, desk: Desk) -> None:
        activity = desk.portal.state.activities[desk.session("in_crm").activity]
        desk.ok("second", INTERCEPT, CHAT_ID=2053)
        assert activity.responsible == 8
        desk.portal.state.lines[22].change_responsible = False
        desk.ok("operator", INTERCEPT, CHAT_ID=2053)
        assert activity.responsible == 8

    def test_nobody_accepts_twice_at_once(self, desk: Desk) -> None:
        actions.hold_lock(desk.portal, "mine", "accept")
        with desk.unchanged():
            desk.ok("second", INTERCEPT, CHAT_ID=2045)

    def test_no_open_session_leaves_a_member(self, desk: Desk) -> None:
        desk.chat("closed").owner = 7
        desk.ok("second", INTERCEPT, CHAT_ID=2050)
        assert desk.chat("closed").owner == 7
        assert 8 in desk.chat("closed").members

    def test_from_a_bot_with_the_later_rule(self, desk: Desk) -> None:
        bot = User(60, "Marvin", kind="bot")
        desk.portal.state.users[60] = bot
        desk.portal.state.lines[24].welcome_bot = 60
        actions.client_writes(desk.portal, "closed", "Hello?")
        assert desk.session("closed").operator == 60
        with desk.unchanged():
            desk.ok("operator", INTERCEPT, CHAT_ID=2050)
        desk.portal.settings.bot_intercept = True
        with desk.unchanged():
            desk.ok("operator", INTERCEPT, CHAT_ID=2044)
        desk.ok("operator", INTERCEPT, CHAT_ID=2050)
        assert desk.chat("closed").owner == 7
        assert 60 in desk.chat("closed").members
        assert desk.ok("operator", HISTORY, CHAT_ID=2050)["chatId"] == 2050


class TestPin:
    def test_pinning_moves_the_closing_date(self, desk: Desk) -> None:
        desk.ok("operator", PIN, CHAT_ID=2045)
        assert desk.session("mine").close_at == desk.portal.now() + timedelta(days=7)

    def test_busy_queue(self, desk: Desk) -> None:
        actions.hold_lock(desk.portal, "mine", "queue")
        with desk.unchanged():
            desk.ok("operator", PIN, CHAT_ID=2045)

    def test_all(self, desk: Desk) -> None:
        wanted = [desk.session(key).id for key in ("mine", "silent", "in_crm", "deal_line", "russian", "rtl", "long")]
        assert sorted(desk.ok("operator", PIN_ALL)) == sorted(wanted)
        assert desk.ok("operator", PIN_ALL) == []
        assert sorted(desk.ok("operator", UNPIN_ALL)) == sorted([*wanted, desk.session("pinned").id])
        assert desk.ok("operator", UNPIN_ALL) == []

    def test_failures_are_left_out(self, desk: Desk) -> None:
        desk.portal.state.lines.pop(22)
        desk.portal.employee("operator").admin = True
        assert desk.session("in_crm").id not in desk.ok("operator", PIN_ALL)

    def test_unavailable_operator_loses_the_unpinned_dialog(self, desk: Desk) -> None:
        desk.ok("operator", PIN, CHAT_ID=2045)
        actions.change_employee(desk.portal, "operator", available=False)
        desk.ok("operator", PIN, CHAT_ID=2045, ACTIVATE="N")
        actions.run_timers(desk.portal)
        session = desk.session("mine")
        assert (session.status, desk.chat("mine").owner) == (Status.SKIP, 0)
        assert desk.chat("mine").pending == [8]

    def test_unpinned_dialog_closes_by_the_line(self, desk: Desk) -> None:
        actions.change_line(desk.portal, 24, auto_close_seconds=60)
        desk.ok("operator", PIN, CHAT_ID=2045)
        desk.ok("operator", PIN, CHAT_ID=2045, ACTIVATE="N")
        desk.portal.advance(61)
        actions.run_timers(desk.portal)
        assert desk.session("mine").status is Status.CLOSE
        assert desk.texts("mine", 1) == ["Session closed automatically"]


class TestSilent:
    def test_message_written_silently_moves_nothing(self, desk: Desk) -> None:
        desk.ok("operator", SILENT, CHAT_ID=2045, ACTIVATE="Y")
        assert desk.texts("mine", 1)[0].startswith("[b]Whisper mode is on.[/b]\n")
        status = desk.session("mine").status
        assert actions.operator_writes(desk.portal, "operator", "mine", "psst").hidden
        assert desk.session("mine").status is status

    def test_personal(self, desk: Desk) -> None:
        desk.portal.settings.silent_mode = "personal"
        before = desk.texts("mine", 3)
        desk.ok("operator", SILENT, CHAT_ID=2045, ACTIVATE="Y")
        desk.ok("operator", JOIN, CHAT_ID=2045)
        assert desk.chat("mine").entity_data_3 == ""
        assert desk.texts("mine", 3) == before
        assert actions.operator_writes(desk.portal, "operator", "mine", "psst").hidden
        desk.ok("operator", SILENT, CHAT_ID=2045, ACTIVATE="N")
        assert not actions.operator_writes(desk.portal, "operator", "mine", "hello").hidden
        desk.ok("operator", SILENT, CHAT_ID=2045, ACTIVATE="Y")
        actions.operator_finishes(desk.portal, "operator", "mine")
        assert desk.chat("mine").silent_for == []


class TestVote:
    def test_rating_alone_erases_the_comment(self, desk: Desk) -> None:
        desk.ok("supervisor", VOTE, SESSION_ID=321, RATING=4, COMMENT="good")
        assert desk.portal.state.sessions[321].comment_head == "good"
        desk.ok("supervisor", VOTE, SESSION_ID=321, RATING=5)
        assert desk.portal.state.sessions[321].comment_head == ""

    def test_comment_alone_keeps_the_rating(self, desk: Desk) -> None:
        desk.ok("supervisor", VOTE, SESSION_ID=321, RATING=4, COMMENT="good")
        desk.ok("supervisor", VOTE, SESSION_ID="321", COMMENT="x" * 10_001)
        session = desk.portal.state.sessions[321]
        assert (session.vote_head, session.comment_head) == (4, "x" * 10_000 + "...")

    def test_blank_rating_makes_the_update_vanish(self, desk: Desk) -> None:
        with desk.unchanged():
            desk.ok("supervisor", VOTE, SESSION_ID=321, RATING="", COMMENT="good")

    def test_notification_replaces_the_earlier_one(self, desk: Desk) -> None:
        desk.ok("supervisor", VOTE, SESSION_ID=321, RATING=4)
        desk.ok("supervisor", VOTE, SESSION_ID=321, COMMENT="good")
        (notice,) = desk.portal.state.notifications
        assert notice.user_id == 7
        assert notice.text == "Supervisor [USER=9][/USER] left a comment to conversation #321: [b]good[/b]"
        desk.ok("supervisor", VOTE, SESSION_ID=321, RATING=4)
        (notice,) = desk.portal.state.notifications
        assert notice.text == (
            "Supervisor [USER=9][/USER] rated conversation #321 as [b][RATING=4][/b] and left a comment: [b][/b]"
        )

    def test_own_session_needs_no_notification(self, desk: Desk) -> None:
        desk.portal.employee("operator").role.vote_head = "own"
        desk.ok("operator", VOTE, SESSION_ID=321, RATING=5)
        assert desk.portal.state.notifications == []

    def test_closing_message_gets_the_rating(self, desk: Desk) -> None:
        desk.ok("supervisor", VOTE, SESSION_ID=321, RATING=4, COMMENT="good")
        message = desk.portal.state.messages[desk.portal.state.sessions[321].closing_message]
        assert message.params == {"imolVoteSid": 321, "imolVoteHead": 4, "imolCommentHead": "good"}

    @pytest.mark.parametrize("params", [{"RATING": [5]}, {"RATING": 5, "COMMENT": {"a": 1}}])
    def test_arrays_end_as_a_php_error(self, desk: Desk, params: dict[str, Any]) -> None:
        assert desk.answer("supervisor", VOTE, SESSION_ID=321, **params)[0] == 500


class TestLead:
    def test_deal_line(self, desk: Desk) -> None:
        desk.ok("operator", LEAD, CHAT_ID=2054)
        chat = desk.chat("deal_line")
        deal, contact = desk.portal.state.crm_items[-1], desk.portal.state.crm_items[-2]
        assert (deal.type, contact.type) == ("DEAL", "CONTACT")
        assert chat.entity_data_1.startswith(f"Y|DEAL|{deal.id}|")
        assert chat.entity_data_2 == f"LEAD|0|COMPANY|0|CONTACT|{contact.id}|DEAL|{deal.id}"
        assert desk.texts("deal_line", 2) == ["[b]New contact created[/b]", "[b]New deal created[/b]"]

    def test_crm_without_leads(self, desk: Desk) -> None:
        desk.portal.settings.crm_leads = False
        desk.ok("operator", LEAD, CHAT_ID=2045)
        assert [item.type for item in desk.portal.state.crm_items[-3:]] == ["LEAD", "CONTACT", "DEAL"]

    def test_refusals(self, desk: Desk) -> None:
        desk.portal.settings.crm_installed = False
        assert desk.code("operator", LEAD, CHAT_ID=2045) == "IMOL_CHAT_ERROR_NOT_LOAD_CRM"
        desk.portal.settings.crm_installed = True
        desk.portal.settings.crm_refuses = "Field Name is required"
        assert desk.answer("operator", LEAD, CHAT_ID=2045)[1] == {
            "error": "ERROR IMOPENLINES CREATING CRM ENTITY",
            "error_description": "Field Name is required",
        }

    def test_quirk_flag_is_reset_but_the_item_stays(self, desk: Desk) -> None:
        actions.change_line(desk.portal, 22, crm_mode="none")
        item = desk.chat("closed_history").entity_data_1.split("|")[1:3]
        actions.client_writes(desk.portal, "closed_history", "Hello again")
        assert desk.chat("closed_history").entity_data_1.startswith("N|" + "|".join(item))
        assert desk.chat("closed_history").entity_data_2 == "LEAD|0|COMPANY|0|CONTACT|0|DEAL|0"

    def test_known_client_is_found(self, desk: Desk) -> None:
        client = UserCode.parse(desk.chat("closed_history").entity_id).client_id
        desk.portal.state.crm_items.append(CrmItem(5, "COMPANY", "Adams Ltd", responsible=8, client=client))
        actions.client_writes(desk.portal, "closed_history", "Hello again")
        assert desk.chat("closed_history").entity_data_1.startswith("Y|COMPANY|5|")
        texts = desk.texts("closed_history", 4)
        assert "[b]Company attached to conversation[/b]" in texts
        assert "Enquiry redirected to [USER=8][/USER] (CRM's responsible person)" in texts


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
