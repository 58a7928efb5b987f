"""Bodies: too large, no JSON, no message, in other clothes. Each gets its answer, and the log stays as it was."""

import json

import pytest

from tests.support import eventually
from tests.transport.harness import Served, held
from tests.transport.raw import (
    Answer,
    ask,
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

LARGEST = 1024 * 1024
MODERN_HEADERS = modern_call("dialog_get")[0]
ERAS = [mcp_headers(), MODERN_HEADERS]


def post(served: Served, headers: dict[str, str], body: bytes) -> Answer:
    return ask(served.port, "POST", "/mcp", headers | served.bearer("first"), body)


@pytest.mark.parametrize("path", ["/mcp", "/messages/?session_id=" + "0" * 32])
@pytest.mark.parametrize("size", [LARGEST + 1, 10**9, 10**15])
def test_a_body_that_is_declared_too_large_is_refused_unread(path: str, size: int, served: Served) -> None:
    before = len(served.log)
    with connection(served.port) as opened:
        declared = served.bearer("first") | mcp_headers() | {"Content-Length": str(size)}
        opened.send(request_bytes("POST", path, declared))
        answer = opened.answer()
        assert answer.status == 413
        assert answer.closed
        assert str(LARGEST) in answer.text
        assert opened.is_closed()
    assert "413" in served.log[before:]


@pytest.mark.parametrize("path", ["/mcp", "/messages/?session_id=" + "0" * 32])
def test_a_body_that_grows_too_large_is_refused_as_soon_as_it_does(path: str, served: Served) -> None:
    head = request_bytes("POST", path, served.bearer("first") | mcp_headers() | {"Transfer-Encoding": "chunked"})
    with connection(served.port) as opened:
        opened.send(head)
        for _ in range(LARGEST // 65536 + 1):
            opened.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
        assert opened.answer().status == 413
        assert opened.is_closed()


def test_the_largest_body_is_read(served: Served) -> None:
    ping = encoded(message("ping"))
    assert post(served, mcp_headers(), ping + b" " * (LARGEST - len(ping))).status == 200


@pytest.mark.parametrize("headers", ERAS)
def test_a_body_in_chunks_is_read(headers: dict[str, str], served: Served, portal: WatchedPortal) -> None:
    body = encoded(modern_call("dialog_get", chat_id=portal.chat_id)[1])
    chunks = b"".join(b"%x;note=1\r\n%s\r\n" % (1, body[place : place + 1]) for place in range(len(body)))
    head = request_bytes("POST", "/mcp", served.bearer("first") | headers | {"Transfer-Encoding": "chunked"})
    with connection(served.port) as opened:
        opened.send(head + chunks + b"0\r\n\r\n")
        assert '"isError":false' in opened.answer().text


EXPECTING = {"Expect": "100-continue"}


def test_a_client_that_asks_first_is_told_to_go_on(served: Served) -> None:
    ping = encoded(message("ping"))
    head = served.bearer("first") | mcp_headers() | EXPECTING | {"Content-Length": str(len(ping))}
    with connection(served.port) as opened:
        opened.send(request_bytes("POST", "/mcp", head))
        assert opened.read().startswith(b"HTTP/1.1 100 ")
        opened.send(ping)
        assert opened.answer().status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Length": "100"}, 401),
        ({"Content-Length": "100", "Host": "evil.example"}, 421),
        ({"Content-Length": str(10**9), "Authorization": "Bearer {token}"}, 413),
    ],
)
def test_a_client_that_asks_first_is_refused_first(headers: dict[str, str], status: int, served: Served) -> None:
    filled = {name: value.format(token=served.tokens["first"]) for name, value in headers.items()}
    with connection(served.port) as opened:
        opened.send(request_bytes("POST", "/mcp", mcp_headers() | EXPECTING | filled))
        assert opened.read().startswith(b"HTTP/1.1 %d " % status)


DEEP = 100_000
NONSENSE = [
    b"",
    b"{",
    b"nonsense",
    b"\xff\xfe\x00{",
    b'{"jsonrpc":"2.0","id":1,"method":"ping"',
    b'{"jsonrpc":"2.0","id":1,"method":"\xc3\x28"}',
    b"[" * DEEP,
    b"[" * DEEP + b"]" * DEEP,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"ping"}',
    b"\x1f\x8b\x08\x00" + b"\x00" * 100,
    b"null",
    b"1",
    b'"text"',
    b"[]",
    b"{}",
    b'{"jsonrpc":"1.0","id":1,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":1,"method":7}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}',
]


@pytest.mark.parametrize("headers", ERAS)
@pytest.mark.parametrize("body", NONSENSE)
def test_nonsense_is_refused_and_no_failure(headers: dict[str, str], body: bytes, served: Served) -> None:
    before = served.log
    answer = post(served, headers, body)
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["code"] in {-32700, -32600, -32602}
    assert served.log == before


@pytest.mark.parametrize("headers", ERAS)
def test_a_batch_is_refused_whole(headers: dict[str, str], served: Served, portal: WatchedPortal) -> None:
    calls = [tool_call("session_join", chat_id=portal.chat_id), message("ping", 2)]
    assert post(served, headers, encoded(calls)).status == 400
    assert portal.methods == []


@pytest.mark.parametrize("headers", ERAS)
@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""],
)
def test_another_content_type_is_refused(
    kind: str, headers: dict[str, str], served: Served, portal: WatchedPortal
) -> None:
    """What a form on a stranger's page can send among others."""
    body = encoded(modern_call("session_join", chat_id=portal.chat_id)[1])
    assert post(served, headers | {"Content-Type": kind}, body).status in {400, 415}
    assert portal.methods == []


@pytest.mark.parametrize(
    "arguments", [None, 7, "text", [1], {"chat_id": [[[[{}]]]]}, {"chat_id": {"a": "b" * 5000}}, {"x" * 5000: 1}]
)
@pytest.mark.parametrize("modern", [True, False])
def test_arguments_of_any_shape_are_the_callers_own_mistake(
    arguments: object, modern: bool, served: Served, portal: WatchedPortal
) -> None:
    headers, call = modern_call("dialog_get") if modern else (mcp_headers(), tool_call("dialog_get"))
    call["params"]["arguments"] = arguments
    answer = post(served, headers, encoded(call))
    assert answer.status in {200, 400}
    assert '"error"' in answer.text or '"isError":true' in answer.text
    assert "internal error" not in answer.text
    assert portal.methods == []


@pytest.mark.parametrize(
    "method",
    [
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
        "subscriptions/listen",
        "tools/delete",
        "",
        "__init__",
    ],
)
def test_a_method_that_is_not_there_is_not_found(method: str, served: Served) -> None:
    headers, call = modern_call("x")
    call["method"] = method
    modern = post(served, {**headers, "Mcp-Method": method}, encoded(call))
    legacy = post(served, mcp_headers(), encoded(message(method)))
    for answer in (modern, legacy):
        assert '"error"' in answer.text
        assert "-32603" not in answer.text  # internal error


def test_memory_does_not_grow_with_refused_bodies(served: Served) -> None:
    """Strangers push 30 megabytes at a time at the door; nothing of it is kept."""
    before = held(served).kilobytes
    for _ in range(5):
        with connection(served.port) as opened:
            opened.send(lines(b"POST /mcp HTTP/1.1", b"Host: localhost", b"Content-Length: 30000000"))
            assert opened.answer().status == 401
            opened.send(b" " * 30_000_000)
    eventually(lambda: held(served).kilobytes < before + 20_000)
