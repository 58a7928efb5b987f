"""The control side, seeds, and serving."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from bitrix24_dialogs.portal import (
    FixedClock,
    Portal,
    SeedError,
    SystemClock,
    default_portal,
    load_seed,
    portal_app,
    running_portal,
    serve_portal,
)
from bitrix24_dialogs.portal.calls import CallLog
from bitrix24_dialogs.portal.clock import ShiftedClock
from bitrix24_dialogs.portal.seed import dump_seed
from tests.portal.conftest import Desk

BASE = "http://portal.test"
NOW = "2026-03-16T12:00:00+00:00"


@pytest.fixture
async def http(portal: Portal) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(portal_app(portal)), base_url=BASE) as client:
        yield client


@pytest.mark.anyio
class TestControl:
    async def test_act_and_state(self, http: httpx.AsyncClient, portal: Portal) -> None:
        answer = await http.post("/control/act", json={"action": "client_writes", "chat": "mine", "text": "Hi"})
        assert answer.json() == {"message": portal.last_message_id(2045)}
        state = (await http.get("/control/state")).json()
        assert state["messages"][-1]["text"] == "Hi"
        assert portal.webhook_secret(7) not in json.dumps(state)
        done = await http.post("/control/act", json={"action": "operator_finishes", "who": 7, "chat": 2045})
        assert done.json() == {}

    async def test_reset(self, http: httpx.AsyncClient, portal: Portal) -> None:
        before, url = dump_seed(portal), portal.webhook_url("operator")
        await http.post("/control/act", json={"action": "delete_chat", "chat": "mine"})
        await http.post("/control/advance", json={"seconds": 60})
        await http.post("/control/faults", json={"status": 500})
        await http.get(portal.webhook_url("operator", BASE) + "profile")
        await http.post("/control/reset")
        assert dump_seed(portal) == before
        assert (portal.webhook_url("operator"), len(portal.calls), portal.faults.waiting) == (url, 0, [])
        assert portal.now() == FixedClock().now()

    async def test_advance(self, http: httpx.AsyncClient, portal: Portal) -> None:
        answer = await http.post("/control/advance", json={"seconds": 90})
        assert answer.json() == {"now": "2026-03-16T15:01:30+03:00"}
        assert (await http.post("/control/advance", json={})).status_code == 400

    async def test_faults(self, http: httpx.AsyncClient) -> None:
        assert (await http.post("/control/faults", json={"kind": "drop", "method": "profile"})).json() == {"id": 1}
        assert (await http.get("/control/faults")).json()[0]["kind"] == "drop"
        for bad, text in (
            ({"kind": "explode"}, "fault.kind: one of answer"),
            ({"colour": 1}, "fault: unknown field 'colour'"),
            ({"count": "x"}, "fault.count: a whole number was wanted, not 'x'"),
        ):
            answer = await http.post("/control/faults", json=bad)
            assert answer.status_code == 400
            assert answer.json()["error"].startswith(text)
        await http.delete("/control/faults")
        assert (await http.get("/control/faults")).json() == []

    async def test_calls(self, http: httpx.AsyncClient, portal: Portal) -> None:
        await http.get(portal.webhook_url("operator", BASE) + "imopenlines.session.join?CHAT_ID=0")
        (call,) = (await http.get("/control/calls")).json()
        assert call == {
            "number": 1,
            "time": portal.now().isoformat(),
            "user_id": 7,
            "method": "imopenlines.session.join",
            "params": {"CHAT_ID": "0"},
            "executed": True,
            "status": 400,
            "error": "CHAT_ID",
            "batched": False,
            "fault": "",
            "start": 0,
        }
        await http.delete("/control/calls")
        assert len(portal.calls) == 0
        assert isinstance(portal.calls, CallLog)

    async def test_webhooks(self, http: httpx.AsyncClient, portal: Portal) -> None:
        found = (await http.get("/control/webhooks")).json()
        assert set(found) == set(portal.employees)
        assert found["operator"] == portal.webhook_url(7, BASE)

    @pytest.mark.parametrize("body", [b"{", b"[]", b'{"action": "fly"}'])
    async def test_bad_bodies(self, http: httpx.AsyncClient, body: bytes) -> None:
        answer = await http.post("/control/act", content=body)
        assert answer.status_code == 400
        assert "\n" not in answer.json()["error"]

    @pytest.mark.parametrize("address", ["192.0.2.7", "somebody"])
    async def test_strangers_stay_outside(self, portal: Portal, address: str) -> None:
        transport = httpx.ASGITransport(portal_app(portal), client=(address, 5))
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            assert (await client.get("/control/webhooks")).status_code == 403


class TestSeed:
    def test_round_trip(self, portal: Portal, tmp_path: Path) -> None:
        path = tmp_path / "seed.json"
        path.write_text(json.dumps(dump_seed(portal)), encoding="utf-8")
        again = load_seed(path, clock=FixedClock(), secret_seed="test")
        assert again.state == portal.state
        assert again.webhook_url("operator") == portal.webhook_url("operator")

    def test_smallest(self) -> None:
        portal = load_seed({"users": [{"id": 3, "first_name": "Ann", "key": "ann"}], "secret_seed": "s"})
        assert portal.webhook_url("ann", BASE).startswith(f"{BASE}/rest/3/")
        assert portal.webhook_secret(3) == load_seed({"secret_seed": "s"}).webhook_secret(3)
        assert portal.state.counters["user"] == 3
        assert load_seed({}).state.users == {}

    def test_hand_written(self) -> None:
        chat = {
            "id": 5,
            "title": "x",
            "created": NOW,
            "members": {"3": {"last_read": 2, "read_at": NOW}, "4": {"read_at": None}},
        }
        portal = load_seed({"chats": [chat], "known": {"x": 5}, "crm_items": [{"id": 9, "type": "DEAL", "title": "y"}]})
        assert portal.state.chats[5].members[3].last_read == 2
        assert (portal.state.counters["DEAL"], portal.state.counters["chat"]) == (9, 5)

    @pytest.mark.parametrize(
        ("seed", "message"),
        [
            ({"secret_seed": 5}, "seed.secret_seed"),
            ({"nonsense": 1}, "seed: unknown field 'nonsense'"),
            ({"users": [{"id": 1}]}, r"seed.users\[0\]: the field 'first_name' is missing"),
            ({"users": [{"id": True, "first_name": "x"}]}, r"seed.users\[0\].id: a whole number was wanted"),
            ({"users": [5]}, r"seed.users\[0\]: an object was wanted"),
            ({"users": 5}, "seed.users: an object was wanted"),
            ({"users": [{"id": 1, "first_name": "x"}] * 2}, "seed.users: the id 1 is there twice"),
            ({"users": {"x": {}}}, "seed.users: a number as key was wanted"),
            ({"lines": [{"id": 1, "name": "x", "queue": 5}]}, r"seed.lines\[0\].queue: a list was wanted"),
            ({"lines": [{"id": 1, "name": "x", "queue_type": "odd"}]}, "one of evenly, strictly, all was wanted"),
            ({"chats": [{"id": 1, "title": "x", "created": "today"}]}, "a date with offset was wanted, not 'today'"),
            ({"chats": [{"id": 1, "title": "x", "created": "2026-03-16"}]}, "a date with offset was wanted"),
            ({"chats": [{"id": 1, "title": "x", "created": 5}]}, "a date with offset was wanted"),
            ({"settings": {"run_time": "x"}}, "seed.settings.run_time: a number was wanted"),
            ({"known": {"x": 5}}, "seed.known.x: there is no 5"),
            ({"webhooks": [{"id": 5}]}, "seed.webhooks 5: there is no 5"),
            (
                {"sessions": [{"id": 1, "chat_id": 1, "user_code": "", "line_id": 1, "started": NOW, "status": 7}]},
                r"seed.sessions\[0\].status: one of 0, 5, 10",
            ),
        ],
    )
    def test_bad(self, seed: dict[str, Any], message: str) -> None:
        with pytest.raises(SeedError, match=message) as caught:
            load_seed(seed)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("text", "message"), [(None, "cannot be read"), ("{", "is not JSON"), ("[]", "one JSON object")]
    )
    def test_bad_files(self, tmp_path: Path, text: str | None, message: str) -> None:
        path = tmp_path / "seed.json"
        if text is not None:
            path.write_text(text, encoding="utf-8")
        with pytest.raises(SeedError, match=message):
            load_seed(str(path))

    def test_integers_are_numbers(self) -> None:
        assert load_seed({"settings": {"run_time": 1}}).settings.run_time == 1.0


class TestDefaultPortal:
    def test_keys(self, portal: Portal) -> None:
        assert set(portal.known) == {
            "waiting",
            "waiting_all",
            "mine",
            "colleagues",
            "pinned",
            "silent",
            "closing",
            "closed",
            "closed_history",
            "spam",
            "in_crm",
            "deal_line",
            "russian",
            "english",
            "rtl",
            "long",
            "ordinary_chat",
            "client_side_chat",
        }
        assert set(portal.employees) == {
            "operator",
            "second",
            "supervisor",
            "outsider",
            "administrator",
            "extranet",
            "dismissed",
        }

    def test_same_each_time_but_for_secrets(self, portal: Portal) -> None:
        portal.settings.rate_limit = "standard"
        other = default_portal(clock=FixedClock())
        assert other.state == portal.state
        assert other.webhook_secret(7) != portal.webhook_secret(7)

    def test_nothing_lies_in_the_future(self, portal: Portal) -> None:
        dates = [message.date for message in portal.state.messages.values()]
        assert dates == sorted(dates)
        assert dates[-1] <= portal.now()

    def test_client_side_chat_is_in_the_user_code(self, desk: Desk) -> None:
        assert desk.chat("english").entity_id.split("|")[2] == "2060"

    def test_contents(self, portal: Portal) -> None:
        texts = [message.text for message in portal.state.messages.values()]
        assert max(map(len, texts)) > 5000
        assert any("\u202e" in text for text in texts)


class TestServing:
    @pytest.mark.anyio
    async def test_until_cancelled(self, portal: Portal, capfd: pytest.CaptureFixture[str]) -> None:
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve_portal(portal, on_ready=ready.set_result))
        with anyio.fail_after(60):
            base = await ready
            async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
                answer = await client.get(portal.webhook_url("operator", base) + "profile")
        assert answer.status_code == 200
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert capfd.readouterr() == ("", "")
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(base)

    @pytest.mark.anyio
    @pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])  # noqa: S104 -- refused
    async def test_other_hosts_are_refused(self, portal: Portal, host: str) -> None:
        with pytest.raises(ValueError, match="this computer only"):
            await serve_portal(portal, host=host)

    @pytest.mark.anyio
    async def test_taken_port(self, portal: Portal) -> None:
        with running_portal(portal) as base, pytest.raises(OSError, match="in use"):
            await serve_portal(portal, host="localhost", port=int(base.rpartition(":")[2]))

    @pytest.mark.anyio
    async def test_ipv6(self, portal: Portal) -> None:
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve_portal(portal, host="::1", on_ready=ready.set_result))
        done, _ = await asyncio.wait([serving, ready], timeout=60, return_when=asyncio.FIRST_COMPLETED)
        if serving in done:
            pytest.skip("no IPv6 here")
        assert (await ready).startswith("http://[::1]:")
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving


def test_clocks() -> None:
    clock = ShiftedClock(FixedClock())
    clock.advance(60)
    assert (clock.now() - FixedClock().now()).total_seconds() == 60
    assert SystemClock().now().tzinfo is not None
    assert abs((ShiftedClock().now() - SystemClock().now()).total_seconds()) < 5
