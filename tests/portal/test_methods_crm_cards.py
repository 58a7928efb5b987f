"""CRM cards: what is in them, who may read and change them."""

from typing import Any

import pytest

from tests.portal.conftest import Desk

GET = "crm.item.get"
UPDATE = "crm.item.update"


@pytest.fixture
def lead(desk: Desk) -> int:
    """The lead of `in_crm`."""
    return desk.portal.flags(desk.chat("in_crm")).crm_id


def update(desk: Desk, lead: int, who: str = "operator", **fields: Any) -> Any:
    return desk.ok(who, UPDATE, entityTypeId=1, id=lead, fields=fields)["item"]


class TestGet:
    def test_a_lead_has_the_documented_fields(self, desk: Desk, lead: int) -> None:
        item = desk.ok("operator", GET, entityTypeId=1, id=lead)["item"]
        assert (item["id"], item["entityTypeId"], item["assignedById"]) == (lead, 1, 7)
        assert (item["title"], item["name"], item["lastName"]) == ("Grace Kim - Site support", "Grace", "Kim")
        assert (item["stageId"], item["opportunity"]) == ("NEW", 0)
        assert item["fm"] == [
            {"id": 1, "valueType": "WORK", "value": "+1 202 555 0143", "typeId": "PHONE"},
            {"id": 2, "valueType": "WORK", "value": "grace.kim@client.example", "typeId": "EMAIL"},
        ]
        assert (item["phone"], item["hasPhone"]) == ("+1 202 555 0143", "Y")

    def test_other_types_have_other_fields(self, desk: Desk) -> None:
        desk.ok("operator", "imopenlines.crm.lead.create", CHAT_ID=2054)
        bindings = dict(zip(*[iter(desk.chat("deal_line").entity_data_2.split("|"))] * 2, strict=True))
        deal = desk.ok("operator", GET, entityTypeId=2, id=int(bindings["DEAL"]))["item"]
        contact = desk.ok("operator", GET, entityTypeId=3, id=int(bindings["CONTACT"]))["item"]
        assert "stageId" in deal
        assert "name" not in deal
        assert "fm" not in deal
        assert (contact["name"], contact["lastName"]) == ("Oscar", "Lind")
        assert "title" not in contact

    @pytest.mark.parametrize(("kind", "number"), [(1, 999_999), (99, 1), (2, None), ("x", "y")])
    def test_what_there_is_not(self, desk: Desk, kind: Any, number: Any) -> None:
        assert desk.code("operator", GET, entityTypeId=kind, id=number) == "NOT_FOUND"

    def test_rights(self, desk: Desk, lead: int) -> None:
        assert desk.code("outsider", GET, entityTypeId=1, id=lead) == "ACCESS_DENIED"
        assert desk.ok("administrator", GET, entityTypeId=1, id=lead)
        status, body = desk.answer("extranet", GET, entityTypeId=1, id=lead)
        assert (status, body["error"]) == (403, "allowed_only_intranet_user")
        desk.portal.state.webhooks[7].scopes = ["imopenlines", "im"]
        status, body = desk.answer("operator", GET, entityTypeId=1, id=lead)
        assert (status, body["error"]) == (403, "insufficient_scope")


class TestUpdate:
    def test_fields_are_stored_and_unknown_ones_passed_over(self, desk: Desk, lead: int) -> None:
        item = update(desk, lead, title="Kim", name="Gracie", nonsense="x", opportunity="12.5")
        assert (item["title"], item["name"], item["opportunity"]) == ("Kim", "Gracie", 12.5)
        assert "nonsense" not in item
        assert desk.ok("operator", GET, entityTypeId=1, id=lead)["item"] == item

    def test_addresses_are_added_changed_and_removed(self, desk: Desk, lead: int) -> None:
        added = update(desk, lead, fm=[{"typeId": "PHONE", "valueType": "MOBILE", "value": "+1 202 555 0100"}])["fm"]
        assert [entry["value"] for entry in added] == ["+1 202 555 0143", "grace.kim@client.example", "+1 202 555 0100"]
        changed = update(
            desk, lead, fm={"1": {"value": "+1 202 555 0199"}, "n0": {"typeId": "EMAIL", "value": "a@b.example"}}
        )["fm"]
        assert [entry["value"] for entry in changed] == [
            "+1 202 555 0199",
            "grace.kim@client.example",
            "+1 202 555 0100",
            "a@b.example",
        ]
        left = update(desk, lead, fm=[{"id": 1, "value": ""}])["fm"]
        assert 1 not in [entry["id"] for entry in left]

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"fm": "+1 202"}, "100"),
            ({"fm": ["x"]}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
            ({"fm": [{"typeId": "EMAIL", "value": "nobody"}]}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
            ({"title": ["x"]}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
            ({"name": "x" * 51}, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
        ],
    )
    def test_wrong_values_change_nothing(self, desk: Desk, lead: int, fields: dict[str, Any], code: str) -> None:
        with desk.unchanged():
            assert desk.code("operator", UPDATE, entityTypeId=1, id=lead, fields=fields) == code

    def test_reading_is_not_writing(self, desk: Desk, lead: int) -> None:
        item = desk.portal.crm_item("LEAD", lead)
        assert item is not None
        item.readers.append(9)
        desk.portal.settle()
        with desk.unchanged():
            assert desk.ok("supervisor", GET, entityTypeId=1, id=lead)
            assert desk.code("supervisor", UPDATE, entityTypeId=1, id=lead, fields={"title": "x"}) == "ACCESS_DENIED"
