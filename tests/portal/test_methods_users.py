"""Employees: what a search finds, what each scope shows."""

from typing import Any

import pytest

from bitrix24_dialogs.portal.entities import User
from tests.portal.conftest import Desk

SEARCH = "user.search"
GET = "user.get"


def ids(desk: Desk, method: str, **params: Any) -> list[str]:
    return [row["ID"] for row in desk.ok("operator", method, **params)]


class TestSearch:
    @pytest.mark.parametrize(
        ("phrase", "found"),
        [
            ("Daniel", ["8", "14"]),
            ("dan wei", ["8"]),
            ("Weber", ["14"]),
            ("support agent", ["7", "8"]),
            ("Viktor", ["13"]),
            ("aniel", []),
            ("System", []),
            ("Emily", []),
        ],
    )
    def test_by_the_beginnings_of_words(self, desk: Desk, phrase: str, found: list[str]) -> None:
        assert ids(desk, SEARCH, FILTER={"FIND": phrase}) == found

    def test_by_fields(self, desk: Desk) -> None:
        assert ids(desk, SEARCH, FILTER={"NAME": "Daniel", "LAST_NAME": "Weber"}) == ["14"]
        assert ids(desk, SEARCH, FILTER={"USER_TYPE": "extranet"}) == ["12"]

    def test_everybody_for_nothing(self, desk: Desk) -> None:
        assert ids(desk, SEARCH) == ["7", "8", "9", "10", "11", "12", "13", "14"]


class TestGet:
    def test_by_number(self, desk: Desk) -> None:
        assert ids(desk, GET, FILTER={"ID": 8}) == ids(desk, GET, ID="8") == ["8"]
        assert ids(desk, GET, FILTER={"ID": [8, 9, 501]}) == ["8", "9"]
        assert ids(desk, GET, FILTER={"ACTIVE": False}) == ["13"]
        assert ids(desk, GET, FILTER={"SHOE_SIZE": 44}) == []

    def test_fields_by_scope(self, desk: Desk) -> None:
        brief = desk.ok("operator", GET, ID=14)[0]
        assert (brief["ACTIVE"], brief["IS_ONLINE"], brief["LAST_ACTIVITY_DATE"]) == (True, "N", {})
        assert not {"EMAIL", "USER_TYPE"} & set(brief)
        desk.portal.state.webhooks[7].scopes = ["user_basic"]
        assert desk.ok("operator", GET, ID=14)[0]["USER_TYPE"] == "employee"
        desk.portal.state.webhooks[7].scopes = ["im"]
        assert desk.answer("operator", GET, ID=14)[0] == 403

    def test_selected_fields(self, desk: Desk) -> None:
        row = desk.ok("operator", GET, ID=8, select=["ID", "NAME", "SHOE_SIZE"])[0]
        assert row == {"ID": "8", "NAME": "Daniel"}

    def test_pages_of_fifty(self, desk: Desk) -> None:
        desk.portal.state.users |= {number: User(number, "Clone") for number in range(600, 660)}
        _, first = desk.answer("operator", SEARCH, FILTER={"FIND": "clone"})
        assert (len(first["result"]), first["total"], first["next"]) == (50, 60, 50)
