"""What waits for whom."""

from datetime import datetime
from typing import Any

import pytest

from bitrix24_dialogs.portal import default_portal
from bitrix24_dialogs.portal.portal import Portal
from tests.support import Told, case
from tests.tools.test_odd_answers import answer_with, sound

pytestmark = pytest.mark.anyio


def ids(told: Told, field: str = "dialogs", name: str = "chat_id") -> list[int]:
    assert not told.is_error, told.text
    return [row[name] for row in told[field] or []]


def row_of(told: Told, chat_id: int) -> dict[str, Any]:
    return next(row for row in told["dialogs"] if row["chat_id"] == chat_id)


def without_scopes(portal: Portal, *granted: str) -> Portal:
    portal.state.webhooks[7].scopes = list(granted)
    return portal


# dialogs_list


async def test_ones_dialogs_are_listed_with_one_call() -> None:
    async with case() as desk:
        told = await desk.call("dialogs_list")
        assert set(ids(told)) >= {desk.id(key) for key in ("waiting", "waiting_all", "mine", "pinned", "closing")}
        assert set(ids(told)).isdisjoint({desk.id("colleagues"), desk.id("closed")})
        assert told["total"] == len(ids(told))
        assert told["left_out"] is None
        assert desk.calls == ["im.recent.get"]
        assert desk.portal.calls.entries[0].params == {"ONLY_OPENLINES": "Y"}


@pytest.mark.parametrize(
    ("key", "state", "waiting_for", "last_by"),
    [
        ("waiting", "waiting", "operator", "client"),
        ("waiting_all", "waiting", "operator", "client"),
        ("mine", "open", "operator", "client"),
        ("in_crm", "open", "client", "you"),
        ("closing", "open", "client", "system"),
        ("pinned", "open", "operator", "system"),
        ("silent", "open", "operator", "you"),
    ],
)
async def test_whose_turn_it_is(key: str, state: str, waiting_for: str, last_by: str) -> None:
    async with case() as desk:
        row = row_of(await desk.call("dialogs_list"), desk.id(key))
        assert (row["state"], row["waiting_for"], row["last_by"]) == (state, waiting_for, last_by)
        assert row["session_id"] == desk.session_id(key)
        assert row["pinned"] is (key == "pinned")
        card = await desk.call("dialog_get", chat_id=desk.id(key))
        for name in ("state", "line_id", "connector", "session_id", "pinned", "session_started", "title"):
            assert row[name] == card[name]


async def test_a_client_whom_nobody_accepted_waits_since_the_session_began() -> None:
    async with case() as desk:
        desk.portal.advance(600)
        desk.act("client_writes", chat="waiting", text="Still here.")
        row = row_of(await desk.call("dialogs_list"), desk.id("waiting"))
        started = desk.portal.state.sessions[desk.session_id("waiting")].started
        assert row["waiting_since"] == row["session_started"]
        assert datetime.fromisoformat(row["waiting_since"]) == started.replace(microsecond=0)
        assert row["last_words"] == "Still here."


async def test_otherwise_the_wait_is_told_by_the_last_message() -> None:
    async with case() as desk:
        row = row_of(await desk.call("dialogs_list"), desk.id("mine"))
        last = next(desk.portal.messages_of(desk.id("mine")))
        assert row["waiting_since"] == last.date.isoformat(timespec="seconds")
        assert row["unread"] == 1


@pytest.mark.parametrize(
    ("filters", "keys", "others"),
    [
        ({"state": "waiting"}, {"waiting", "waiting_all"}, {"mine"}),
        ({"state": "OPEN"}, {"mine", "closing"}, {"waiting"}),
        ({"line_id": 22}, {"waiting", "pinned", "in_crm"}, {"mine", "waiting_all"}),
        ({"line_id": "24", "state": "waiting"}, {"waiting_all"}, {"waiting", "mine"}),
        ({"unread": True}, {"waiting", "mine"}, {"in_crm"}),
        ({"unread": "no"}, {"in_crm"}, {"mine"}),
        ({"text": "COUPON"}, set(), {"waiting", "mine"}),
        ({"text": "is anybody"}, {"waiting"}, {"mine"}),
        ({"text": "петрова"}, {"russian"}, {"mine"}),
    ],
)
async def test_filters(filters: dict[str, object], keys: set[str], others: set[str]) -> None:
    async with case() as desk:
        told = await desk.call("dialogs_list", **filters)
        assert {desk.id(key) for key in keys} <= set(ids(told))
        assert set(ids(told)).isdisjoint({desk.id(key) for key in others})
        assert told["total"] == len(ids(told))
        assert (told["why"] is None) is bool(ids(told))


async def test_newest_first_or_longest_waiting_first() -> None:
    async with case() as desk:
        newest = await desk.call("dialogs_list")
        moved = [next(desk.portal.messages_of(number)).date for number in ids(newest)]
        assert moved == sorted(moved, reverse=True)
        waiting = await desk.call("dialogs_list", order="longest_waiting")
        turns = [row["waiting_for"] == "operator" for row in waiting["dialogs"]]
        assert turns == sorted(turns, reverse=True)
        since = [row["waiting_since"] for row in waiting["dialogs"] if row["waiting_for"] == "operator"]
        assert since == sorted(since)
        assert sorted(ids(newest)) == sorted(ids(waiting))


async def test_pages_are_honest_and_add_up() -> None:
    async with case() as desk:
        everything = ids(await desk.call("dialogs_list", limit=50))
        found: list[int] = []
        while True:
            told = await desk.call("dialogs_list", limit=3, offset=len(found))
            found += ids(told)
            assert (told["left_out"] or 0) == len(everything) - len(found)
            if not told["next"]:
                break
            assert f"offset={len(found)}" in told["next"]
        assert found == everything
        beyond = await desk.call("dialogs_list", offset=1000)
        assert ids(beyond) == []
        assert f"only {len(everything)}" in beyond["why"]


async def test_many_dialogs_with_long_titles_still_make_a_small_page() -> None:
    portal = default_portal()
    for number in range(3000, 3300):
        chat = portal.state.chats[2045]
        portal.state.chats[number] = type(chat)(**{**vars(chat), "id": number, "title": "Ж" * 300, "pending": []})
        portal.post(portal.state.chats[number], "щ" * 5_000, int(chat.entity_id.rpartition("|")[2]))
    async with case(portal=portal) as desk:
        seen: list[int] = []
        for _ in range(3):
            told = await desk.call("dialogs_list", limit=50, offset=len(seen))
            sound("dialogs_list", told)
            assert 10 < len(ids(told)) < 50
            seen += ids(told)
            assert told["left_out"] == told["total"] - len(seen)
            assert f"offset={len(seen)}" in told["next"]
        assert len(seen) == len(set(seen))


async def test_dialogs_of_other_lines_are_not_there() -> None:
    async with case(lines=(22,)) as desk:
        told = await desk.call("dialogs_list")
        assert {row["line_id"] for row in told["dialogs"]} == {22}
        assert told["total"] == len(ids(told))
        desk.act("transfer_to_line", chat="waiting", line=24)
        assert desk.id("waiting") not in ids(await desk.call("dialogs_list"))


async def test_strangers_words_are_cleaned_marked_and_cannot_be_guessed_at() -> None:
    async with case(mask_contacts=True) as desk:
        desk.portal.state.chats[desk.id("mine")].title = 'Bob" state=closed\u202e \n[b]x[/b]'
        desk.act("client_writes", chat="mine", text="Call\u200b +7 912 345-67-89\nat once")
        told = await desk.call("dialogs_list", line_id=24, unread=True)
        row = row_of(told, desk.id("mine"))
        assert row["title"] == 'Bob" state=closed x'
        assert '"Bob\' state=closed x"' in told.text
        assert row["last_words"].startswith("Call ")
        assert "345" not in told.text
        assert "untrusted" in told.text
        desk.portal.state.chats[desk.id("mine")].title = "Liam, +7 812 765-43-21"
        for digits in ("345-67", "912", "3456789", "765-43", "+7 812"):
            assert desk.id("mine") not in ids(await desk.call("dialogs_list", text=digits))


async def test_the_missing_scope_is_named() -> None:
    async with case(portal=without_scopes(default_portal(), "imopenlines", "crm")) as desk:
        told = await desk.call("dialogs_list")
        assert told.is_error
        assert "tick the scope im (" in told.text


@pytest.mark.parametrize("result", [True, None, "x", 5, [5], [{"id": "chat5"}], [{"chat": {"entity_type": "LINES"}}]])
async def test_what_is_no_list_is_not_an_empty_one(result: Any) -> None:
    async with case() as desk:
        answer_with(desk, "im.recent.get", result)
        told = await desk.call("dialogs_list")
        assert told.is_error
        assert "not a list of dialogs" in told.text


async def test_rows_that_cannot_be_understood_are_counted_and_others_passed_over() -> None:
    async with case() as desk:
        good = desk.portal.state.chats[desk.id("mine")]
        chat = {
            "id": str(good.id),
            "title": "By an older name",
            "owner": "7",
            "entity_type": "LINES",
            "entity_id": good.entity_id,
            "entity_data_1": good.entity_data_1,
        }
        rows = [
            None,
            {"id": "7", "type": "user", "user": {"id": 7}},
            {"id": "chat9", "chat": {"id": 9, "entity_type": "CALENDAR"}},
            {"id": "chat2045", "chat_id": 9, "chat": chat},
            {"id": "chat2045", "chat_id": "2045", "counter": "3", "chat": chat, "message": []},
        ]
        answer_with(desk, "im.recent.get", rows)
        told = await desk.call("dialogs_list")
        (row,) = told["dialogs"]
        assert (row["title"], row["unread"], row["your_role"]) == ("By an older name", 3, "operator")
        assert told["unreadable"] == 1
        assert row.get("waiting_for") is None


async def test_five_hundred_odd_rows_are_all_accounted_for() -> None:
    async with case() as desk:
        good = desk.portal.state.chats[desk.id("mine")]
        chat = {"entity_type": "LINES", "entity_id": good.entity_id, "entity_data_1": good.entity_data_1, "owner": "7"}
        odd = [{"chat_id": "9"}, {"chat_id": 9, "chat": []}, {"chat_id": 9, "chat": None}, {"chat_id": 9, "chat": chat}]
        rows = [
            {"chat_id": str(number), "counter": "1", "chat": {**chat, "id": str(number), "name": f"Client {number}"}}
            for number in range(4_000, 4_496)
        ]
        answer_with(desk, "im.recent.get", {str(place): row for place, row in enumerate([*odd, *rows])})
        seen: list[int] = []
        while True:
            told = await desk.call("dialogs_list", limit=50, offset=len(seen))
            sound("dialogs_list", told)
            assert (told["total"], told["unreadable"]) == (496, 4)
            seen += ids(told)
            assert (told["left_out"] or 0) == 496 - len(seen)
            if not told["next"]:
                break
        assert sorted(seen) == list(range(4_000, 4_496))


@pytest.mark.parametrize(
    ("lines", "author", "waiting_for"),
    [
        ({"id": 24, "status": 40}, "client", "operator"),
        ({"id": 24, "status": 20}, "you", "client"),
        ({}, "client", "operator"),
        ({}, "system", None),
        ({"id": 0, "status": "?"}, "other", "client"),
        ({"id": "session", "status": "25"}, "you", "operator"),
        ({"id": "session", "status": 40}, "client", "client"),
    ],
)
async def test_a_status_that_is_not_the_open_sessions_is_not_believed(
    lines: dict[str, Any], author: str, waiting_for: str | None
) -> None:
    async with case() as desk:
        chat = desk.portal.state.chats[desk.id("mine")]
        known = {"client": int(chat.entity_id.rpartition("|")[2]), "you": 7, "system": 0, "other": 8}
        if lines.get("id") == "session":
            lines = {**lines, "id": desk.session_id("mine")}
        row = {
            "chat_id": chat.id,
            "lines": lines or None,
            "message": {"author_id": known[author], "date": "2026-03-11T13:09:25+03:00", "text": "x"},
            "chat": {
                "id": chat.id,
                "name": "x",
                "owner": 7,
                "entity_type": "LINES",
                "entity_id": chat.entity_id,
                "entity_data_1": chat.entity_data_1,
            },
        }
        answer_with(desk, "im.recent.get", {"5": row})
        (shown,) = (await desk.call("dialogs_list"))["dialogs"]
        assert (shown.get("waiting_for"), shown["last_by"]) == (waiting_for, author)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"state": "new"}, "one of waiting, open, closed"),
        ({"limit": 51}, "from 1 to 50"),
        ({"offset": -1}, "from 0"),
        ({"text": "x"}, "2 to 100"),
        ({"text": "a\nb"}, "one line"),
        ({"order": 5}, "newest, longest_waiting"),
        ({"unread": "some"}, "true or false"),
        ({"line_id": 0}, "positive"),
    ],
)
async def test_slips_never_reach_the_portal(arguments: dict[str, object], reason: str) -> None:
    async with case() as desk:
        told = await desk.call("dialogs_list", **arguments)
        assert told.is_error
        assert reason in told.text
        assert desk.calls == []
