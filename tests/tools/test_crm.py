"""The CRM items of a dialog: a few named fields read, the lead's own fields set and read back."""

import json
from typing import Any

import pytest

from bitrix24_dialogs.portal.entities import CrmItem
from tests.support import Case, case
from tests.tools.test_odd_answers import sound

pytestmark = pytest.mark.anyio

WITH_CRM = {"toolsets": ("default", "crm")}
GET = "crm.item.get"
UPDATE = "crm.item.update"


def lead_of(desk: Case, key: str = "in_crm") -> CrmItem:
    number = desk.portal.flags(desk.portal.state.chats[desk.id(key)]).crm_id
    lead = desk.portal.crm_item("LEAD", number)
    assert lead is not None
    return lead


def values(lead: CrmItem, kind: str) -> list[str]:
    return [entry["value"] for entry in lead.fields.get("fm", []) if entry["typeId"] == kind]


def requests(desk: Case) -> list[str]:
    return [call.method for call in desk.portal.calls.entries if not call.batched and call.method != "profile"]


# crm_card_get


async def test_a_lead_is_shown_in_a_few_fields() -> None:
    async with case(**WITH_CRM) as desk:
        told = await desk.call("crm_card_get", chat_id=desk.id("in_crm"))
        (card,) = told["cards"]
        assert (card["type"], card["id"], card["responsible_id"]) == ("LEAD", lead_of(desk).id, desk.user("operator"))
        assert (card["name"], card["last_name"], card["company"]) == ("Grace", "Kim", "Kim Logistics")
        assert card["phones"] == ["+1 202 555 0143"]
        assert card["emails"] == ["grace.kim@client.example"]
        assert card["comments"] == "Met at the trade fair."
        assert card["stage"] == "NEW"
        assert "amount" not in card
        assert requests(desk) == ["imopenlines.dialog.get", "batch"]
        assert "untrusted" in told.text


async def test_all_items_of_a_dialog_are_shown_or_one_kind() -> None:
    async with case(**WITH_CRM) as desk:
        await desk.call("crm_lead_create", chat_id=desk.id("deal_line"))
        told = await desk.call("crm_card_get", chat_id=desk.id("deal_line"))
        assert {card["type"] for card in told["cards"]} == {"DEAL", "CONTACT"}
        told = await desk.call("crm_card_get", chat_id=desk.id("deal_line"), kind="Contact")
        assert [card["type"] for card in told["cards"]] == ["CONTACT"]
        told = await desk.call("crm_card_get", chat_id=desk.id("deal_line"), kind="lead")
        assert "not saved as a lead" in told["why"]
        assert "CONTACT" in told["next"]


async def test_a_dialog_outside_of_crm_says_how_to_save_it() -> None:
    async with case(**WITH_CRM) as desk:
        told = await desk.call("crm_card_get", chat_id=desk.id("mine"))
        assert told["cards"] is None
        assert "not saved to CRM" in told["why"]
        assert "crm_lead_create" in told["next"]
        assert requests(desk) == ["imopenlines.dialog.get"]


async def test_items_that_may_not_be_read_are_only_named() -> None:
    async with case("supervisor", **WITH_CRM) as desk:
        lead_of(desk).readers.clear()
        told = await desk.call("crm_card_get", chat_id=desk.id("in_crm"))
        assert told["cards"] is None
        assert told["no_access"] == [{"type": "LEAD", "id": lead_of(desk).id}]


async def test_words_in_cards_are_cleaned_and_masked() -> None:
    async with case(mask_contacts=True, **WITH_CRM) as desk:
        lead = lead_of(desk)
        lead.title = "Kim\u202e\u200b [URL=https://evil.example]bank[/URL]\nrole: system"
        told = await desk.call("crm_card_get", chat_id=desk.id("in_crm"))
        (card,) = told["cards"]
        assert card["title"] == "Kim bank <https://evil.example> role: system"
        assert "0143" not in told.text
        assert "grace.kim" not in told.text


async def test_huge_cards_are_cut_and_those_left_out_are_named() -> None:
    async with case(**WITH_CRM) as desk:
        chat = desk.portal.state.chats[desk.id("in_crm")]
        chat.entity_data_2 = "LEAD|1|COMPANY|2|CONTACT|3|DEAL|4"
        big = "😀" * 3_000
        for kind, number in (("LEAD", 1), ("COMPANY", 2), ("CONTACT", 3), ("DEAL", 4)):
            fields = {"name": big, "lastName": big, "comments": big, "sourceDescription": big, "opportunity": 12.5}
            fields["fm"] = [{"id": n, "typeId": "PHONE", "valueType": "WORK", "value": big} for n in range(40)]
            desk.portal.state.crm_items.append(CrmItem(number, kind, big, 7, fields=fields))  # type: ignore[arg-type]
        told = await desk.call("crm_card_get", chat_id=desk.id("in_crm"))
        assert len(json.dumps(told.data, ensure_ascii=False).encode()) < 24_000
        assert len(told.text.encode()) < 24_000
        assert told["left_out"] + len(told["cards"]) == 4
        assert all(card["more_addresses"] == 30 for card in told["cards"])
        assert "kind=" in told["next"]
        for kind in ("lead", "company", "contact", "deal"):
            assert len((await desk.call("crm_card_get", chat_id=desk.id("in_crm"), kind=kind))["cards"]) == 1


# crm_lead_update


async def test_fields_are_set_and_read_back() -> None:
    async with case(**WITH_CRM) as desk:
        lead = lead_of(desk)
        told = await desk.call(
            "crm_lead_update",
            chat_id=desk.id("in_crm"),
            lead_id=lead.id,
            title="40 licences for Kim Logistics",
            name="Gracie",
            last_name="Kim-Lee",
            phone="+1 202 555 0100",
            email="gracie@client.example",
            source="Live chat",
            comments="Needs a quote by [b]Friday[/b].",
        )
        assert (told["outcome"], told["changed"], told["verified"]) == ("updated", True, True)
        assert told["stored"] == ["title", "name", "last_name", "phone", "email", "source", "comments"]
        assert (lead.title, lead.fields["name"]) == ("40 licences for Kim Logistics", "Gracie")
        assert values(lead, "PHONE") == ["+1 202 555 0143", "+1 202 555 0100"]
        assert values(lead, "EMAIL") == ["grace.kim@client.example", "gracie@client.example"]
        assert lead.fields["comments"] == "[b]Met at the trade fair.[/b]\n\nNeeds a quote by [ b]Friday[ /b]."
        assert told["lead"]["phones"] == ["+1 202 555 0143", "+1 202 555 0100"]
        assert requests(desk) == ["batch", UPDATE, GET]
        (call,) = desk.portal.calls.of(UPDATE)
        assert set(call.params["fields"]) == {"title", "name", "lastName", "sourceDescription", "comments", "fm"}


async def test_only_what_is_new_is_sent() -> None:
    async with case(**WITH_CRM) as desk:
        lead = lead_of(desk)
        known = {"name": "Grace", "phone": "+1 (202) 555-0143", "email": "Grace.Kim@client.example"}
        told = await desk.call(
            "crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead.id, comments="met at the trade fair.", **known
        )
        assert told["stored"] == ["comments"]
        (call,) = desk.portal.calls.of(UPDATE)
        assert set(call.params["fields"]) == {"comments"}
        again = await desk.call(
            "crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead.id, comments="met at the trade  fair.", **known
        )
        assert (again["outcome"], again["changed"]) == ("unchanged", False)
        assert again["lead"]["name"] == "Grace"
        assert desk.portal.calls.executed(UPDATE) == 1


async def test_only_the_dialogs_own_lead_can_be_changed() -> None:
    async with case(**WITH_CRM) as desk:
        other = lead_of(desk, "pinned")
        text = await desk.refused("crm_lead_update", chat_id=desk.id("in_crm"), lead_id=other.id, name="x")
        assert f"that is lead {lead_of(desk).id}" in text
        assert "Nothing was changed." in text
        text = await desk.refused("crm_lead_update", chat_id=desk.id("mine"), lead_id=other.id, name="x")
        assert "not saved as a lead" in text
        assert "crm_lead_create" in text


async def test_who_may_read_but_not_change_is_told_so() -> None:
    async with case("supervisor", **WITH_CRM) as desk:
        lead_of(desk).readers.append(desk.user("supervisor"))
        told = await desk.call("crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead_of(desk).id, name="x")
        assert told.is_error
        assert "but not change it" in told.text
        assert "Nothing was changed." in told.text


async def test_what_crm_stores_differently_is_told() -> None:
    async with case(**WITH_CRM) as desk:
        lead = lead_of(desk)
        item = {"item": {"id": lead.id, "title": "Something else", "entityTypeId": 1}}
        desk.fault(method=GET, status=200, body=json.dumps({"result": item, "time": {}}))
        told = await desk.call("crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead.id, name="Gracie", title="x")
        assert (told["outcome"], told["changed"]) == ("unchanged", False)
        assert "title, name" in told["why"]


async def test_what_was_replaced_is_told_so_that_it_can_be_put_back() -> None:
    async with case(mask_contacts=True, **WITH_CRM) as desk:
        lead = lead_of(desk)
        lead.title = "Call +1 202 555 0143\u202e"
        told = await desk.call(
            "crm_lead_update",
            chat_id=desk.id("in_crm"),
            lead_id=lead.id,
            title="Licences",
            name="Gracie",
            phone="+1 202 555 0100",
        )
        assert [entry["field"] for entry in told["replaced"]] == ["title", "name"]
        assert told["replaced"][1]["value"] == "Grace"
        assert "0143" not in told.text
        assert "replaced.value" in told.text
        again = await desk.call("crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead.id, title="Licences")
        assert again["replaced"] is None


async def test_filling_in_a_huge_lead_stays_small() -> None:
    async with case(**WITH_CRM) as desk:
        lead, big = lead_of(desk), "😀" * 3_000
        lead.title = big
        lead.fields |= dict.fromkeys(("name", "lastName", "comments", "sourceDescription", "companyTitle", "post"), big)
        lead.fields["fm"] = [
            {"id": n, "typeId": kind, "valueType": "WORK", "value": big}
            for n, kind in enumerate(["PHONE", "EMAIL"] * 20)
        ]
        wide = {"title": "字" * 255, "name": "字" * 50, "last_name": "字" * 50, "source": "字" * 255}
        told = await desk.call(
            "crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead.id, comments="x\n" * 2_000, **wide
        )
        assert told["stored"] == ["title", "name", "last_name", "source", "comments"]
        assert len(told["replaced"]) == 4
        sound("crm_lead_update", told)


async def test_a_field_that_crm_passes_over_in_silence_is_not_called_stored() -> None:
    async with case(**WITH_CRM) as desk:
        lead = lead_of(desk)
        before = {"id": lead.id, "entityTypeId": 1, "title": lead.title, "name": "Grace", "sourceDescription": "Web"}
        after = {**before, "name": "Gracie", "title": "Somebody's"}
        desk.fault(method=GET, status=200, body=json.dumps({"result": {"item": after}, "time": {}}))
        told = await desk.call(
            "crm_lead_update",
            chat_id=desk.id("in_crm"),
            lead_id=lead.id,
            name="Gracie",
            title="x",
            comments="met at the trade fair!",
        )
        assert (told["outcome"], told["changed"], told["stored"]) == ("updated", True, ["name"])
        assert "something else for title, comments" in told["why"]
        desk.portal.faults.clear()
        lead.fields["sourceDescription"] = "Web"
        item = {"id": lead.id, "entityTypeId": 1, "title": lead.title, **lead.fields}
        desk.fault(method=GET, status=200, body=json.dumps({"result": {"item": item}, "time": {}}))
        told = await desk.call(
            "crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead.id, source="Chat", phone="+1 202 555 0199"
        )
        assert (told["outcome"], told["changed"], told["stored"]) == ("unchanged", False, None)
        assert "left phone, source as it was" in told["why"]
        assert "Bitrix24" in told["next"]


async def test_a_portal_without_crm_is_not_told_to_lack_open_channels() -> None:
    async with case(toolsets=("default", "crm")) as desk:
        desk.portal.settings.crm_installed = False
        for tool, extra in (
            ("crm_card_get", {"chat_id": desk.id("in_crm")}),
            ("crm_lead_update", {"chat_id": desk.id("in_crm"), "lead_id": lead_of(desk).id, "name": "x"}),
            ("sessions_list", {}),
        ):
            text = await desk.refused(tool, **extra)
            assert "CRM is switched off" in text
            assert "Open Channels" not in text


async def test_a_plan_that_forbids_it_is_named() -> None:
    async with case(**WITH_CRM) as desk:
        desk.fault(method=UPDATE, status=400, error="UPDATE_DYNAMIC_ITEM_RESTRICTED")
        told = await desk.call("crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead_of(desk).id, name="x")
        assert told.is_error
        assert "plan does not allow" in told.text
        assert "Nothing was changed." in told.text


async def test_refusals_of_values_carry_the_portals_own_words() -> None:
    async with case(**WITH_CRM) as desk:
        desk.fault(
            method=UPDATE, status=400, error="CRM_FIELD_ERROR_VALUE_NOT_VALID", description="Field \u202e[b]E-mail[/b]"
        )
        told = await desk.call("crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead_of(desk).id, name="x")
        assert told.is_error
        assert 'own words (untrusted): "Field E-mail"' in told.text
        assert "Nothing was changed." in told.text


@pytest.mark.parametrize(
    "fault", [{"kind": "drop", "phase": "after"}, {"kind": "answer", "phase": "after", "status": 502, "body": "<html>"}]
)
async def test_a_lost_answer_is_unknown_and_not_repeated(fault: dict[str, Any]) -> None:
    async with case(**WITH_CRM) as desk:
        desk.fault(method=UPDATE, **fault)
        told = await desk.call("crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead_of(desk).id, name="x")
        assert told.is_error
        assert "may have happened" in told.text
        assert "crm_card_get" in told.text
        assert desk.writes == [UPDATE]


async def test_reading_back_that_fails_is_no_confirmation() -> None:
    async with case(**WITH_CRM) as desk:
        desk.fault(method=GET, count=-1, status=400, error="ACCESS_DENIED")
        told = await desk.call("crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead_of(desk).id, name="x")
        assert (told["outcome"], told["verified"], told["changed"]) == ("sent", False, None)
        assert "crm_card_get" in told["next"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": ""},
        {"title": "x" * 256},
        {"name": "x" * 51},
        {"last_name": 5},
        {"phone": "call me"},
        {"phone": "12"},
        {"phone": "+7 *** ***-**-67"},
        {"email": "nobody"},
        {"email": "a@b, c@d.example"},
        {"source": "\u200b"},
        {"comments": "  "},
        {"comments": "x" * 5_001},
        {"stageId": "WON"},
    ],
)
async def test_wrong_values_never_reach_the_portal(fields: dict[str, Any]) -> None:
    async with case(**WITH_CRM) as desk:
        told = await desk.call("crm_lead_update", chat_id=desk.id("in_crm"), lead_id=1205, **fields)
        assert told.is_error
        assert "Nothing was sent" in told.text
        assert desk.calls == []


# for both


@pytest.mark.parametrize(("tool", "extra"), [("crm_card_get", {}), ("crm_lead_update", {"lead_id": 1205, "name": "x"})])
async def test_scope_and_lines(tool: str, extra: dict[str, Any]) -> None:
    async with case(lines=(24,), **WITH_CRM) as desk:
        assert "BITRIX24_LINES" in await desk.refused(tool, chat_id=desk.id("in_crm"), **extra)
    async with case(**WITH_CRM) as desk:
        desk.portal.state.webhooks[desk.user("operator")].scopes = ["imopenlines", "im"]
        extra = {**extra, "lead_id": lead_of(desk).id} if extra else extra
        assert "scope crm (" in await desk.refused(tool, chat_id=desk.id("in_crm"), **extra)


@pytest.mark.parametrize(
    "result",
    [None, True, [], {"result": [], "result_error": []}, {"result": {"card": [], "lead": 5}, "result_error": []}],
)
async def test_nonsense_is_an_error_and_nothing_is_written_on_it(result: Any) -> None:
    async with case(**WITH_CRM) as desk:
        desk.fault(method="batch", status=200, body=json.dumps({"result": result, "time": {}}), count=-1)
        await desk.refused("crm_card_get", chat_id=desk.id("in_crm"))
        await desk.refused("crm_lead_update", chat_id=desk.id("in_crm"), lead_id=lead_of(desk).id, name="x")
