"""Injected faults, inside the process and over a real socket."""

import logging
import socket
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from bitrix24_dialogs.portal import ConnectionDroppedError, Fault, Portal, portal_app, running_portal
from tests.support import eventually

JOIN = "imopenlines.session.join"
BASE = "http://portal.test"


@pytest.fixture
async def http(portal: Portal) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(portal_app(portal))
    async with httpx.AsyncClient(transport=transport, base_url=portal.webhook_url("second", BASE)) as client:
        yield client


@pytest.mark.anyio
class TestAnswers:
    async def test_before_the_method_runs(self, http: httpx.AsyncClient, portal: Portal) -> None:
        portal.faults.add(Fault(status=502, body="<html>Bad Gateway</html>"))
        answer = await http.post(JOIN, json={"CHAT_ID": 2045})
        assert (answer.status_code, answer.text) == (502, "<html>Bad Gateway</html>")
        assert answer.headers["content-type"].startswith("text/html")
        assert portal.calls.executed(JOIN) == 0
        assert (portal.calls.entries[-1].fault, portal.calls.entries[-1].status) == ("answer", 502)
        assert (await http.post(JOIN, json={"CHAT_ID": 2045})).json()["result"] is True

    async def test_after_the_method_ran(self, http: httpx.AsyncClient, portal: Portal) -> None:
        portal.faults.add(Fault(phase="after", error="INTERNAL_SERVER_ERROR", description="oops"))
        answer = await http.post(JOIN, json={"CHAT_ID": 2045})
        assert (answer.status_code, answer.json()) == (
            500,
            {"error": "INTERNAL_SERVER_ERROR", "error_description": "oops"},
        )
        assert portal.calls.executed(JOIN) == 1
        assert portal.calls.entries[-1].status == 200
        assert 8 in portal.state.chats[2045].members

    async def test_empty_body(self, http: httpx.AsyncClient, portal: Portal) -> None:
        portal.faults.add(Fault(status=200))
        assert (await http.get("profile")).content == b""

    async def test_wrong_encoding(self, http: httpx.AsyncClient, portal: Portal) -> None:
        portal.faults.add(Fault(status=200, body='{"result": "да"}', encoding="cp1251"))
        assert (await http.get("profile")).content == '{"result": "да"}'.encode("cp1251")

    async def test_redirect(self, http: httpx.AsyncClient, portal: Portal) -> None:
        portal.faults.add(Fault(status=302, headers={"Location": "https://new.example{path}"}))
        answer = await http.get("profile")
        assert answer.headers["location"] == f"https://new.example/rest/8/{portal.webhook_secret(8)}/profile"

    async def test_echo_of_the_address(self, http: httpx.AsyncClient, portal: Portal) -> None:
        portal.faults.add(Fault(status=403, error="ACCESS_DENIED", description="no access to {url}"))
        assert portal.webhook_secret(8) in (await http.get("profile")).json()["error_description"]

    async def test_refuse_n_times(self, http: httpx.AsyncClient, portal: Portal) -> None:
        portal.faults.add(Fault(status=503, error="QUERY_LIMIT_EXCEEDED", count=3))
        assert [(await http.get("profile")).status_code for _ in range(5)] == [503, 503, 503, 200, 200]

    async def test_matching(self, http: httpx.AsyncClient, portal: Portal) -> None:
        portal.faults.add(Fault(method=JOIN.upper(), status=500))
        portal.faults.add(Fault(method="profile", user_id=7, status=501))
        portal.faults.add(Fault(method="profile", user_id=8, status=502, skip=1, count=-1))
        assert [(await http.get(name)).status_code for name in ("profile", "profile", "profile", "scope", JOIN)] == [
            200,
            502,
            502,
            200,
            500,
        ]
        assert [fault["status"] for fault in portal.faults.listed()] == [501, 502]

    async def test_delays(self, http: httpx.AsyncClient, portal: Portal) -> None:
        portal.faults.add(Fault("delay", seconds=0.01))
        portal.faults.add(Fault("delay", seconds=0.01, phase="after"))
        portal.faults.add(Fault("drip", seconds=0))
        for _ in range(3):
            assert (await http.get("profile")).json()["result"]["ID"] == "8"

    @pytest.mark.parametrize(
        ("fault", "executed"),
        [(Fault("drop"), False), (Fault("drop", phase="after"), True), (Fault("cut"), True)],
    )
    async def test_drop_inside_the_process(
        self, http: httpx.AsyncClient, portal: Portal, fault: Fault, executed: bool
    ) -> None:
        portal.faults.add(fault)
        with pytest.raises(ConnectionDroppedError) as caught:
            await http.post(JOIN, json={"CHAT_ID": 2045})
        assert caught.value.executed is executed
        assert portal.calls.executed(JOIN) == executed

    async def test_fault_meets_a_wrongly_encoded_body(self, http: httpx.AsyncClient, portal: Portal) -> None:
        portal.faults.add(Fault("delay"))
        answer = await http.post(JOIN, content=b"\xff")
        assert answer.json()["error"] == "WRONG_ENCODING"


@pytest.fixture
def client(portal: Portal) -> Iterator[httpx.Client]:
    with (
        running_portal(portal) as base,
        httpx.Client(base_url=portal.webhook_url("second", base), timeout=60, trust_env=False) as client,
    ):
        yield client


class TestOverASocket:
    def test_plain(self, client: httpx.Client) -> None:
        assert client.get("profile").json()["result"]["ID"] == "8"

    @pytest.mark.parametrize("phase", ["before", "after"])
    def test_drop(
        self,
        client: httpx.Client,
        portal: Portal,
        phase: str,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        portal.faults.add(Fault("drop", phase="before" if phase == "before" else "after"))
        with caplog.at_level(logging.DEBUG, "uvicorn"), pytest.raises(httpx.RemoteProtocolError):
            client.post(JOIN, json={"CHAT_ID": 2045})
        assert portal.calls.executed(JOIN) == (phase == "after")
        assert client.post(JOIN, json={"CHAT_ID": 2045}).json()["result"] is True
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert capfd.readouterr() == ("", "")

    def test_cut(self, client: httpx.Client, portal: Portal) -> None:
        portal.faults.add(Fault("cut"))
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            client.get("profile")

    def test_drip(self, client: httpx.Client, portal: Portal) -> None:
        portal.faults.add(Fault("drip", seconds=0.0001))
        assert client.get("profile").json()["result"]["ID"] == "8"

    def test_hang(self, client: httpx.Client, portal: Portal) -> None:
        portal.faults.add(Fault("hang", phase="after"))
        request = client.build_request("POST", JOIN, json={"CHAT_ID": 2045})
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        with socket.create_connection((request.url.host, request.url.port), timeout=60) as connection:
            connection.sendall(f"POST {request.url.path} HTTP/1.1\r\n{head}\r\n".encode() + request.content)
            eventually(lambda: portal.calls.executed(JOIN) == 1)
            connection.settimeout(0.2)
            with pytest.raises(TimeoutError):
                connection.recv(1)

    def test_dropping_spares_other_connections(self, client: httpx.Client, portal: Portal) -> None:
        client.get("profile")
        portal.faults.add(Fault("drop", method="scope"))
        with pytest.raises(httpx.TransportError):
            httpx.get(str(client.base_url) + "scope", timeout=60, trust_env=False)
        assert client.get("profile").status_code == 200
