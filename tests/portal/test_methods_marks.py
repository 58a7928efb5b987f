"""What the methods that pin, silence, rate and save a dialog do."""

from datetime import timedelta
from typing import Any

import pytest

from bitrix24_dialogs.portal import actions
from bitrix24_dialogs.portal.chatdata import UserCode
from bitrix24_dialogs.portal.entities import CrmItem, Status
from tests.portal.conftest import Desk

JOIN = "imopenlines.session.join"
PIN = "imopenlines.session.mode.pin"
PIN_ALL = "imopenlines.session.mode.pinAll"
UNPIN_ALL = "imopenlines.session.mode.unpinAll"
SILENT = "imopenlines.session.mode.silent"
LEAD = "imopenlines.crm.lead.create"
VOTE = "imopenlines.session.head.vote"


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
