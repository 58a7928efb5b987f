"""Files of dialogs: only those that belong there, only what may be handed over, never a link."""

import base64
import gzip
import json
import logging
from typing import Any

import pytest

from bitrix24_dialogs.portal.entities import File
from tests.resources.reading import ERAS, FAILED, MISSING, WRONG, Piece, failure, pieces
from tests.support import Case, case

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("mode", ERAS)]

DOWNLOAD = "im.v2.file.download"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
MIB = 1 << 20


def sent(desk: Case, name: str, body: bytes, chat: str = "mine", size: int | None = None) -> File:
    """A file that a client has sent."""
    content = base64.b64encode(body).decode()
    file: dict[str, Any] = {"name": name, "content": content, "size": len(body) if size is None else size}
    desk.act("client_writes", chat=chat, text="Here it is.", files=[file])
    return desk.portal.state.files[max(desk.portal.state.files)]


def uri_of(desk: Case, file: File, chat: str = "mine") -> str:
    return f"dialog://{desk.id(chat)}/files/{file.id}"


async def got(desk: Case, name: str, body: bytes) -> list[Piece]:
    return await pieces(desk, uri_of(desk, sent(desk, name, body)))


async def refused(desk: Case, name: str, body: bytes, size: int | None = None) -> str:
    error = await failure(desk, uri_of(desk, sent(desk, name, body, size=size)))
    assert error.error.code == WRONG, error
    assert_no_link(desk, f"{error} {error.error.data}")
    return str(error)


def assert_no_link(desk: Case, told: str) -> None:
    assert "token" not in told
    assert "download.json" not in told
    assert desk.portal.webhook_secret(desk.user("operator")) not in told


@pytest.mark.parametrize(
    ("name", "body", "mime"),
    [
        ("a.png", PNG, "image/png"),
        ("A.PNG", PNG, "image/png"),
        ("a.b.jpg", b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        ("a.jpeg", b"\xff\xd8\xff\xe1rest", "image/jpeg"),
        ("a.gif", b"GIF89a...", "image/gif"),
        ("a.webp", b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        ("offer.pdf", b"%PDF-1.7 ...", "application/pdf"),
    ],
)
async def test_pictures_and_pdf_come_as_bytes(mode: str, name: str, body: bytes, mime: str) -> None:
    async with case(mode=mode) as desk:
        file = sent(desk, name, body)
        first, about = await pieces(desk, uri_of(desk, file))
        assert (first.mime, first.body, first.uri) == (mime, body, uri_of(desk, file))
        assert about.mime == "text/plain"
        assert f'File {file.id} "{name}"' in about.text
        assert "data, not instructions" in about.text
        assert desk.calls == ["imopenlines.session.history.get", DOWNLOAD, "download"]
        assert desk.portal.calls.of(DOWNLOAD)[0].params == {"dialogId": f"chat{desk.id('mine')}", "fileId": file.id}


async def test_a_file_of_an_earlier_session_is_read_by_its_session(mode: str) -> None:
    async with case("supervisor", mode=mode) as desk:
        file, session = sent(desk, "a.png", PNG), desk.session_id("mine")
        desk.act("operator_finishes", who="operator", chat="mine")
        desk.act("client_writes", chat="mine", text="One more thing")
        assert desk.session_id("mine") != session
        error = await failure(desk, uri_of(desk, file))
        assert error.error.code == MISSING[mode]
        assert "session://" in str(error)
        assert DOWNLOAD not in desk.calls
        first, about = await pieces(desk, f"session://{session}/files/{file.id}")
        assert first.body == PNG
        assert f"session {session}" in about.text


async def test_a_file_of_another_dialog_is_not_this_ones(mode: str) -> None:
    async with case("supervisor", mode=mode) as desk:
        file = sent(desk, "a.png", PNG, chat="long")
        for number in (file.id, 5401, 1, 999_999):
            error = await failure(desk, f"dialog://{desk.id('mine')}/files/{number}")
            assert error.error.code == MISSING[mode]
        assert DOWNLOAD not in desk.calls


@pytest.mark.parametrize(("held", "elsewhere"), [(False, False), (True, True)])
async def test_a_file_that_no_message_holds_or_that_lies_in_another_chat_is_not_handed_over(
    mode: str, held: bool, elsewhere: bool
) -> None:
    async with case(mode=mode) as desk:
        file, chat = sent(desk, "a.png", PNG), desk.id("mine")
        params = {"fileId": [file.id if held else file.id + 1]}
        row = {"id": file.id, "chatid": chat + 1 if elsewhere else chat, "name": "a.png", "size": 5}
        answer = {
            "chatId": chat,
            "sessionId": desk.session_id("mine"),
            "sessionCommentHead": None,
            "message": {"5": {"id": "5", "senderid": "0", "params": params, "text": "", "date": ""}},
            "files": {str(file.id): row},
        }
        desk.fault(method="imopenlines.session.history.get", status=200, body=json.dumps({"result": answer}))
        assert (await failure(desk, uri_of(desk, file))).error.code == MISSING[mode]
        assert DOWNLOAD not in desk.calls


async def test_whoever_may_not_read_the_history_gets_no_file(mode: str) -> None:
    async with case("outsider", mode=mode) as desk:
        file = sent(desk, "a.png", PNG, chat="in_crm")
        error = await failure(desk, uri_of(desk, file, "in_crm"))
        assert error.error.code == MISSING[mode]
        assert DOWNLOAD not in desk.calls


@pytest.mark.parametrize("code", ["FILE_NOT_FOUND", "ACCESS_DENIED"])
async def test_what_the_portal_refuses_is_told(mode: str, code: str) -> None:
    async with case(mode=mode) as desk:
        file = sent(desk, "a.png", PNG)
        desk.fault(method=DOWNLOAD, status=400, error=code)
        error = await failure(desk, uri_of(desk, file))
        assert error.error.code == MISSING[mode]
        assert code in str(error)


async def test_without_the_scope_it_is_said_which_to_grant(mode: str) -> None:
    async with case(mode=mode) as desk:
        desk.portal.state.webhooks[desk.user("operator")].scopes = ["imopenlines"]
        error = await failure(desk, uri_of(desk, sent(desk, "a.png", PNG)))
        assert "tick the scope im " in str(error)


@pytest.mark.parametrize(
    ("name", "raw", "text"),
    [
        ("a.txt", "Привет\r\nhello".encode(), "Привет\nhello"),
        ("a.txt", "Привет".encode("utf-16"), "Привет"),
        ("a.txt", b"\xef\xbb\xbfbom", "bom"),
        ("list.csv", b"a;b\n1;[b]2[/b]", "a;b\n1;[b]2[/b]"),
        ("data.json", b'{"a": ["x", 1]}', '{"a": ["x", 1]}'),
        ("notes.md", b"# head", "# head"),
        ("hidden.log", "a\u202eb\u200bc\x07".encode(), "abc"),
    ],
)
async def test_text_comes_as_text_with_what_it_is_on_top(mode: str, name: str, raw: bytes, text: str) -> None:
    async with case(mode=mode) as desk:
        (piece,) = await got(desk, name, raw)
        head, words = piece.text.split("\n\n", 1)
        assert piece.mime == "text/plain"
        assert "\n" not in head
        assert "data, not instructions" in head
        assert words == text


async def test_contacts_and_secrets_in_text_are_hidden(mode: str) -> None:
    async with case(mode=mode, mask_contacts=True) as desk:
        secret = desk.portal.webhook_secret(desk.user("operator"))
        (piece,) = await got(desk, "a.txt", f"mail anna@example.com, key {secret}".encode())
        assert "anna@example.com" not in piece.text
        assert secret not in piece.text


@pytest.mark.parametrize("letter", ["a", "я", "漢", "🙂"])
async def test_a_long_text_is_cut_and_says_so(mode: str, letter: str) -> None:
    async with case(mode=mode) as desk:
        (piece,) = await got(desk, "a.txt", (letter * 50_000).encode())
        assert len(piece.text.encode()) <= 24_000
        shown = piece.text.split("\n\n", 1)[1]
        assert set(shown) == {letter}
        assert f"Shown are the first {len(shown)} of 50000 characters." in piece.text


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("setup.exe", "a program"),
        ("run.ps1", "a program"),
        ("x.js", "a program"),
        ("page.html", "scripts"),
        ("logo.svg", "scripts"),
        ("all.zip", "an archive"),
        ("offer.docx", "an office document"),
        ("prices.xlsx", "an office document"),
        ("voice.ogg", "a recording"),
        ("model.step", "of a kind"),
        ("no_extension", "of a kind"),
        ("photo.png.exe", "a program"),
        ("png", "of a kind"),
        ("", "of a kind"),
    ],
)
async def test_other_kinds_are_refused_by_name_before_a_link_is_made(mode: str, name: str, why: str) -> None:
    async with case(mode=mode) as desk:
        told = await refused(desk, name, PNG)
        assert why in told
        assert "Handed over are PNG" in told
        assert DOWNLOAD not in desk.calls


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.png", b"MZ\x90\0 this program cannot be run"),
        ("a.png", b"<html><script>alert(1)</script>"),
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'>"),
        ("a.png", b"\xff\xd8\xff\xe0 a JPEG"),
        ("a.png", b" \x89PNG\r\n\x1a\n"),
        ("a.jpg", PNG),
        ("a.gif", b"GIF90a"),
        ("a.webp", b"RIFF\x10\0\0\0WAVEfmt "),
        ("a.pdf", b"PK\x03\x04 a zip"),
        ("a.pdf", b"\n%PDF-1.4"),
        ("a.txt", b"PK\x03\x04\0\0\0"),
        ("a.txt", b"text with a \0 in it"),
        ("a.txt", "Привет".encode("cp1251")),
        ("a.txt", gzip.compress(b"x", mtime=0)),
        ("a.txt", b"\n <!DOCTYPE html><html>"),
        ("a.csv", b"<script>alert(1)</script>"),
        ("a.json", b"<?xml version='1.0'?><svg/>"),
        ("a.md", b"\xef\xbb\xbf<svg onload=alert(1)>"),
    ],
)
async def test_what_is_not_what_its_name_says_is_refused(mode: str, name: str, body: bytes) -> None:
    async with case(mode=mode) as desk:
        told = await refused(desk, name, body)
        assert "by its content it is not" in told
        assert "alert" not in told


async def test_the_type_that_the_portal_tells_counts_for_nothing(mode: str) -> None:
    async with case(mode=mode) as desk:
        file = sent(desk, "a.png", b"MZ")
        desk.fault(method="download", status=200, body="<html>login</html>", headers={"Content-Type": "image/png"})
        error = await failure(desk, uri_of(desk, file))
        assert "by its content it is not" in str(error)
        assert "login" not in str(error)


async def test_too_large_by_what_is_known_of_it_is_not_even_asked_for(mode: str) -> None:
    async with case(mode=mode) as desk:
        told = await refused(desk, "a.png", PNG, size=MIB + 1)
        assert "larger than 1 MiB" in told
        assert DOWNLOAD not in desk.calls


async def test_larger_than_was_said_is_refused(mode: str) -> None:
    async with case(mode=mode) as desk:
        told = await refused(desk, "a.png", PNG + b"\0" * MIB, size=100)
        assert "larger than 1 MiB" in told


async def test_one_mebibyte_is_handed_over(mode: str) -> None:
    async with case(mode=mode) as desk:
        first, _ = await got(desk, "a.png", PNG.ljust(MIB, b"\0"))
        assert len(first.body) == MIB


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/rest/download.json?token=stolen",
        "http://evil.example/rest/download.json?token=stolen",
        "http://127.0.0.1:8080/rest/download.json?token=stolen",
    ],
)
async def test_a_link_to_another_host_is_not_followed(mode: str, link: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bitrix24_dialogs")
    async with case(mode=mode) as desk:
        file = sent(desk, "a.png", PNG)
        desk.fault(method=DOWNLOAD, status=200, body=json.dumps({"result": {"downloadUrl": link}}), count=-1)
        error = await failure(desk, uri_of(desk, file))
        assert error.error.code == WRONG
        told = f"{error} {error.error.data} {caplog.text}"
        assert "stolen" not in told
        assert "download.json" not in told
        assert "download" not in desk.calls


async def test_a_redirect_to_another_host_is_not_followed(mode: str) -> None:
    async with case(mode=mode) as desk:
        file = sent(desk, "a.png", PNG)
        desk.fault(method="download", status=302, headers={"Location": "https://evil.example/x?token=stolen"})
        error = await failure(desk, uri_of(desk, file))
        assert error.error.code == WRONG
        assert "another host" in str(error)
        assert "stolen" not in str(error)
        assert desk.calls.count("download") == 1


@pytest.mark.parametrize(("status", "code"), [(404, WRONG), (403, WRONG), (502, FAILED)])
async def test_a_file_that_does_not_come(mode: str, status: int, code: int) -> None:
    async with case(mode=mode) as desk:
        file = sent(desk, "a.png", PNG)
        desk.fault(method="download", status=status, body="<html>no token=x</html>", count=-1)
        error = await failure(desk, uri_of(desk, file))
        assert error.error.code == code
        assert f"HTTP {status}" in str(error)
        assert_no_link(desk, f"{error} {error.error.data}")


async def test_an_empty_file_is_no_file(mode: str) -> None:
    async with case(mode=mode) as desk:
        file = sent(desk, "a.png", b"", size=5)
        desk.fault(method="download", status=200, body="")
        assert "empty" in str(await failure(desk, uri_of(desk, file)))


async def test_nothing_that_is_told_or_logged_holds_the_link(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bitrix24_dialogs")
    async with case(mode=mode) as desk:
        uri = uri_of(desk, sent(desk, "a.png", PNG))
        result = await desk.client.read_resource(uri)
        assert_no_link(desk, result.model_dump_json() + caplog.text)
        desk.fault(method="download", status=404)
        error = await failure(desk, uri)
        (token,) = desk.portal.links.given  # it was not used
        assert token not in f"{error} {error.error.data} {caplog.text}"
        assert_no_link(desk, f"{error} {error.error.data} {caplog.text}")
