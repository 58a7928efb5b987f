"""Sessions by operator and period; and that no answer of a portal makes any list crash."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest

from bitrix24_dialogs.portal import default_portal
from bitrix24_dialogs.portal.entities import Activity
from tests.portal.conftest import Desk as PortalDesk
from tests.support import case
from tests.tools.test_inbox import ids, without_scopes
from tests.tools.test_inbox_finding import ACTIVITIES, CARD, CRM_CHATS, SEARCH, lead_of
from tests.tools.test_odd_answers import answer_with, mutated, sound

pytestmark = pytest.mark.anyio


# sessions_list


async def test_sessions_are_what_crm_rights_show_and_that_is_said() -> None:
    async with case("supervisor") as desk:
        told = await desk.call("sessions_list")
        expected = {321, 322, 323, desk.session_id("english")}
        assert set(ids(told, "sessions", "session_id")) == expected
        started = [row["started"] for row in told["sessions"]]
        assert started == sorted(started, reverse=True)
        assert told["total"] == 4
        assert "CRM rights" in told["covers"]
        assert desk.calls == [ACTIVITIES]
        read = await desk.call("session_history_get", session_id=told["sessions"][-1]["session_id"])
        assert not read.is_error


async def test_sessions_of_an_operator() -> None:
    async with case("administrator") as desk:
        told = await desk.call("sessions_list", operator_id=desk.user("second"))
        (row,) = told["sessions"]
        assert (row["session_id"], row["closed"]) == (desk.session_id("english"), False)
        assert row["responsible_id"] == desk.user("second")
        assert row["crm"]["type"] == "LEAD"


async def test_sessions_of_a_period() -> None:
    async with case("administrator") as desk:
        started = desk.portal.state.sessions[322].started
        day = started.date()
        one_day = await desk.call("sessions_list", since=str(day), until=str(day))
        (row,) = one_day["sessions"]
        assert (row["session_id"], row["closed"]) == (322, True)
        assert row["ended"] > row["started"]
        sent = desk.portal.calls.entries[-1].params["filter"]
        assert sent[">=START_TIME"] == f"{day}T00:00:00"
        assert sent["<START_TIME"] == f"{day + timedelta(days=1)}T00:00:00"
        before = await desk.call("sessions_list", until=started.isoformat())
        assert ids(before, "sessions", "session_id") == [321]
        nothing = await desk.call("sessions_list", since="2199-01-01")
        assert (ids(nothing, "sessions", "session_id"), nothing["total"]) == ([], 0)
        assert "CRM rights" in nothing["why"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"since": "yesterday"}, "ISO 8601"),
        ({"since": "0001-01-01"}, "ISO 8601"),
        ({"until": "9999-12-31"}, "ISO 8601"),
        ({"until": 5}, "ISO 8601"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "since must be before until"),
        ({"operator_id": "x"}, "positive"),
        ({"limit": 0}, "from 1 to 50"),
    ],
)
async def test_impossible_periods_never_reach_the_portal(arguments: dict[str, object], reason: str) -> None:
    async with case() as desk:
        told = await desk.call("sessions_list", **arguments)
        assert told.is_error
        assert reason in told.text
        assert desk.calls == []


async def test_pages_of_sessions_add_up_across_the_portals_own() -> None:
    portal = default_portal()
    chat = portal.state.chats[2045]
    chat.title = "😀" * 200
    for number in range(5000, 5120):
        session = portal.state.sessions[323]
        portal.state.sessions[number] = type(session)(**{**vars(session), "id": number, "chat_id": chat.id})
        portal.state.activities[number] = Activity(number, number, 7, ["LEAD|77"])
    async with case("administrator", portal=portal) as desk:
        total = len(portal.state.activities)
        found: list[int] = []
        while True:
            told = await desk.call("sessions_list", limit=50, offset=len(found))
            sound("sessions_list", told)
            found += ids(told, "sessions", "session_id")
            assert told["total"] == total
            assert (told["left_out"] or 0) == total - len(found)
            if not told["next"]:
                break
            assert f"offset={len(found)}" in told["next"]
        assert len(found) == len(set(found)) == total
        assert {call.start for call in desk.portal.calls.entries} == {0, 50, 100}
        assert len(desk.calls) > 3  # fifty of them do not fit
        beyond = await desk.call("sessions_list", offset=total + 200)
        assert ids(beyond, "sessions", "session_id") == []
        assert "so far down" in beyond["why"]


async def test_whatever_comes_from_beyond_the_end_is_no_further_page() -> None:
    async with case() as desk:
        rows = PortalDesk(desk.portal).ok("operator", ACTIVITIES)
        body = json.dumps({"result": rows, "total": len(rows)})
        desk.fault(method=ACTIVITIES, status=200, body=body, count=-1)
        told = await desk.call("sessions_list", offset=100)
        assert (ids(told, "sessions", "session_id"), told["total"]) == ([], len(rows))


async def test_sessions_of_other_lines_are_not_shown_nor_counted() -> None:
    async with case("administrator", lines=(23,)) as desk:
        told = await desk.call("sessions_list")
        assert ids(told, "sessions", "session_id") == [desk.session_id("closing")]
        assert (told["total"], told["next"]) == (None, None)
        assert "BITRIX24_LINES" in told["covers"]
        outer = [call.method for call in desk.portal.calls.entries if not call.batched]
        assert outer == [ACTIVITIES, "batch"]


@pytest.mark.parametrize("tool", ["sessions_list", "dialogs_find"])
async def test_the_missing_crm_scope_is_named(tool: str) -> None:
    async with case(portal=without_scopes(default_portal(), "imopenlines", "im")) as desk:
        arguments = {"sessions_of": desk.id("in_crm")} if tool == "dialogs_find" else {}
        told = await desk.call(tool, **arguments)
        assert told.is_error
        assert "tick the scope crm" in told.text


@pytest.mark.parametrize("result", [True, None, 5, [5], [{"ID": "7"}], {"a": {"ASSOCIATED_ENTITY_ID": "x"}}])
async def test_what_is_no_list_of_sessions_is_not_none(result: Any) -> None:
    async with case() as desk:
        answer_with(desk, ACTIVITIES, result)
        told = await desk.call("sessions_list")
        assert told.is_error
        assert "not a list of sessions" in told.text


# all of them


@pytest.mark.parametrize("seed", range(3))
async def test_no_answer_makes_a_list_crash_or_break_its_schema(seed: int) -> None:
    chance = random.Random(seed)
    async with case(lines=(22, 24) if seed == 1 else ()) as desk:
        lead = lead_of(desk, "in_crm")
        found = {"CRM_ENTITY_TYPE": "lead", "CRM_ENTITY": lead, "ACTIVE_ONLY": "N"}
        asked = {
            "im.recent.get": ({"ONLY_OPENLINES": "Y"}, "dialogs_list", {}),
            SEARCH: ({"FIND_LINES": "service"}, "dialogs_find", {"name": "service"}),
            CRM_CHATS: (found, "dialogs_find", {"crm_type": "lead", "crm_id": lead}),
            ACTIVITIES: ({}, "sessions_list", {}),
            CARD: ({"CHAT_ID": desk.id("in_crm")}, "dialogs_find", {"sessions_of": desk.id("in_crm")}),
            "batch": ({"cmd": {"user": "profile", "scopes": "scope", "dialogs": "im.recent.get"}}, "whoami", {}),
        }
        portal = PortalDesk(desk.portal)
        good = {method: portal.ok("operator", method, **params) for method, (params, _, _) in asked.items()}
        assert all(good.values())
        for _ in range(80):
            method = chance.choice(list(good))
            _, tool, arguments = asked[method]
            desk.portal.faults.clear()
            answer_with(desk, method, mutated(good[method], chance))
            sound(tool, await desk.call(tool, **arguments))
