"""HTTP that is none, or can be read in two ways; and words of clients that try to be more than words."""

import pytest

from tests.transport.harness import Served
from tests.transport.raw import (
    ask,
    ask_raw,
    connection,
    encoded,
    lines,
    mcp_headers,
    message,
    modern_call,
    request_bytes,
    tool_call,
)
from tests.transport.watched_portal import WatchedPortal

PING = encoded(message("ping"))
SMUGGLED = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def answers_to(port: int, data: bytes) -> list[bytes]:
    """The status lines of whatever comes back, until the server closes the connection."""
    with connection(port) as opened:
        opened.send(data)
        received = b""
        while part := opened.read():
            received += part
    return [line for line in received.replace(b"HTTP/1.1", b"\nHTTP/1.1").split(b"\n") if line.startswith(b"HTTP/1.1")]


@pytest.mark.parametrize("path", [b"/mcp", b"/healthz", b"/sse", b"/messages/", b"/nothing"])
@pytest.mark.parametrize("order", [1, -1])
def test_two_lengths_are_refused(path: bytes, order: int, served: Served) -> None:
    """A proxy that believes the other one would take what follows for somebody else's request."""
    lengths = [b"Content-Length: %d" % len(SMUGGLED), b"Transfer-Encoding: chunked"][::order]
    token = f"Authorization: Bearer {served.tokens['first']}".encode()
    sent = lines(b"POST " + path + b" HTTP/1.1", b"Host: localhost", token, *lengths, body=b"0\r\n\r\n" + SMUGGLED)
    (only,) = answers_to(served.port, sent)
    assert only.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "length",
    [
        b"Content-Length: +5",
        b"Content-Length: -5",
        b"Content-Length: 5 5",
        b"Content-Length: 5, 6",
        b"Content-Length: 0x5",
        b"Content-Length: 5_0",
        b"Content-Length: 5.0",
        b"Content-Length: \xd9\xa5",
        b"Content-Length: ",
        b"Content-Length: " + b"9" * 30,
        b"Content-Length : 5",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: \x0bchunked",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    ],
)
def test_a_length_that_is_none_is_refused(length: bytes, served: Served) -> None:
    token = f"Authorization: Bearer {served.tokens['first']}".encode()
    sent = lines(b"POST /mcp HTTP/1.1", b"Host: localhost", token, length, body=b"12345" + SMUGGLED)
    (only,) = answers_to(served.port, sent)
    assert only.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 "))


@pytest.mark.parametrize(
    "chunk", [b"-1\r\nx", b"0x5\r\nhello", b"zzz\r\n", b"5 5\r\nhello", b"5\r\nhelloX\r\n", b"f" * 30 + b"\r\n"]
)
@pytest.mark.parametrize("token", [True, False])
def test_a_chunk_that_is_none_ends_the_connection(chunk: bytes, token: bool, served: Served) -> None:
    """Also where the request was refused already, and there is nothing left to say."""
    caller = served.bearer("first") if token else {}
    head = request_bytes("POST", "/mcp", caller | mcp_headers() | {"Transfer-Encoding": "chunked"})
    with connection(served.port) as opened:
        opened.send(head)
        if not token:
            assert opened.answer().status == 401
        opened.send(chunk + SMUGGLED)
        if token:
            assert opened.answer().status == 400
        assert opened.is_closed()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 60,  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 20,
        b"SSH-2.0-scanner\r\n\r\n",
        b"GET /\r\n\r\n",
        b"\x00" * 100 + b"\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_garbage_is_refused_in_one_line(garbage: bytes, served: Served) -> None:
    before = len(served.log)
    assert ask_raw(served.port, garbage).status in {400, 404}
    assert len(served.log[before:].splitlines()) <= 1


def test_a_websocket_is_not_opened_and_not_advertised(served: Served) -> None:
    before = len(served.log)
    wanted = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "x" * 22 + "==",
        "Sec-WebSocket-Version": "13",
    }
    assert ask(served.port, "GET", "/mcp", served.bearer("first") | wanted).status == 405
    assert served.log[before:] == ""


@pytest.mark.parametrize(
    "target",
    [b"http://evil.example/mcp", b"//evil.example/mcp", b"*", b"evil.example:443", b"/../mcp", b"/mcp;x", b"/MCP"],
)
@pytest.mark.parametrize("method", [b"POST", b"OPTIONS", b"CONNECT"])
def test_no_other_target_leads_anywhere(method: bytes, target: bytes, served: Served) -> None:
    token = f"Authorization: Bearer {served.tokens['first']}".encode()
    answer = ask_raw(served.port, lines(method + b" " + target + b" HTTP/1.1", b"Host: localhost", token))
    assert answer.status in {400, 404}
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "header", ["Mcp-Name", "Mcp-Method", "Origin", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Request-ID"]
)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\n ", "\u0085", "\u2028", "%0d%0a", "\x0b", "\x00"])
def test_nothing_breaks_out_of_a_header(header: str, end: str, served: Served, portal: WatchedPortal) -> None:
    before = len(served.log)
    headers, call = modern_call("nothing")
    value = f"x{end}Forged: line".encode()
    given = {**served.bearer("first"), **headers}
    given.pop(header, None)
    head = [b"POST /mcp HTTP/1.1", b"Host: localhost", *(f"{name}: {value}".encode() for name, value in given.items())]
    body = encoded(call)
    answer = ask_raw(
        served.port, lines(*head, header.encode() + b": " + value, b"Content-Length: %d" % len(body), body=body)
    )
    assert not any("forged" in name.lower() for name in answer.headers)
    assert_no_line_begins_with_forged(served.log[before:])
    assert portal.methods == []


@pytest.mark.parametrize(
    "path",
    [
        "/messages/%0d%0aForged:%20line",
        "/messages/%0aForged%00",
        "/messages/%e2%80%a8Forged",
        "/mcp%0d%0aForged:%20line",
        "/%0d%0aForged: line".replace(" ", "%20"),
        "/sse?x=%0d%0aForged",
    ],
)
def test_nothing_breaks_out_of_a_path(path: str, served: Served) -> None:
    before = len(served.log)
    answer = ask(served.port, "POST", path, mcp_headers(), PING)
    assert answer.status in {401, 404, 405}
    assert not any("forged" in name.lower() for name in answer.headers)
    assert "location" not in answer.headers
    assert_no_line_begins_with_forged(served.log[before:])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u0085", "\u2028", "\x0b", "\x1b[2J\x1b[H", "\u202e", "\ud800"])
def test_nothing_breaks_out_of_a_tools_name(end: str, served: Served, portal: WatchedPortal) -> None:
    before = len(served.log)
    name = f"x{end}Forged: line"
    for headers, call in ((mcp_headers(), tool_call(name)), modern_call(name)):
        headers.pop("Mcp-Name", None)
        answer = ask(served.port, "POST", "/mcp", headers | served.bearer("first"), encoded(call))
        assert '"error"' in answer.text
    assert_no_line_begins_with_forged(served.log[before:])
    assert served.log[before:].replace("\n", "").isprintable()
    assert portal.methods == []


def test_what_is_logged_of_a_request_is_short(served: Served) -> None:
    before = len(served.log)
    assert ask(served.port, "M" * 5000, "/messages/" + "p" * 5000).status == 401
    assert ask(served.port, "GET", "/sse", {"Host": "h" * 5000}).status == 421
    assert max(map(len, served.log[before:].splitlines())) < 600


def assert_no_line_begins_with_forged(log: str) -> None:
    assert all(line[:4].isdigit() for line in log.splitlines()), log
