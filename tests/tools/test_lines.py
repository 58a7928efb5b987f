"""Lines and their queues, as far as they are in reach."""

import json
from typing import Any

import pytest

from bitrix24_dialogs.portal.entities import Line
from tests.support import case

pytestmark = pytest.mark.anyio

LIST = "imopenlines.config.list.get"
GET = "imopenlines.config.get"
ODD: list[Any] = [None, True, 7, "x", "", [1], [None], [[]], {"a": 1}, [{"ID": 0}], [{"ID": [1]}]]


async def test_lines_are_listed_with_their_queues() -> None:
    async with case(toolsets=("lines",)) as desk:
        told = await desk.call("lines_list")
        assert [line["id"] for line in told["lines"]] == [22, 23, 24]
        assert told["lines"][1] == {
            "id": 23,
            "name": "Sales",
            "active": True,
            "distribution": "strictly",
            "crm": "deal",
            "queue": [7, 8],
            "queue_size": 2,
            "you_are_in_queue": True,
        }
        assert told["lines"][2]["crm"] == "none"
        assert "(untrusted text, written by others: lines.name)" in told.text
        assert desk.calls == [LIST]


async def test_a_long_list_is_cut_and_says_what_gets_the_rest() -> None:
    async with case(toolsets=("lines",)) as desk:
        desk.portal.state.lines |= {
            number: Line(number, "ж" * 200, queue=list(range(1, 60))) for number in range(100, 160)
        }
        told = await desk.call("lines_list")
        assert (len(told["lines"]), told["left_out"]) == (25, 38)
        assert "offset=25" in told["next"]
        assert len(told.text.encode()) <= 24_000
        last = await desk.call("lines_list", offset=50)
        assert (len(last["lines"]), last["left_out"], last["next"]) == (13, None, None)
        assert "no further lines" in (await desk.call("lines_list", offset=99))["why"]


@pytest.mark.parametrize("understands", [True, False])
async def test_only_lines_in_reach_are_listed(understands: bool) -> None:
    async with case(toolsets=("lines",), lines=(24, 99)) as desk:
        if not understands:
            rows = [{"ID": str(number), "LINE_NAME": "x", "QUEUE": []} for number in (22, 23, 24)]
            desk.fault(method=LIST, status=200, body=json.dumps({"result": rows, "time": {}}))
        told = await desk.call("lines_list")
        assert [line["id"] for line in told["lines"]] == [24]


async def test_one_line_is_shown() -> None:
    async with case(toolsets=("lines",)) as desk:
        told = await desk.call("line_get", line_id=23)
        assert told["queue"] == [{"id": 7, "shown_as": "Maria from Sales"}, {"id": 8}]
        assert (told["somebody_online"], told["asks_for_rating"]) == (True, True)
        assert told["closing_text"] == "Thank you for writing to us!"
        assert (told["works_from"], told["works_to"], told["time_zone"]) == ("09:00", "18:30", "Europe/Berlin")
        assert desk.calls == [GET]
        plain = await desk.call("line_get", line_id="24")
        assert (plain["closing_text"], plain["works_from"], plain["checks_availability"]) == (None, None, True)


async def test_a_line_that_is_not_there_or_out_of_reach_is_refused() -> None:
    async with case(toolsets=("lines",)) as desk:
        told = await desk.call("line_get", line_id=99)
        assert told.is_error
        assert "no line 99" in told.text
        assert "lines_list" in told.text
    async with case(toolsets=("lines",), lines=(24,)) as desk:
        told = await desk.call("line_get", line_id=22)
        assert told.is_error
        assert "BITRIX24_LINES" in told.text
        assert desk.calls == []


async def test_another_line_is_not_taken_for_the_one_asked_for() -> None:
    async with case(toolsets=("lines",)) as desk:
        desk.fault(method=GET, status=200, body=json.dumps({"result": {"ID": "23", "LINE_NAME": "x"}, "time": {}}))
        told = await desk.call("line_get", line_id=22)
        assert told.is_error
        assert "not this line" in told.text


async def test_a_long_line_keeps_its_bound() -> None:
    async with case(toolsets=("lines",)) as desk:
        line = desk.portal.state.lines[22]
        line.name, line.closing_text, line.time_zone = "я" * 500, "ю" * 5_000, "z" * 500
        line.queue = list(range(7, 9)) * 500
        line.shown_names = {7: "м" * 500, 8: "м" * 500}
        told = await desk.call("line_get", line_id=22)
        assert told["queue_size"] == 2
        assert len(told.text.encode()) <= 24_000


@pytest.mark.parametrize("offset", [-1, "x", True, 1.5])
async def test_bad_offsets_never_reach_the_portal(offset: object) -> None:
    async with case(toolsets=("lines",)) as desk:
        told = await desk.call("lines_list", offset=offset)
        assert told.is_error
        assert "offset" in told.text
        assert desk.calls == []


@pytest.mark.parametrize("result", ODD)
@pytest.mark.parametrize(("tool", "method", "extra"), [("lines_list", LIST, {}), ("line_get", GET, {"line_id": 22})])
async def test_nonsense_is_an_error_and_no_empty_list(
    tool: str, method: str, extra: dict[str, object], result: Any
) -> None:
    async with case(toolsets=("lines",)) as desk:
        desk.fault(method=method, status=200, body=json.dumps({"result": result, "time": {}}), count=-1)
        told = await desk.call(tool, **extra)
        assert told.is_error, told.text
        assert "internal error" not in told.text


@pytest.mark.parametrize("odd", [None, True, 7, "x", [], [None], {"a": []}])
async def test_odd_settings_never_crash(odd: Any) -> None:
    async with case(toolsets=("lines",)) as desk:
        names = ["LINE_NAME", "ACTIVE", "QUEUE", "QUEUE_USERS_FIELDS", "QUEUE_TYPE", "CRM_CREATE", "CLOSE_TEXT"]
        row = {
            "ID": "22",
            "CRM": "Y",
            "CLOSE_RULE": "text",
            "WORKTIME_ENABLE": "Y",
            **dict.fromkeys([*names, "WORKTIME_FROM", "WORKTIME_TIMEZONE", "QUEUE_TIME"], odd),
        }
        for method, result in ((GET, row), (LIST, [row])):
            desk.fault(method=method, status=200, body=json.dumps({"result": result, "time": {}}))
        for tool, extra in (("line_get", {"line_id": 22}), ("lines_list", {})):
            told = await desk.call(tool, **extra)
            assert not told.is_error, told.text
