"""Lines and their queues: shapes, selection, odd values."""

from typing import Any

import pytest

from tests.portal.conftest import Desk

LIST = "imopenlines.config.list.get"
GET = "imopenlines.config.get"


class TestList:
    def test_every_setting_is_a_text(self, desk: Desk) -> None:
        rows = desk.ok("outsider", LIST)
        assert [row["ID"] for row in rows] == ["22", "23", "24"]
        assert rows[1]["LINE_NAME"] == "Sales"
        assert (rows[1]["DATE_CREATE"], rows[1]["XML_ID"]) == ({}, None)
        assert "QUEUE" not in rows[0]
        scalars = [value for name, value in rows[0].items() if name not in {"DATE_CREATE", "DATE_MODIFY", "XML_ID"}]
        assert all(isinstance(value, str) for value in scalars)

    def test_the_queue_on_request(self, desk: Desk) -> None:
        rows = desk.ok("operator", LIST, PARAMS={"select": ["ID"]}, OPTIONS={"QUEUE": "Y", "CONFIG_QUEUE": "Y"})
        assert set(rows[0]) == {"ID", "QUEUE", "QUEUE_USERS_FIELDS", "CONFIG_QUEUE"}
        assert rows[1]["QUEUE"] == [7, 8]
        assert rows[1]["QUEUE_USERS_FIELDS"]["7"]["USER_NAME"] == "Maria from Sales"
        assert rows[1]["QUEUE_USERS_FIELDS"]["8"]["USER_NAME"] is None
        assert rows[1]["CONFIG_QUEUE"][0] == {"ENTITY_ID": "7", "ENTITY_TYPE": "user"}

    def test_dismissed_employees_are_left_out(self, desk: Desk) -> None:
        desk.portal.state.lines[22].queue = [13, 99]
        row = desk.ok("operator", LIST, PARAMS={"filter": {"ID": 22}}, OPTIONS={"QUEUE": "Y"})[0]
        assert (row["QUEUE"], row["QUEUE_USERS_FIELDS"]) == ([], [])

    @pytest.mark.parametrize(
        ("selection", "ids"),
        [
            ({"filter": {"@ID": [23, 24]}}, ["23", "24"]),
            ({"filter": {"=ID": "24"}}, ["24"]),
            ({"filter": {"!ID": 22, "ACTIVE": "Y"}}, ["23", "24"]),
            ({"filter": {"%LINE_NAME": "SERVICE"}}, ["24"]),
            ({"order": {"ID": "DESC"}}, ["24", "23", "22"]),
            ({"order": {"LINE_NAME": "asc"}}, ["23", "24", "22"]),
            ({"limit": 1, "offset": 1}, ["23"]),
            ({"offset": 9}, []),
        ],
    )
    def test_selection(self, desk: Desk, selection: dict[str, Any], ids: list[str]) -> None:
        assert [row["ID"] for row in desk.ok("operator", LIST, PARAMS=selection)] == ids

    @pytest.mark.parametrize("who", ["operator", "outsider"])
    def test_only_where_one_may(self, desk: Desk, who: str) -> None:
        rows = desk.ok(who, LIST, OPTIONS={"CHECK_PERMISSION": "VIEW"})
        assert len(rows) == (3 if who == "operator" else 0)

    @pytest.mark.parametrize(
        "params",
        [
            {"PARAMS": {"page": 1}},
            {"PARAMS": {"select": "ID"}},
            {"PARAMS": {"select": ["SECRET"]}},
            {"PARAMS": {"filter": {"SECRET": 1}}},
            {"PARAMS": {"filter": ["ID"]}},
            {"PARAMS": {"order": {"ID": "UP"}}},
            {"PARAMS": {"order": {"SECRET": "ASC"}}},
            {"OPTIONS": {"ALL": "Y"}},
            {"OPTIONS": {"CHECK_PERMISSION": "RULE"}},
        ],
    )
    def test_malformed(self, desk: Desk, params: dict[str, Any]) -> None:
        assert desk.code("operator", LIST, **params) == "INVALID_FORMAT"

    def test_what_is_no_map_counts_as_not_given(self, desk: Desk) -> None:
        assert len(desk.ok("operator", LIST, PARAMS="x", OPTIONS=[1])) == 3


class TestGet:
    def test_with_its_queue(self, desk: Desk) -> None:
        line = desk.ok("outsider", GET, CONFIG_ID=23)
        assert (line["ID"], line["QUEUE"], line["QUEUE_ONLINE"]) == ("23", ["7", "8"], "Y")
        assert line["QUEUE_FULL"]["8"]["USER_ID"] == "8"
        assert line["WORKTIME_DAYOFF"] == [""]

    @pytest.mark.parametrize("params", [{"WITH_QUEUE": "N"}, {"SHOW_OFFLINE": "N"}])
    def test_without_those_who_are_not_there(self, desk: Desk, params: dict[str, str]) -> None:
        for who in ("operator", "second"):
            desk.portal.employee(who).available = False
        line = desk.ok("operator", GET, CONFIG_ID="24", **params)
        assert (line["QUEUE"], line["QUEUE_FULL"], line["QUEUE_ONLINE"]) == ([], [], "N")

    def test_none(self, desk: Desk) -> None:
        assert desk.ok("operator", GET, CONFIG_ID=99) is False
        for params in ({}, {"CONFIG_ID": 0}, {"CONFIG_ID": "x"}, {"config_id": 22}):
            assert desk.code("operator", GET, **params) == "CONFIG_ID_EMPTY"
