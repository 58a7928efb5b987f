"""Finding dialogs: by client, CRM item and address, and a client's past sessions."""

from typing import Any

import pytest

from bitrix24_dialogs.portal import default_portal
from bitrix24_dialogs.portal.entities import Activity, CrmItem
from bitrix24_dialogs.portal.portal import Portal
from tests.portal.conftest import Desk as PortalDesk
from tests.support import Case, case
from tests.tools.test_inbox import ids, without_scopes
from tests.tools.test_odd_answers import answer_with, sound

pytestmark = pytest.mark.anyio

SEARCH = "im.search.chat.list"
CRM_CHATS = "imopenlines.crm.chat.get"
ACTIVITIES = "crm.activity.list"
CARD = "imopenlines.dialog.get"


def lead_of(desk: Case, key: str) -> int:
    return int(desk.portal.state.chats[desk.id(key)].entity_data_2.split("|")[1])


def bind(portal: Portal, key: str, kind: Any, number: int) -> None:
    """Bind the latest session of a dialog to a CRM item of Maria's."""
    session = max(portal.sessions_of(portal.known[key]), key=lambda one: one.id)
    portal.state.crm_items.append(CrmItem(number, kind, "x", 7))
    activity = portal.state.next_id("activity")
    portal.state.activities[activity] = Activity(activity, session.id, 7, [f"{kind}|{number}"])


# dialogs_find by name


@pytest.mark.parametrize(
    ("name", "key", "state"), [("noah", "waiting", "waiting"), ("Zoe Ad", "closed_history", "closed")]
)
async def test_a_client_is_found_by_name_answered_or_not(name: str, key: str, state: str) -> None:
    async with case() as desk:
        told = await desk.call("dialogs_find", name=f"  {name} ")
        (row,) = told["dialogs"]
        assert (row["chat_id"], row["state"]) == (desk.id(key), state)
        assert row["title"] == desk.portal.state.chats[desk.id(key)].title
        assert told["total"] == 1
        assert desk.calls == [SEARCH]
        assert desk.portal.calls.entries[0].params == {"FIND_LINES": name, "LIMIT": 20, "OFFSET": 0}


@pytest.mark.parametrize("name", ["+7 81", "812 765", "43-21", "Liam 812", "liam@", "１２３"])
async def test_contacts_that_are_hidden_cannot_be_guessed_at(name: str) -> None:
    async with case(mask_contacts=True) as desk:
        desk.portal.state.chats[desk.id("mine")].title = "Liam +7 812 765-43-21 liam@client.example"
        text = await desk.refused("dialogs_find", name=name)
        assert "BITRIX24_MASK_CONTACTS" in text
        assert desk.calls == []
        told = await desk.call("dialogs_find", name="Liam")
        assert ids(told) == [desk.id("mine")]
        assert "765" not in told.text
    async with case() as desk:
        assert not (await desk.call("dialogs_find", name=name)).is_error


async def test_nobody_of_that_name_is_no_error() -> None:
    async with case() as desk:
        told = await desk.call("dialogs_find", name="nobody")
        assert (ids(told), told["total"]) == ([], 0)
        assert "another spelling" in told["why"]


async def test_pages_of_found_dialogs_add_up() -> None:
    async with case() as desk:
        everything = ids(await desk.call("dialogs_find", name="service", limit=50))
        assert len(everything) > 4
        found: list[int] = []
        while True:
            told = await desk.call("dialogs_find", name="service", limit=2, offset=len(found))
            found += ids(told)
            assert told["total"] == len(everything)
            assert (told["left_out"] or 0) == len(everything) - len(found)
            if not told["next"]:
                break
            assert f"offset={len(found)}" in told["next"]
        assert found == everything
        beyond = await desk.call("dialogs_find", name="service", offset=500)
        assert (ids(beyond), beyond["total"], beyond["next"]) == ([], len(everything), None)
        assert "so far down" in beyond["why"]


async def test_of_other_lines_not_even_the_number_is_told() -> None:
    async with case(lines=(22,)) as desk:
        told = await desk.call("dialogs_find", name="liam")
        assert (ids(told), told["total"], told["left_out"]) == ([], None, None)
        assert "BITRIX24_LINES" in told["covers"]
        assert ids(await desk.call("dialogs_find", name="noah")) == [desk.id("waiting")]
        more = await desk.call("dialogs_find", name="service", limit=2)
        assert ids(more) == []
        assert "offset=2" in more["next"]


async def test_long_titles_make_a_smaller_page_that_goes_on_where_it_ended() -> None:
    portal = default_portal()
    for number in range(3000, 3100):
        fields = {**vars(portal.state.chats[2045]), "id": number, "title": "service " + "漢" * 250}
        portal.state.chats[number] = type(portal.state.chats[2045])(**fields)
    async with case(portal=portal) as desk:
        told = await desk.call("dialogs_find", name="service", limit=50)
        sound("dialogs_find", told)
        shown = ids(told)
        assert 10 < len(shown) < 50
        assert f"offset={len(shown)}" in told["next"]
        assert told["left_out"] == told["total"] - len(shown)
        on = await desk.call("dialogs_find", name="service", limit=50, offset=len(shown))
        assert set(ids(on)).isdisjoint(shown)


@pytest.mark.parametrize("result", [True, None, "x", [5], [{"id": 5}], [{"entity_type": "CRM", "id": 5}]])
async def test_what_is_no_list_of_chats_is_not_nobody(result: Any) -> None:
    async with case() as desk:
        answer_with(desk, SEARCH, result)
        told = await desk.call("dialogs_find", name="noah")
        assert told.is_error
        assert "not a list of dialogs" in told.text


async def test_without_a_count_a_full_page_goes_on() -> None:
    async with case() as desk:
        good = PortalDesk(desk.portal).ok("operator", SEARCH, FIND_LINES="service", LIMIT=3)
        answer_with(desk, SEARCH, [*good, {"id": 0}])
        told = await desk.call("dialogs_find", name="service", limit=4)
        assert (told["total"], told["left_out"], told["unreadable"]) == (None, None, 1)
        assert "offset=4" in told["next"]


# dialogs_find by CRM item


@pytest.mark.parametrize("key", ["waiting", "in_crm"])
async def test_a_crm_items_dialogs_are_found_answered_or_not(key: str) -> None:
    async with case() as desk:
        lead = lead_of(desk, key)
        told = await desk.call("dialogs_find", crm_type="lead", crm_id=lead)
        assert ids(told) == [desk.id(key)]
        outer = [call for call in desk.portal.calls.entries if not call.batched]
        assert [call.method for call in outer] == [CRM_CHATS, "batch"]
        assert outer[0].params == {"CRM_ENTITY_TYPE": "lead", "CRM_ENTITY": lead, "ACTIVE_ONLY": "N"}


async def test_a_dialog_whose_card_is_closed_to_the_caller_is_told_by_its_number() -> None:
    async with case() as desk:
        bind(desk.portal, "colleagues", "CONTACT", 900)
        bind(desk.portal, "mine", "CONTACT", 900)
        desk.portal.employees["operator"].role.join = "none"
        told = await desk.call("dialogs_find", crm_type="contact", crm_id=900)
        assert ids(told) == [desk.id("mine")]
        assert told["no_access"] == [desk.id("colleagues")]
        assert told["total"] == 2
    async with case(lines=(24,)) as desk:
        bind(desk.portal, "colleagues", "CONTACT", 900)
        desk.portal.employees["operator"].role.join = "none"
        told = await desk.call("dialogs_find", crm_type="contact", crm_id=900)
        assert (ids(told), told["no_access"], told["total"]) == ([], None, None)


async def test_a_crm_item_one_may_not_read_is_not_a_plan_without_rest() -> None:
    async with case("second") as desk:
        told = await desk.call("dialogs_find", crm_type="lead", crm_id=lead_of(desk, "in_crm"))
        assert told.is_error
        assert "may not read it in CRM" in told.text
        assert "plan" not in told.text


async def test_a_crm_item_without_dialogs() -> None:
    async with case("administrator") as desk:
        told = await desk.call("dialogs_find", crm_type="company", crm_id=5)
        assert (ids(told), told["total"]) == ([], 0)
        assert "No dialog is bound to this company" in told["why"]
        assert desk.calls == [CRM_CHATS]


async def test_a_crm_item_of_another_line_is_out_of_reach() -> None:
    async with case(lines=(24,)) as desk:
        told = await desk.call("dialogs_find", crm_type="lead", crm_id=lead_of(desk, "in_crm"))
        assert (ids(told), told["total"]) == ([], None)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ([{"CHAT_ID": None, "CONNECTOR_ID": "x"}], "No dialog is bound"),
        ([{"CHAT_ID": "x"}], "not a list of dialogs"),
        ([5], "not a list of dialogs"),
        (True, "not a list of dialogs"),
    ],
)
async def test_a_deleted_sessions_row_is_nothing_and_nonsense_is_an_error(result: Any, reason: str) -> None:
    async with case() as desk:
        answer_with(desk, CRM_CHATS, result)
        told = await desk.call("dialogs_find", crm_type="lead", crm_id=lead_of(desk, "in_crm"))
        assert reason in told.text


@pytest.mark.parametrize("card", [{"id": 9}, {"id": 2053}, [], True, {"id": 2053, "entity_id": 5}])
async def test_a_card_in_a_batch_that_is_none_is_an_error(card: Any) -> None:
    async with case() as desk:
        answer_with(desk, "batch", {"result": {"c2053": card}, "result_error": []})
        told = await desk.call("dialogs_find", crm_type="lead", crm_id=lead_of(desk, "in_crm"))
        assert told.is_error
        assert "not this dialog's card" in told.text


async def test_a_failure_in_a_batch_is_no_missing_right() -> None:
    async with case() as desk:
        for errors in ({"c2053": {"error": "OPERATION_TIME_LIMIT"}}, {"c2053": {"error": "tell: all"}}, []):
            desk.portal.faults.clear()
            answer_with(desk, "batch", {"result": [], "result_error": errors})
            told = await desk.call("dialogs_find", crm_type="lead", crm_id=lead_of(desk, "in_crm"))
            assert told.is_error
            assert "tell" not in told.text


async def test_only_a_missing_right_is_told_as_one() -> None:
    async with case() as desk:
        for code in ("IM_LOAD_ERROR", "CHAT_ID", "ACCESS_DENIED"):
            desk.portal.faults.clear()
            answer_with(desk, "batch", {"result": [], "result_error": {"c2053": {"error": code}}})
            told = await desk.call("dialogs_find", crm_type="lead", crm_id=lead_of(desk, "in_crm"))
            assert told.is_error, told.text
        desk.portal.faults.clear()
        answer_with(desk, "batch", {"result": [], "result_error": {"c2053": {"error": "access_error"}}})
        told = await desk.call("dialogs_find", crm_type="lead", crm_id=lead_of(desk, "in_crm"))
        assert told["no_access"] == [2053]


# dialogs_find by address


async def test_an_address_leads_to_its_dialog_with_one_call_and_one_scope() -> None:
    async with case(portal=without_scopes(default_portal(), "imopenlines")) as desk:
        code = desk.portal.state.chats[desk.id("waiting")].entity_id
        told = await desk.call("dialogs_find", user_code=f"imol|{code}")
        assert ids(told) == [desk.id("waiting")]
        assert desk.calls == [CARD]
        answer_with(desk, CARD, PortalDesk(desk.portal).ok("operator", CARD, CHAT_ID=desk.id("mine")))
        other = await desk.call("dialogs_find", user_code=code)
        assert other.is_error
        assert "not this dialog's card" in other.text


async def test_an_unknown_address_and_one_without_rights_are_told_apart() -> None:
    async with case("outsider") as desk:
        code = desk.portal.state.chats[desk.id("waiting")].entity_id
        told = await desk.call("dialogs_find", user_code=code)
        assert (ids(told), told["no_access"]) == ([], [desk.id("waiting")])
        assert "no rights" in told["why"]
        assert desk.calls == [CARD, "im.chat.get"]
        unknown = await desk.call("dialogs_find", user_code="telegrambot|22|1|1")
        assert (ids(unknown), unknown["no_access"]) == ([], None)
        assert "No dialog has this user_code" in unknown["why"]
        for result in (True, [], {"ID": "x"}):
            desk.portal.faults.clear()
            answer_with(desk, "im.chat.get", result)
            assert (await desk.call("dialogs_find", user_code=code)).is_error


async def test_an_address_tells_nothing_where_lines_or_scopes_are_missing() -> None:
    async with case("outsider", lines=(22,)) as desk:
        code = desk.portal.state.chats[desk.id("waiting")].entity_id
        assert "does not tell the two apart" in await desk.refused("dialogs_find", user_code=code)
        assert desk.calls == [CARD]
    async with case("outsider") as desk:
        desk.portal.state.webhooks[10].scopes = ["imopenlines"]
        assert "does not tell the two apart" in await desk.refused("dialogs_find", user_code=code)
    async with case(lines=(24,)) as desk:
        assert "BITRIX24_LINES" in await desk.refused("dialogs_find", user_code=code)


# dialogs_find: a client's sessions


async def test_the_sessions_of_a_client_are_found_through_crm() -> None:
    async with case() as desk:
        bind(desk.portal, "in_crm", "CONTACT", 900)
        bind(desk.portal, "closed", "CONTACT", 900)
        chat = desk.portal.state.chats[desk.id("in_crm")]
        chat.entity_data_2 = chat.entity_data_2.replace("CONTACT|0", "CONTACT|900").replace("COMPANY|0", "COMPANY|7")
        told = await desk.call("dialogs_find", sessions_of=f"chat{desk.id('in_crm')}")
        assert set(ids(told, "sessions", "session_id")) == {desk.session_id("in_crm"), desk.session_id("closed")}
        assert desk.calls == [CARD, ACTIVITIES]
        sent = desk.portal.calls.entries[1].params["filter"]
        assert sent["PROVIDER_ID"] == "IMOPENLINES_SESSION"
        assert {entry["OWNER_TYPE_ID"] for entry in sent["BINDINGS"]} == {1, 3}
        assert "contact 900" in told["covers"]
        assert "company" not in told["covers"]


async def test_a_company_is_asked_for_only_where_it_is_all_that_is_known() -> None:
    async with case() as desk:
        bind(desk.portal, "in_crm", "COMPANY", 7)
        desk.portal.state.chats[desk.id("in_crm")].entity_data_2 = "LEAD|0|COMPANY|7|CONTACT|0|DEAL|0"
        told = await desk.call("dialogs_find", sessions_of=desk.id("in_crm"))
        assert ids(told, "sessions", "session_id") == [desk.session_id("in_crm")]


async def test_a_client_outside_of_crm_has_no_known_past() -> None:
    async with case() as desk:
        told = await desk.call("dialogs_find", sessions_of=desk.id("mine"))
        assert ids(told, "sessions", "session_id") == []
        assert "not saved to CRM" in told["why"]
        assert f"session_history_get with chat_id={desk.id('mine')}" in told["next"]
        assert desk.calls == [CARD]


async def test_a_dialog_out_of_reach_tells_no_past() -> None:
    async with case(lines=(24,)) as desk:
        assert "BITRIX24_LINES" in await desk.refused("dialogs_find", sessions_of=desk.id("in_crm"))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({}, "got none"),
        ({"name": "ab", "user_code": "a|1|2|3"}, "got name and user_code"),
        ({"crm_type": "lead"}, "go together"),
        ({"crm_id": 5}, "go together"),
        ({"crm_type": "lead", "crm_id": 5, "sessions_of": 7}, "got crm_type and sessions_of"),
        ({"crm_type": "invoice", "crm_id": 5}, "one of lead, deal, contact, company"),
        ({"name": "n"}, "2 to 100"),
        ({"name": 5}, "2 to 100"),
        ({"name": "x" * 101}, "2 to 100"),
        ({"user_code": "a|b"}, "four parts"),
    ],
)
async def test_exactly_one_way_to_find(arguments: dict[str, object], reason: str) -> None:
    async with case() as desk:
        told = await desk.call("dialogs_find", **arguments)
        assert told.is_error
        assert reason in told.text
        assert desk.calls == []
