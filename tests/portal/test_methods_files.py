"""Links to files, and what is behind them: shapes, access, tokens, odd contents, faults."""

import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bitrix24_dialogs.portal import Fault, Portal, portal_app, running_portal
from bitrix24_dialogs.portal.actions import act
from bitrix24_dialogs.portal.entities import File
from tests.portal.conftest import Desk

DOWNLOAD = "im.v2.File.download"
BASE = "http://portal.test"
BROWSER = {"User-Agent": "test", "Accept": "*/*", "Accept-Language": "en", "Referer": f"{BASE}/"}


def file_named(portal: Portal, name: str) -> File:
    return next(file for file in portal.state.files.values() if file.name == name)


def link(desk: Desk, who: str = "operator", name: str = "label.png", dialog: str = "chat2058") -> str:
    return str(desk.ok(who, DOWNLOAD, dialogId=dialog, fileId=file_named(desk.portal, name).id)["downloadUrl"])


@pytest.fixture
async def http(portal: Portal) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(portal_app(portal)), headers=BROWSER) as client:
        yield client


class TestMethod:
    def test_a_link_with_a_token_and_no_name(self, desk: Desk) -> None:
        parts = urlsplit(link(desk))
        assert (parts.scheme, parts.netloc, parts.path) == ("https", "portal.example", "/rest/download.json")
        assert set(parse_qs(parts.query)) == {"token"}
        assert link(desk) != link(desk)

    @pytest.mark.parametrize("who", ["outsider", "supervisor"])
    def test_who_takes_no_part_gets_none(self, desk: Desk, who: str) -> None:
        file_id = file_named(desk.portal, "label.png").id
        assert desk.code(who, DOWNLOAD, dialogId="chat2058", fileId=file_id) == "ACCESS_DENIED"

    def test_who_has_read_the_history_may_for_a_day(self, desk: Desk) -> None:
        desk.ok("supervisor", "imopenlines.session.history.get", CHAT_ID=2058)
        assert link(desk, "supervisor")
        desk.portal.advance(24 * 3600)
        file_id = file_named(desk.portal, "label.png").id
        assert desk.code("supervisor", DOWNLOAD, dialogId="chat2058", fileId=file_id) == "ACCESS_DENIED"

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"dialogId": None}, "100"),
            ({"fileId": None}, "100"),
            ({"dialogId": "2058"}, "ACCESS_DENIED"),
            ({"dialogId": "chat999"}, "ACCESS_DENIED"),
            ({"dialogId": "chat2043"}, "FILE_NOT_FOUND"),
            ({"fileId": 1}, "FILE_NOT_FOUND"),
            ({"fileId": "x"}, "FILE_NOT_FOUND"),
        ],
    )
    def test_refusals(self, desk: Desk, change: dict[str, Any], code: str) -> None:
        params = {"dialogId": "chat2058", "fileId": file_named(desk.portal, "label.png").id, **change}
        assert desk.code("operator", DOWNLOAD, **params) == code

    def test_names_count_with_their_letter_case(self, desk: Desk) -> None:
        file_id = file_named(desk.portal, "label.png").id
        assert desk.code("operator", DOWNLOAD, DIALOGID="chat2058", FILEID=file_id) == "100"

    def test_a_file_that_is_in_no_folder_any_more(self, desk: Desk) -> None:
        file = file_named(desk.portal, "label.png")
        file.in_folder = False
        assert desk.code("operator", DOWNLOAD, dialogId="chat2058", fileId=file.id) == "FILE_NOT_FOUND"

    def test_not_in_a_batch(self, desk: Desk) -> None:
        result = desk.ok("operator", "batch", cmd={"a": f"{DOWNLOAD}?dialogId=chat2058&fileId=1"})
        assert result["result_error"]["a"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


@pytest.mark.anyio
class TestAddress:
    @pytest.mark.parametrize(
        ("name", "begins", "kind"),
        [
            ("label.png", b"\x89PNG\r\n\x1a\n", "image/png"),
            ("screen.jpg", b"\xff\xd8\xff", "image/jpeg"),
            ("user guide.pdf", b"%PDF-", "application/pdf"),
        ],
    )
    async def test_the_bytes_are_what_the_name_promises(
        self, desk: Desk, http: httpx.AsyncClient, name: str, begins: bytes, kind: str
    ) -> None:
        answer = await http.get(link(desk, name=name))
        assert answer.status_code == 200
        assert answer.content.startswith(begins)
        assert len(answer.content) == file_named(desk.portal, name).size
        assert answer.headers["content-type"] == kind

    async def test_the_link_begins_as_the_portal_was_reached(self, portal: Portal, http: httpx.AsyncClient) -> None:
        file_id = file_named(portal, "label.png").id
        asked = {"dialogId": "chat2058", "fileId": file_id}
        answer = await http.post(f"{portal.webhook_url('operator', BASE)}{DOWNLOAD}", json=asked)
        url = answer.json()["result"]["downloadUrl"]
        assert url.startswith(f"{BASE}/rest/download.json?token=")
        assert (await http.get(url)).status_code == 200

    async def test_once_and_no_more(self, desk: Desk, http: httpx.AsyncClient) -> None:
        url = link(desk)
        assert (await http.get(url)).status_code == 200
        assert (await http.get(url)).status_code == 404

    async def test_not_for_long(self, desk: Desk, http: httpx.AsyncClient) -> None:
        late, soon = link(desk), link(desk)
        desk.portal.advance(599)
        assert (await http.get(soon)).status_code == 200
        desk.portal.advance(1)
        assert (await http.get(late)).status_code == 404

    @pytest.mark.parametrize("query", ["", "?token=", "?token=x", "?token=5401", "?TOKEN={}"])
    async def test_a_wrong_token_is_a_page(self, desk: Desk, http: httpx.AsyncClient, query: str) -> None:
        token = link(desk).partition("token=")[2]
        answer = await http.get(f"{BASE}/rest/download.json{query.format(token)}")
        assert answer.status_code == 404
        assert answer.text.startswith("<html>")

    @pytest.mark.parametrize("header", BROWSER)
    async def test_what_looks_like_no_browser_is_turned_away(
        self, desk: Desk, http: httpx.AsyncClient, header: str
    ) -> None:
        url = link(desk)
        assert (await http.get(url, headers={header: ""})).status_code == 404
        assert (await http.get(url)).status_code == 200  # nothing was used up

    async def test_rights_lost_meanwhile_count(self, desk: Desk, http: httpx.AsyncClient) -> None:
        url, other = link(desk), link(desk)
        desk.chat("long").members.pop(desk.portal.employee("operator").id)
        assert (await http.get(url)).status_code == 404
        desk.portal.employee("operator").active = False
        assert (await http.get(other)).status_code == 404

    async def test_links_end_with_a_reset(self, desk: Desk, http: httpx.AsyncClient) -> None:
        url = link(desk)
        desk.portal.reset()
        assert (await http.get(url)).status_code == 404

    async def test_a_file_can_hold_anything(self, desk: Desk, http: httpx.AsyncClient) -> None:
        content = base64.b64encode(b"MZ\x90\0").decode()
        files = [{"name": "holiday.png", "size": 12, "content": content}]
        act(desk.portal, {"action": "client_writes", "chat": "long", "text": "Look!", "files": files})
        answer = await http.get(link(desk, name="holiday.png"))
        assert (answer.content, answer.headers["content-type"]) == (b"MZ\x90\0", "image/png")

    async def test_another_answer(self, desk: Desk, http: httpx.AsyncClient) -> None:
        desk.portal.faults.add(Fault(method="download", status=302, headers={"Location": "https://else.example{path}"}))
        answer = await http.get(link(desk))
        assert (answer.status_code, answer.headers["location"]) == (302, "https://else.example/rest/download.json")
        assert desk.portal.calls.entries[-1].fault == "answer"


class TestOverASocket:
    @pytest.fixture
    def served(self, portal: Portal) -> Iterator[str]:
        with running_portal(portal) as base:
            yield base

    def url(self, portal: Portal, base: str) -> str:
        asked = {"dialogId": "chat2058", "fileId": file_named(portal, "label.png").id}
        answer = httpx.post(f"{portal.webhook_url('operator', base)}{DOWNLOAD}", json=asked, trust_env=False)
        return str(answer.json()["result"]["downloadUrl"])

    @pytest.mark.parametrize("kind", ["cut", "drop"])
    def test_less_than_was_promised(self, portal: Portal, served: str, kind: Any) -> None:
        portal.faults.add(Fault(kind=kind, method="download"))
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(self.url(portal, served), headers=BROWSER, trust_env=False)

    def test_without_end(self, portal: Portal, served: str) -> None:
        portal.faults.add(Fault(kind="endless", method="download"))
        url = self.url(portal, served)
        with httpx.stream("GET", url, headers=BROWSER, trust_env=False) as answer:
            assert "content-length" not in answer.headers
            assert sum(len(piece) for _, piece in zip(range(200), answer.iter_raw(65_536), strict=False)) > 10_000_000

    def test_byte_by_byte(self, portal: Portal, served: str) -> None:
        portal.faults.add(Fault(kind="drip", method="download"))
        file_named(portal, "label.png").size = 100
        assert len(httpx.get(self.url(portal, served), headers=BROWSER, trust_env=False).content) == 100
