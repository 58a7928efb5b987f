"""The messenger's lists: what is in them, in which form, for whom."""

from typing import Any

import pytest

from bitrix24_dialogs.portal import actions
from tests.portal.conftest import Desk

RECENT = "im.recent.get"
COUNTERS = "im.counters.get"
SEARCH = "im.search.chat.list"
CHAT = "im.chat.get"


def rows(desk: Desk, who: str = "operator", **params: Any) -> dict[int, Any]:
    found = desk.ok(who, RECENT, **(params or {"ONLY_OPENLINES": "Y"}))
    return {row["chat_id"]: row for row in found if row}


class TestRecent:
    def test_it_holds_what_one_takes_part_in_and_what_waits_in_the_queue(self, desk: Desk) -> None:
        mine = set(rows(desk))
        assert {2043, 2044, 2045, 2047, 2049, 2058} <= mine
        assert mine.isdisjoint({2046, 2050, 2051, 2052, 2059, 2060})
        # the second employee is offered what everybody is
        assert {2044, 2046, 2056} <= set(rows(desk, "second"))
        assert set(rows(desk, "supervisor")) == set()

    def test_what_waits_comes_first_then_the_newest(self, desk: Desk) -> None:
        found = desk.ok("operator", RECENT, ONLY_OPENLINES="Y")
        assert [row["chat_id"] for row in found[:2]] == [2044, 2043]
        dates = [row["date_last_activity"] for row in found[2:]]
        assert dates == sorted(dates, reverse=True)

    def test_a_row_has_the_documented_fields(self, desk: Desk) -> None:
        row = rows(desk)[2045]
        assert (row["id"], row["type"], row["title"]) == ("chat2045", "chat", "Liam O'Brien - Service desk")
        assert row["chat"]["type"] == "lines"
        assert row["chat"]["entity_type"] == "LINES"
        assert row["chat"]["entity_id"] == desk.chat("mine").entity_id
        assert row["chat"]["entity_data_1"] == desk.chat("mine").entity_data_1
        assert row["chat"]["role"] == "owner"
        session = desk.session("mine")
        assert row["lines"] == {"id": session.id, "status": 25, "date_create": session.started.isoformat()}
        assert row["message"]["text"] == "By Friday, please."
        assert row["message"]["author_id"] == int(desk.chat("mine").entity_id.rpartition("|")[2])
        assert row["counter"] == 1

    def test_a_queued_row_tells_no_role_and_counts_one(self, desk: Desk) -> None:
        actions.client_writes(desk.portal, "waiting_all", "Hello?")
        row = rows(desk)[2044]
        assert "role" not in row["chat"]
        assert row["counter"] == 1
        desk.portal.state.messages = {
            number: one for number, one in desk.portal.state.messages.items() if one.chat_id != 2044
        }
        assert None in desk.ok("operator", RECENT, ONLY_OPENLINES="Y")

    def test_texts_are_without_markup_and_line_ends(self, desk: Desk) -> None:
        actions.client_writes(desk.portal, "mine", "[b]One[/b]\n[URL=https://x.example]two[/URL] [not a code")
        assert rows(desk)[2045]["message"]["text"] == "One two [not a code"

    def test_without_the_switch_it_is_the_list_of_all_chats_of_a_month(self, desk: Desk) -> None:
        everything = rows(desk, SKIP_DIALOG="N")
        assert {2045, 2059} <= set(everything)
        assert 2044 not in everything
        assert "lines" not in everything[2059]
        assert everything[2059]["chat"]["type"] == "chat"
        assert set(rows(desk, skip_openlines="Y")) == {2059}
        assert 2059 not in rows(desk, SKIP_CHAT="Y")
        desk.portal.advance(40 * 86_400)
        assert rows(desk, SKIP_CHAT="Y") == {}
        assert 2045 in rows(desk)

    def test_it_changes_nothing(self, desk: Desk) -> None:
        with desk.unchanged():
            rows(desk)
            desk.ok("operator", COUNTERS)
            desk.ok("operator", SEARCH, FIND_LINES="noah")


class TestCounters:
    def test_sums_and_chats(self, desk: Desk) -> None:
        counted = desk.ok("operator", COUNTERS)
        assert counted["LINES"]["2043"] == counted["LINES"]["2044"] == 1
        assert counted["TYPE"]["LINES"] == sum(counted["LINES"].values())
        assert counted["CHAT"] == [] or set(counted["CHAT"]) == {"2059"}
        assert desk.ok("supervisor", COUNTERS)["LINES"] == []

    @pytest.mark.parametrize("value", ["Y", "N"])
    def test_any_text_leaves_the_sums_alone(self, desk: Desk, value: str) -> None:
        assert set(desk.ok("operator", COUNTERS, ONLY_COUNTER=value)) == {"TYPE"}


class TestSearch:
    @pytest.mark.parametrize("phrase", ["noah", "FISCH", "Fischer No", "site noah"])
    def test_by_the_beginnings_of_words(self, desk: Desk, phrase: str) -> None:
        status, body = desk.answer("operator", SEARCH, FIND_LINES=phrase)
        assert status == 200
        assert [row["id"] for row in body["result"]] == [2043]
        assert body["total"] == 1
        assert "next" not in body

    def test_closed_dialogs_and_colleagues_are_found(self, desk: Desk) -> None:
        assert [row["id"] for row in desk.ok("operator", SEARCH, FIND_LINES="zoe")] == [2051]
        assert [row["id"] for row in desk.ok("operator", SEARCH, FIND_LINES="emily")] == [2056]

    def test_only_what_the_caller_may_see(self, desk: Desk) -> None:
        assert desk.ok("outsider", SEARCH, FIND_LINES="noah") == []
        assert desk.ok("outsider", SEARCH, FIND="lunch") == []

    @pytest.mark.parametrize("params", [{}, {"FIND_LINES": " n "}, {"FIND_LINES": ""}, {"FIND": "x"}])
    def test_too_short(self, desk: Desk, params: dict[str, str]) -> None:
        assert desk.code("operator", SEARCH, **params) == "FIND_SHORT"

    def test_the_other_phrase_wins(self, desk: Desk) -> None:
        assert [row["id"] for row in desk.ok("operator", SEARCH, FIND="lunch", FIND_LINES="noah")] == [2059]

    def test_pages(self, desk: Desk) -> None:
        everything = desk.ok("operator", SEARCH, FIND_LINES="service", LIMIT=50)
        assert len(everything) > 5
        status, body = desk.answer("operator", SEARCH, find_lines="service", LIMIT="2", OFFSET="1")
        assert status == 200
        assert body["result"] == everything[1:3]
        assert (body["total"], body["next"]) == (len(everything), 3)
        assert len(desk.ok("operator", SEARCH, FIND_LINES="service")) == min(10, len(everything))

    def test_in_a_batch_the_counts_stand_aside(self, desk: Desk) -> None:
        answer = desk.ok("operator", "batch", cmd={"a": f"{SEARCH}?FIND_LINES=service&LIMIT=2", "b": "profile"})
        assert len(answer["result"]["a"]) == 2
        assert answer["result_total"]["a"] > 2
        assert answer["result_next"] == {"a": 2}


class TestChatGet:
    def test_number_by_address_for_anybody(self, desk: Desk) -> None:
        code = desk.chat("mine").entity_id
        assert desk.ok("outsider", CHAT, ENTITY_TYPE="LINES", ENTITY_ID=code) == {"ID": 2045}

    @pytest.mark.parametrize("params", [{}, {"ENTITY_TYPE": "LINES", "ENTITY_ID": "a|1|2|3"}, {"ENTITY_TYPE": ""}])
    def test_nothing_is_no_error(self, desk: Desk, params: dict[str, str]) -> None:
        assert desk.ok("operator", CHAT, **params) is None


@pytest.mark.parametrize("method", [RECENT, COUNTERS, SEARCH, CHAT])
def test_without_the_scope_or_the_messenger(desk: Desk, method: str) -> None:
    desk.portal.settings.im_installed = False
    assert desk.answer("operator", method)[0] == 404
    desk.portal.state.webhooks[7].scopes = ["imopenlines"]
    status, body = desk.answer("operator", method)
    assert (status, body["error"]) == (403, "insufficient_scope")
