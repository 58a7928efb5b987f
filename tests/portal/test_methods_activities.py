"""Dialogs as CRM knows them."""

from datetime import timedelta
from typing import Any

import pytest

from bitrix24_dialogs.portal.entities import Activity, Session, Status
from tests.portal.conftest import Desk

CHATS = "imopenlines.crm.chat.get"
LIST = "crm.activity.list"


def lead_of(desk: Desk, key: str) -> int:
    return int(desk.chat(key).entity_data_2.split("|")[1])


class TestChatsOfAnItem:
    def test_the_dialogs_of_a_lead(self, desk: Desk) -> None:
        found = desk.ok("operator", CHATS, CRM_ENTITY_TYPE="lead", CRM_ENTITY=lead_of(desk, "in_crm"))
        assert found == [{"CHAT_ID": "2053", "CONNECTOR_ID": "telegrambot", "CONNECTOR_TITLE": "Telegram"}]

    def test_what_nobody_has_answered_is_there_only_when_asked_for(self, desk: Desk) -> None:
        lead = lead_of(desk, "waiting")
        for active_only, chats in (("Y", []), (None, []), ("y", []), ("N", ["2043"])):
            params = {} if active_only is None else {"ACTIVE_ONLY": active_only}
            found = desk.ok("operator", CHATS, CRM_ENTITY_TYPE="LEAD", CRM_ENTITY=lead, **params)
            assert [row["CHAT_ID"] for row in found] == chats

    def test_closed_ones_too(self, desk: Desk) -> None:
        activity = next(one for one in desk.portal.state.activities.values() if one.session_id == 323)
        lead = int(activity.bindings[0].partition("|")[2])
        assert desk.ok("supervisor", CHATS, CRM_ENTITY_TYPE="lead", CRM_ENTITY=lead) == []
        found = desk.ok("supervisor", CHATS, CRM_ENTITY_TYPE="lead", CRM_ENTITY=str(lead), ACTIVE_ONLY="N")
        assert [row["CHAT_ID"] for row in found] == ["2051"]

    def test_a_chat_is_there_once_and_disconnected_channels_are_not(self, desk: Desk) -> None:
        state, lead = desk.portal.state, lead_of(desk, "in_crm")
        state.activities[990] = Activity(990, desk.session("waiting").id, 7, [f"LEAD|{lead}"])
        state.activities[991] = Activity(991, desk.session("in_crm").id, 7, [f"LEAD|{lead}"])
        params = {"CRM_ENTITY_TYPE": "lead", "CRM_ENTITY": lead, "ACTIVE_ONLY": "N"}
        assert [row["CHAT_ID"] for row in desk.ok("operator", CHATS, **params)] == ["2043", "2053"]
        desk.portal.settings.disconnected = ["telegrambot"]
        assert desk.ok("operator", CHATS, **params) == []

    @pytest.mark.parametrize("who", ["second", "outsider"])
    def test_only_for_readers_of_the_item(self, desk: Desk, who: str) -> None:
        status, body = desk.answer(who, CHATS, CRM_ENTITY_TYPE="lead", CRM_ENTITY=lead_of(desk, "in_crm"))
        assert (status, body["error"]) == (403, "ACCESS_DENIED")

    def test_an_item_that_is_not_there(self, desk: Desk) -> None:
        params = {"CRM_ENTITY_TYPE": "lead", "CRM_ENTITY": 999_999}
        assert desk.answer("operator", CHATS, **params)[0] == 403
        assert desk.ok("administrator", CHATS, **params) == []

    @pytest.mark.parametrize(
        ("params", "argument"),
        [
            ({}, "CRM_ENTITY_TYPE"),
            ({"CRM_ENTITY_TYPE": "lead"}, "CRM_ENTITY"),
            ({"CRM_ENTITY_TYPE": "lead", "CRM_ENTITY": "x"}, "CRM_ENTITY"),
            ({"CRM_ENTITY_TYPE": "lead", "CRM_ENTITY": -1}, "CRM_ENTITY"),
            ({"crm_entity_type": "lead", "crm_entity": 1}, "CRM_ENTITY_TYPE"),
        ],
    )
    def test_wrong_arguments_are_named(self, desk: Desk, params: dict[str, Any], argument: str) -> None:
        status, body = desk.answer("operator", CHATS, **params)
        assert (status, body["error"], body["argument"]) == (400, "ERROR_ARGUMENT", argument)


def sessions(desk: Desk, who: str = "administrator", **params: Any) -> list[int]:
    return [int(row["ASSOCIATED_ENTITY_ID"]) for row in desk.ok(who, LIST, **params)]


class TestActivities:
    def test_only_what_crm_rights_allow(self, desk: Desk) -> None:
        everything = sessions(desk)
        assert len(everything) == len(desk.portal.state.activities)
        assert set(sessions(desk, "supervisor")) == {321, 322, 323, desk.session("english").id}
        assert sessions(desk, "outsider") == []

    def test_the_form_of_a_row(self, desk: Desk) -> None:
        (row,) = desk.ok("administrator", LIST, filter={"ASSOCIATED_ENTITY_ID": 323})
        assert row["PROVIDER_ID"] == "IMOPENLINES_SESSION"
        assert (row["COMPLETED"], row["RESPONSIBLE_ID"], row["OWNER_TYPE_ID"]) == ("Y", "7", "1")
        assert row["SUBJECT"] == "Zoe Adams - Site support"
        assert row["START_TIME"] == desk.portal.state.sessions[323].started.isoformat()
        assert all(isinstance(row[name], str) for name in ("ID", "OWNER_ID", "ASSOCIATED_ENTITY_ID"))

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({"RESPONSIBLE_ID": 8}, {"english"}),
            ({"=RESPONSIBLE_ID": "8", "COMPLETED": "N"}, {"english"}),
            ({"@ASSOCIATED_ENTITY_ID": [321, "322"]}, {321, 322}),
            ({"!COMPLETED": "N"}, {321, 322, 323}),
            ({"COMPLETED": "Y", ">ASSOCIATED_ENTITY_ID": 321}, {322, 323}),
            ({"COMPLETED": "Y", "<=ASSOCIATED_ENTITY_ID": 321}, {321}),
            ({"%SUBJECT": "zoe"}, {321, 322, 323}),
            ({"PROVIDER_ID": "VOXIMPLANT_CALL"}, set()),
        ],
    )
    def test_filters(self, desk: Desk, wanted: dict[str, Any], expected: set[Any]) -> None:
        numbers = {desk.session(one).id if isinstance(one, str) else one for one in expected}
        assert set(sessions(desk, filter=wanted)) == numbers

    def test_an_unknown_field_filters_nothing(self, desk: Desk) -> None:
        assert sessions(desk, filter={"PROVIDER": "x", ">=OPENED": "2030-01-01"}) == sessions(desk)

    def test_a_period_with_and_without_offset(self, desk: Desk) -> None:
        started = desk.portal.state.sessions[322].started
        day = started.date()
        for wanted in (
            {">=START_TIME": f"{day}T00:00:00", "<START_TIME": f"{day + timedelta(days=1)}T00:00:00"},
            {">=CREATED": started.isoformat(), "<=CREATED": started.isoformat()},
        ):
            assert sessions(desk, filter=wanted) == [322]
        assert sessions(desk, filter={">=START_TIME": "soon"}) == []

    def test_bindings(self, desk: Desk) -> None:
        activity = next(one for one in desk.portal.state.activities.values() if one.session_id == 323)
        lead = int(activity.bindings[0].partition("|")[2])
        assert sessions(desk, filter={"BINDINGS": [{"OWNER_TYPE_ID": 1, "OWNER_ID": lead}]}) == [323]
        assert 324 in sessions(desk, filter={"BINDINGS": [{"OWNER_TYPE_ID": 2}]})
        assert sessions(desk, filter={"BINDINGS": [{"OWNER_TYPE_ID": "4", "OWNER_ID": "1"}]}) == []

    def test_order_and_selection(self, desk: Desk) -> None:
        numbers = sessions(desk)
        assert sessions(desk, order={"ASSOCIATED_ENTITY_ID": "DESC"}) == sorted(numbers, reverse=True)
        row = desk.ok("administrator", LIST, select=["ID", "SUBJECT"])[0]
        assert set(row) == {"ID", "SUBJECT"}

    def test_pages_of_fifty(self, desk: Desk) -> None:
        state = desk.portal.state
        for number in range(1000, 1120):
            state.sessions[number] = Session(number, 2045, "x|24|1|1", 24, desk.portal.now(), 7, Status.ANSWER)
            state.activities[number] = Activity(number, number, 7, [])
        total = len(state.activities)
        status, body = desk.answer("administrator", LIST, order={"ID": "ASC"}, start=75)
        assert status == 200
        assert (len(body["result"]), body["total"], body["next"]) == (50, total, 100)
        assert body["result"] == desk.ok("administrator", LIST, order={"ID": "ASC"}, start=50)
        last = desk.answer("administrator", LIST, order={"ID": "ASC"}, start=100)[1]
        assert len(last["result"]) == total - 100
        assert "next" not in last
        assert desk.answer("administrator", LIST, start=-1)[1]["total"] == -1
        answer = desk.ok("administrator", "batch", cmd={"a": f"{LIST}?order[ID]=ASC&start=100"})
        assert answer["result"]["a"] == last["result"]
        assert (answer["result_total"], answer["result_next"]) == ({"a": total}, [])

    def test_without_the_scope_or_crm(self, desk: Desk) -> None:
        desk.portal.settings.crm_installed = False
        assert desk.answer("operator", LIST)[0] == 404
        desk.portal.state.webhooks[7].scopes = ["imopenlines"]
        assert desk.answer("operator", LIST)[1]["error"] == "insufficient_scope"
