"""What the methods do beside the edge cases: effects, access, answers."""

from datetime import timedelta

import pytest

from bitrix24_dialogs.portal import actions
from bitrix24_dialogs.portal.entities import Chat, Role, Session, Status, User
from tests.portal.conftest import Desk

START = "imopenlines.session.start"
FORK = "imopenlines.message.session.start"
JOIN = "imopenlines.session.join"
INTERCEPT = "imopenlines.session.intercept"
LEAD = "imopenlines.crm.lead.create"
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
