"""The REST layer: addresses, parameters, encodings, errors, batch."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from bitrix24_dialogs.portal import Portal, portal_app
from bitrix24_dialogs.portal.php import encoded_map, is_empty, to_float, to_int, to_text, trimmed

CARD = "imopenlines.dialog.get"
JOIN = "imopenlines.session.join"
BASE = "http://portal.test"

pytestmark = pytest.mark.anyio


@pytest.fixture
async def http(portal: Portal) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(portal_app(portal))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


@pytest.fixture
def hook(portal: Portal) -> Callable[[str, str], str]:
    return lambda who, method: portal.webhook_url(who, BASE) + method


Hook = Callable[[str, str], str]


class TestAddresses:
    @pytest.mark.parametrize("name", [CARD, CARD.upper(), CARD + ".json", CARD + "/", "ImOpenLines.Dialog.Get"])
    async def test_method_names(self, http: httpx.AsyncClient, hook: Hook, name: str) -> None:
        answer = await http.post(hook("operator", name), json={"CHAT_ID": 2045})
        assert answer.json()["result"]["id"] == 2045
        assert answer.headers["content-type"].startswith("application/json")

    @pytest.mark.parametrize("name", ["imopenlines.dialog.put", "imopenlines.dialog.get.xml", ""])
    async def test_unknown_method(self, http: httpx.AsyncClient, hook: Hook, name: str) -> None:
        answer = await http.get(hook("operator", name))
        assert (answer.status_code, answer.json()["error"]) == (404, "ERROR_METHOD_NOT_FOUND")
        assert "time" not in answer.json()

    async def test_wrong_secret(self, http: httpx.AsyncClient, portal: Portal) -> None:
        secret = portal.webhook_secret(7)
        for path in (
            "/rest/7/wrong/profile",
            f"/rest/8/{secret}/profile",
            f"/rest/99/{secret}/profile",
            f"/rest/x/{secret}/profile",
            "/rest/7/%D0%B6/profile",
            f"/rest/{'7' * 5000}/{secret}/profile",
            "/rest/profile",
        ):
            answer = await http.get(path)
            assert (answer.status_code, answer.json()["error"]) == (401, "NO_AUTH_FOUND")

    async def test_missing_scope(self, http: httpx.AsyncClient, portal: Portal, hook: Hook) -> None:
        portal.state.webhooks[7].scopes = ["im"]
        answer = await http.get(hook("operator", JOIN))
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        available = await http.get(hook("operator", "method.get"), params={"name": JOIN})
        assert available.json()["result"] == {"isExisting": True, "isAvailable": False}


class TestParameters:
    async def test_ways_to_send_them(self, http: httpx.AsyncClient, hook: Hook) -> None:
        url = hook("operator", CARD)
        answers = [
            await http.get(url, params={"CHAT_ID": 2045}),
            await http.post(url, data={"CHAT_ID": "2045"}),
            await http.post(url, json={"CHAT_ID": 2045}),
            await http.post(url, content="CHAT_ID=2045"),
            await http.post(url, files={"x": b"y"}, data={"CHAT_ID": "2045"}),
        ]
        assert [answer.json()["result"]["id"] for answer in answers] == [2045] * 5

    async def test_body_wins(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        answer = await http.post(hook("operator", CARD), params={"CHAT_ID": 2046, "a": 1}, json={"CHAT_ID": 2045})
        assert answer.json()["result"]["id"] == 2045
        assert portal.calls.entries[-1].params == {"CHAT_ID": 2045, "a": "1"}

    @pytest.mark.parametrize(
        "body",
        [b'{"CHAT_ID": 2045', b"[2045]", b"2045", b'{"CHAT_ID": NaN}', b'{"CHAT_ID": "\\ud800"}', b"[" * 100_000],
    )
    async def test_malformed_json_is_dropped(self, http: httpx.AsyncClient, hook: Hook, body: bytes) -> None:
        answer = await http.post(hook("operator", JOIN), content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]) == (400, "CHAT_ID")

    async def test_wrong_encoding(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        answer = await http.post(hook("operator", JOIN), content="CHAT_ID=Чат".encode("cp1251"))
        assert (answer.status_code, answer.json()["error"]) == (400, "WRONG_ENCODING")
        assert not portal.calls.entries[-1].executed

    async def test_names_are_case_sensitive(self, http: httpx.AsyncClient, hook: Hook) -> None:
        answer = await http.post(hook("operator", JOIN), json={"chat_id": 2045})
        assert answer.json()["error"] == "CHAT_ID"

    async def test_reserved_names_are_swallowed(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        await http.post(hook("operator", JOIN), json={"CHAT_ID": 2045, "start": 5, "auth": "x"})
        assert portal.calls.entries[-1].params == {"CHAT_ID": 2045}

    async def test_brackets(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        query = "a[b]=1&a[c][d]=2&l[]=x&l[]=y&m[5]=z&[x]=1&a=&a[e]=3&CHAT_ID[]=2045"
        answer = await http.get(hook("operator", JOIN) + "?" + query)
        assert answer.json()["error"] == "CHAT_ID"  # an array is 1, and there is no chat 1
        assert portal.calls.entries[-1].params == {
            "a": {"e": "3"},
            "l": ["x", "y"],
            "m": {"5": "z"},
            "[x]": "1",
            "CHAT_ID": ["2045"],
        }

    @pytest.mark.parametrize("key", ["²", "٣", "9" * 5000])
    async def test_odd_keys(self, http: httpx.AsyncClient, hook: Hook, portal: Portal, key: str) -> None:
        body = {f"a[{key}]": "x", "a[]": "y", "CHAT_ID": "2045"}
        assert (await http.post(hook("operator", JOIN), data=body)).json()["result"] is True
        assert set(portal.calls.entries[-1].params["a"]) > {key}

    async def test_arrays_end_as_a_php_error(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        for method, params in (
            ("imopenlines.session.open", {"USER_CODE": ["x"]}),
            (CARD, {"DIALOG_ID": {"a": 1}}),
            ("imopenlines.session.head.vote", {"SESSION_ID": 321, "RATING": [5]}),
        ):
            answer = await http.post(hook("administrator", method), json=params)
            assert answer.status_code == 500
            assert answer.headers["content-type"].startswith("text/html")
            assert (portal.calls.entries[-1].status, portal.calls.entries[-1].executed) == (500, True)


class TestService:
    async def test_profile(self, http: httpx.AsyncClient, hook: Hook) -> None:
        profile = (await http.get(hook("operator", "profile"))).json()["result"]
        assert (profile["ID"], profile["ADMIN"], profile["NAME"]) == ("7", False, "Maria")

    async def test_dismissed_owner(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        body = {"action": "dismiss_employee", "who": "operator"}
        assert (await http.post("/control/act", json=body)).status_code == 200
        profile = (await http.get(hook("operator", "profile"))).json()["result"]
        assert (profile["ID"], profile["ADMIN"]) == ("1", True)
        portal.settings.dismissed_owner = "nobody"
        assert (await http.get(hook("operator", "profile"))).json()["result"] == []

    async def test_others(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        async def result(method: str, **params: str) -> Any:
            return (await http.get(hook("operator", method), params=params)).json()["result"]

        assert await result("scope") == ["imopenlines", "im", "crm", "user_brief"]
        assert len(await result("scope", full="true")) > 4
        assert await result("method.get", name=JOIN) == {"isExisting": True, "isAvailable": True}
        assert await result("method.get", name="nothing") == {"isExisting": False, "isAvailable": False}
        assert await result("method.get") == {"isExisting": False, "isAvailable": False}
        assert await result("server.time") == "2026-03-16T15:00:00+03:00"
        assert await result("imopenlines.revision.get") == {"rest": 2, "web": 1, "mobile": 1}

    async def test_time_block(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        portal.settings.run_times = {"profile": 1.5}
        block = (await http.get(hook("operator", "profile"))).json()["time"]
        start = int(portal.now().timestamp())
        assert block == {
            "start": start,
            "finish": start + 1.5,
            "duration": 1.5,
            "processing": 1,
            "date_start": "2026-03-16T15:00:00+03:00",
            "date_finish": "2026-03-16T15:00:01+03:00",
            "operating_reset_at": start + 600,
            "operating": 1.5,
        }
        portal.settings.operating_limit = 0
        block = (await http.get(hook("operator", "profile"))).json()["time"]
        assert "operating" not in block
        assert "operating_reset_at" not in block


class TestBatch:
    async def batch(self, http: httpx.AsyncClient, hook: Hook, **params: Any) -> Any:
        answer = await http.post(hook("operator", "batch"), json=params)
        assert answer.status_code == 200
        return answer.json()["result"]

    async def test_results_and_errors(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        result = await self.batch(
            http,
            hook,
            cmd={
                "me": "profile",
                "card": f"{CARD}?CHAT_ID=2045",
                "bad": f"{JOIN}?CHAT_ID=0",
                "none": "nothing.here",
                "inner": "BATCH?cmd[a]=profile",
                "skipped": 5,
            },
        )
        assert set(result["result"]) == set(result["result_time"]) == {"me", "card"}
        assert {key: error["error"] for key, error in result["result_error"].items()} == {
            "bad": "CHAT_ID",
            "none": "ERROR_METHOD_NOT_FOUND",
            "inner": "ERROR_BATCH_METHOD_NOT_ALLOWED",
        }
        assert result["result_total"] == result["result_next"] == []
        assert [(call.method, call.batched) for call in portal.calls.entries] == [
            ("batch", False),
            ("profile", True),
            (CARD, True),
            (JOIN, True),
            ("nothing.here", True),
        ]

    async def test_halt(self, http: httpx.AsyncClient, hook: Hook) -> None:
        result = await self.batch(http, hook, halt=1, cmd={"a": "nothing", "b": "profile"})
        assert (result["result"], list(result["result_error"])) == ([], ["a"])
        assert result["result_time"] == []

    async def test_lists(self, http: httpx.AsyncClient, hook: Hook) -> None:
        result = await self.batch(http, hook, cmd=["profile", "scope"])
        assert result["result"][0]["ID"] == "7"
        assert (await self.batch(http, hook))["result"] == []

    async def test_references(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        code = portal.state.chats[2045].entity_id
        result = await self.batch(
            http,
            hook,
            cmd={
                "open": f"imopenlines.session.open?USER_CODE={code}",
                "scope": "scope",
                "card": f"{CARD}?CHAT_ID=$result[open][chatId]",
                "byname": f"{CARD}?DIALOG_ID=chat$result[open][chatId]",
                "deep": "profile?a=$result[open][chatId][more]&b=x$result[scope][1]&c[]=$result[scope]&d=x$result[none]",
            },
        )
        assert result["result"]["card"]["id"] == result["result"]["byname"]["id"] == 2045
        deep = portal.calls.entries[-1].params
        assert (deep["a"], deep["b"], deep["d"]) == ("2045", "xim", "xArray")
        assert deep["c"][0][0] == "imopenlines"

    async def test_too_long(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        await self.batch(http, hook, cmd={f"c{n}": "profile" for n in range(50)})
        portal.calls.clear()
        answer = await http.post(hook("operator", "batch"), json={"cmd": {f"c{n}": "profile" for n in range(51)}})
        assert (answer.status_code, answer.json()["error"]) == (400, "ERROR_BATCH_LENGTH_EXCEEDED")
        assert len(portal.calls) == 1

    async def test_php_error(self, http: httpx.AsyncClient, hook: Hook) -> None:
        cmd = {"a": "imopenlines.session.open?USER_CODE[]=x"}
        assert (await http.post(hook("operator", "batch"), json={"cmd": cmd})).status_code == 500


class TestLimits:
    async def burst(self, http: httpx.AsyncClient, url: str, count: int) -> list[int]:
        return [(await http.get(url)).status_code for _ in range(count)]

    async def test_rate(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        portal.settings.rate_limit = "standard"
        url = hook("operator", "profile")
        assert await self.burst(http, url, 60) == [200] * 50 + [503] * 10
        refused = await http.get(hook("second", "profile"))  # one bucket for the whole portal
        assert refused.json()["error"] == "QUERY_LIMIT_EXCEEDED"
        assert not portal.calls.entries[-1].executed
        portal.advance(2)
        assert await self.burst(http, url, 6) == [200] * 4 + [503] * 2

    async def test_enterprise(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        portal.settings.rate_limit = "enterprise"
        url = hook("operator", "profile")
        assert (await self.burst(http, url, 252))[-3:] == [200, 503, 503]

    async def test_batch_is_one_request(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        portal.settings.rate_limit = "standard"
        for _ in range(2):
            await http.post(hook("operator", "batch"), json={"cmd": {f"c{n}": "profile" for n in range(50)}})
        assert portal.limits.level == 2

    async def test_operating_time(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        portal.settings.operating_limit, portal.settings.run_time = 10, 4
        url = hook("operator", "profile")
        operating = []
        for _ in range(3):
            operating.append((await http.get(url)).json()["time"]["operating"])
            portal.advance(100)
        assert operating == [4, 8, 12]  # the call that crosses the limit still succeeds
        refused = await http.get(url)
        assert (refused.status_code, refused.json()["error"]) == (429, "OPERATION_TIME_LIMIT")
        assert (await http.get(hook("operator", "scope"))).status_code == 200
        assert (await http.get(hook("second", "profile"))).status_code == 200
        portal.advance(301)  # the oldest minute is gone
        assert (await http.get(url)).json()["time"]["operating"] == 12

    async def test_one_minute_is_one_bucket(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        portal.settings.run_time = 4
        first = (await http.get(hook("operator", "profile"))).json()["time"]
        portal.advance(59)
        second = (await http.get(hook("operator", "profile"))).json()["time"]
        assert first["operating_reset_at"] == second["operating_reset_at"]

    async def test_short_runs_are_free(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        portal.settings.run_time = 0.09
        assert (await http.get(hook("operator", "profile"))).json()["time"]["operating"] == 0

    async def test_commands_of_a_batch_are_charged(self, http: httpx.AsyncClient, hook: Hook, portal: Portal) -> None:
        portal.settings.operating_limit, portal.settings.run_time = 7, 4
        cmd = {"a": "profile", "b": "profile", "c": "profile"}
        body = (await http.post(hook("operator", "batch"), json={"cmd": cmd})).json()
        assert body["result"]["result_error"]["c"]["error"] == "OPERATION_TIME_LIMIT"
        assert body["time"]["operating"] == 0


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("2043", 2043),
        ("2043abc", 2043),
        ("12.7", 12),
        ("-12.7", -12),
        ("1e3", 1000),
        (" 5", 5),
        ("5 ", 5),
        ("chat2043", 0),
        ("", 0),
        (None, 0),
        (True, 1),
        (False, 0),
        ([0], 1),
        ({"a": 1}, 1),
        ([], 0),
        ({}, 0),
        (3.9, 3),
        (float("inf"), 0),
        ("9" * 400, 0),
        ("9" * 40, 2**63 - 1),
        ("-" + "9" * 40, -(2**63)),
        ("٣", 0),
    ],
)
def test_to_int(value: object, number: int) -> None:
    assert to_int(value) == number


def test_other_conversions() -> None:
    assert [to_float(value) for value in (".5", "x", 2, [1], [])] == [0.5, 0, 2, 1, 0]
    assert [to_text(value) for value in (None, False, True, 4.0, 4.6, 5, "x")] == ["", "", "1", "4", "4.6", "5", "x"]
    assert all(is_empty(value) for value in (None, "", 0, "0", [], False))
    assert not any(is_empty(value) for value in ("00", " ", [0], -1))
    assert trimmed(" \0x\n") == "x"
    assert encoded_map({0: "a", 1: "b"}) == ["a", "b"]
    assert encoded_map({1: "a"}) == {"1": "a"}
    assert json.dumps(encoded_map({})) == "[]"
