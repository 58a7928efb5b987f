"""Who may call: tokens, and what becomes of those that are none."""

import base64
import re

import pytest

from tests.transport.harness import Served
from tests.transport.raw import (
    Answer,
    ask,
    ask_raw,
    connection,
    encoded,
    event_stream,
    introduce,
    lines,
    mcp_headers,
    message,
    modern_call,
    request_bytes,
    say,
    tool_call,
)
from tests.transport.watched_portal import WatchedPortal

PING = encoded(message("ping"))
DOORS = [("POST", "/mcp"), ("GET", "/sse"), ("POST", "/messages/?session_id=" + "0" * 32), ("DELETE", "/messages/")]


def ping(served: Served, **headers: str) -> Answer:
    return ask(served.port, "POST", "/mcp", mcp_headers() | headers, PING)


def ping_raw(served: Served, *authorization: bytes) -> Answer:
    head = [b"POST /mcp HTTP/1.1", b"Host: localhost", b"Content-Length: %d" % len(PING), *authorization]
    head += [f"{name}: {value}".encode() for name, value in mcp_headers().items()]
    return ask_raw(served.port, lines(*head, body=PING))


@pytest.mark.parametrize("caller", ["first", "reader", "last"])
def test_everybody_in_the_file_is_known(caller: str, served: Served) -> None:
    assert ping(served, **served.bearer(caller)).status == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_knows_no_case(scheme: str, served: Served) -> None:
    assert ping(served, Authorization=f"{scheme} {served.tokens['first']}").status == 200


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_without_a_token_the_answer_says_only_what_is_wanted(method: str, path: str, served: Served) -> None:
    """RFC 6750, 3.1: no error code for who has shown nothing."""
    answer = ask(served.port, method, path, mcp_headers(), PING)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="bitrix24-dialogs-mcp"'
    assert "Authorization: Bearer TOKEN" in answer.text


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_a_wrong_token_is_called_invalid(method: str, path: str, served: Served) -> None:
    answer = ask(served.port, method, path, {"Authorization": "Bearer wrong"}, PING)
    assert answer.status == 401
    challenge = re.fullmatch(
        r'Bearer realm="[^"]+", error="invalid_token", error_description="[^"]+"', answer.headers["www-authenticate"]
    )
    assert challenge


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer\t",
        "Basic {basic}",
        "Token {token}",
        "{token}",
        "Bearer={token}",
        "Bearer:{token}",
        "DPoP {token}",
    ],
)
def test_what_is_no_bearer_token_counts_as_none(shown: str, served: Served) -> None:
    token = served.tokens["first"]
    basic = base64.b64encode(f"first:{token}".encode()).decode()
    answer = ping(served, Authorization=shown.format(token=token, basic=basic))
    assert answer.status == 401
    assert "error=" not in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: token[1:],
        lambda token: token + "A",
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.swapcase(),
        lambda token: f"b24d_{token}",
        lambda token: f"{token} {token}",
        lambda token: f"{token},{token}",
        lambda token: f'"{token}"',
        lambda token: token + "\u00e9",
        lambda token: token + "%00",
        lambda token: "first",
        lambda token: "*",
    ],
)
@pytest.mark.parametrize("caller", ["first", "last"])
def test_what_is_nearly_a_token_is_none(caller: str, change: object, served: Served) -> None:
    assert callable(change)
    assert ping(served, Authorization=f"Bearer {change(served.tokens[caller])}").status == 401


def test_the_stored_hash_is_no_token(served: Served) -> None:
    stored = (served.log_file.parent / "operators.toml").read_text()
    hashes = re.findall(r"[0-9a-f]{64}", stored)
    assert len(hashes) == 3
    for value in hashes:
        assert ping(served, Authorization=f"Bearer {value}").status == 401
    assert not any(token in stored for token in served.tokens.values())


def test_two_proofs_are_none(served: Served) -> None:
    """A proxy that looks at one of them must not let the other one in."""
    good, bad = f"Authorization: Bearer {served.tokens['first']}".encode(), b"Authorization: Bearer wrong"
    assert ping_raw(served, good).status == 200
    for both in ((good, bad), (bad, good), (good, good), (good, b"Authorization: Basic Zm9vOmJhcg==")):
        assert ping_raw(served, *both).status == 401


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_a_giant_token_is_refused(size: int, served: Served) -> None:
    assert ping_raw(served, b"Authorization: Bearer " + b"x" * size).status in {400, 401}
    assert ping(served, **served.bearer("first")).status == 200


@pytest.mark.parametrize("token", [b"\xff\xfe\xfd", "токен".encode(), "\u202e".encode(), b"\x80" * 64])
def test_a_token_of_other_bytes_is_refused(token: bytes, served: Served) -> None:
    assert ping_raw(served, b"Authorization: Bearer " + token).status == 401


@pytest.mark.parametrize("name", ["token", "access_token", "authorization", "api_key", "bearer"])
@pytest.mark.parametrize(("method", "path"), DOORS)
def test_a_token_in_the_address_is_not_accepted(name: str, method: str, path: str, served: Served) -> None:
    """Addresses are kept in logs and histories."""
    before = len(served.log)
    token = served.tokens["first"]
    joined = f"{path}{'&' if '?' in path else '?'}{name}={token}"
    assert ask(served.port, method, joined, mcp_headers(), PING).status == 401
    assert token not in served.log[before:]


@pytest.mark.parametrize(
    "header", ["X-Authorization", "X-Api-Key", "Proxy-Authorization", "Cookie", "X-Forwarded-User", "X-Caller"]
)
def test_no_other_header_lets_anybody_in(header: str, served: Served) -> None:
    for value in (
        f"Bearer {served.tokens['first']}",
        served.tokens["first"],
        "first",
        f"token={served.tokens['first']}",
    ):
        assert ping(served, **{header: value}).status == 401


def test_a_token_in_the_body_or_behind_it_is_not_accepted(served: Served) -> None:
    proof = f"Authorization: Bearer {served.tokens['first']}".encode()
    head = request_bytes("POST", "/mcp", mcp_headers() | {"Transfer-Encoding": "chunked"}).replace(
        b"Content-Length: 0\r\n", b""
    )
    chunks = b"%x\r\n%s\r\n0\r\n%s\r\n\r\n" % (len(PING), PING, proof)
    assert ask_raw(served.port, head + chunks).status == 401


def test_each_request_on_a_connection_needs_its_own_token(served: Served) -> None:
    with connection(served.port) as opened:
        for _ in range(2):
            opened.send(request_bytes("POST", "/mcp", served.bearer("first") | mcp_headers(), PING))
            opened.send(request_bytes("POST", "/mcp", mcp_headers(), PING))
            assert opened.answer().status == 200
            assert opened.answer().status == 401


def test_a_token_goes_nowhere(served: Served, portal: WatchedPortal) -> None:
    """Neither into a log, at any level, nor to the portal, nor into an answer."""
    before = len(served.log)
    wrong = served.tokens["first"][:-4] + "zzzz"
    caller = served.bearer("first")
    headers, call = modern_call("session_join", chat_id=portal.chat_id)
    answers = [
        ask(served.port, "POST", "/mcp", headers | caller | {"Cookie": "kept=secret-cookie"}, encoded(call)).text,
        ask(served.port, "POST", "/mcp", mcp_headers() | caller, encoded(tool_call("nothing"))).text,
        ask(served.port, "POST", "/mcp", mcp_headers() | caller, b"{").text,
        ask(served.port, "POST", "/mcp", mcp_headers() | {"Authorization": f"Bearer {wrong}"}, PING).text,
        ask(served.port, "POST", "/nowhere", caller, PING).text,
    ]
    with event_stream(served.port, caller) as stream:
        answers.append(str(introduce(served.port, stream, caller)))
        say(served.port, stream, caller, tool_call("dialog_get", chat_id=portal.chat_id))
        answers.append(str(stream.answer()))
    assert "joined" in answers[0]
    assert len(portal.arrived) >= 4
    everywhere = served.log[before:] + str(portal.arrived) + "".join(answers)
    for secret in (served.tokens["first"], wrong, "secret-cookie"):
        assert secret not in everywhere
    assert "uthorization" not in str(portal.arrived)
