"""Finding colleagues."""

import json
from typing import Any

import pytest

from bitrix24_dialogs.portal.entities import User
from tests.support import case

pytestmark = pytest.mark.anyio

SEARCH = "user.search"


async def test_colleagues_are_found_by_name() -> None:
    async with case(toolsets=("people",)) as desk:
        told = await desk.call("colleague_find", who="  daniel ")
        assert told["colleagues"] == [
            {"id": 8, "name": "Daniel Weiss", "position": "Support agent", "online": True},
            {"id": 14, "name": "Daniel Weber", "position": "Accountant", "online": False},
        ]
        assert "(untrusted text, written by others: colleagues.name, colleagues.position)" in told.text
        assert desk.calls == [SEARCH]


async def test_colleagues_are_found_by_number() -> None:
    async with case(toolsets=("people",)) as desk:
        told = await desk.call("colleague_find", who=7)
        assert [(one["id"], one["you"]) for one in told["colleagues"]] == [(7, True)]
        assert desk.calls == ["user.get"]


async def test_who_works_here_no_more_is_left_out() -> None:
    async with case(toolsets=("people",)) as desk:
        told = await desk.call("colleague_find", who="Viktor")
        assert (told["colleagues"], told.is_error) == (None, False)
        assert "No employee fits" in told["why"]


async def test_a_long_list_is_cut_and_says_so() -> None:
    async with case(toolsets=("people",)) as desk:
        desk.portal.state.users |= {
            number: User(number, "Ж" * 300, "Ж" * 300, position="Ш" * 300) for number in range(600, 670)
        }
        told = await desk.call("colleague_find", who="Ж" * 100)
        assert (len(told["colleagues"]), told["left_out"]) == (20, 50)
        assert "more of the name" in told["next"]
        assert len(told.text.encode()) <= 24_000


async def test_contacts_in_names_are_masked_if_wanted() -> None:
    async with case(toolsets=("people",), mask_contacts=True) as desk:
        desk.portal.employee("second").position = "call +49 30 901820 now"
        told = await desk.call("colleague_find", who="Weiss")
        assert "901820" not in told.text


async def test_the_scope_that_is_missing_is_named() -> None:
    async with case(toolsets=("people",)) as desk:
        desk.portal.state.webhooks[desk.user("operator")].scopes = ["imopenlines"]
        told = await desk.call("colleague_find", who="Weiss")
        assert told.is_error
        assert "user_brief" in told.text


@pytest.mark.parametrize("result", [None, True, 7, "x", {}, {"a": 1}, [None], [{}], [{"ID": 0}], [{"ID": [8]}]])
@pytest.mark.parametrize("who", ["Weiss", "8"])
async def test_nonsense_is_an_error_and_no_empty_list(who: str, result: Any) -> None:
    async with case(toolsets=("people",)) as desk:
        body = json.dumps({"result": result, "time": {}})
        desk.fault(method=SEARCH if who == "Weiss" else "user.get", status=200, body=body, count=-1)
        told = await desk.call("colleague_find", who=who)
        assert told.is_error
        assert "internal error" not in told.text


@pytest.mark.parametrize("odd", [None, True, 7, [], [None], {"a": []}])
async def test_odd_fields_never_crash(odd: Any) -> None:
    async with case(toolsets=("people",)) as desk:
        names = ("NAME", "LAST_NAME", "WORK_POSITION", "IS_ONLINE", "USER_TYPE", "ACTIVE")
        body = json.dumps({"result": [{"ID": "8", **dict.fromkeys(names, odd)}], "total": odd, "time": {}})
        desk.fault(method=SEARCH, status=200, body=body)
        told = await desk.call("colleague_find", who="Weiss")
        assert not told.is_error, told.text
        assert told["colleagues"][0]["id"] == 8


async def test_another_employees_answer_is_not_taken_for_the_one_asked_for() -> None:
    async with case(toolsets=("people",)) as desk:
        body = json.dumps({"result": [{"ID": "9", "NAME": "Eve"}], "total": 1, "time": {}})
        desk.fault(method="user.get", status=200, body=body)
        assert (await desk.call("colleague_find", who="8")).is_error
