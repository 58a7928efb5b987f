"""For which host and from which web page: what is let in, what is refused, and the line in the log that would fix it."""

import pytest

from bitrix24_dialogs.settings import SettingsError, load_settings
from tests.transport.harness import Served
from tests.transport.raw import Answer, ask, ask_raw, encoded, lines, mcp_headers, message

PING = encoded(message("ping"))


def ping(served: Served, **headers: str) -> Answer:
    return ask(served.port, "POST", "/mcp", served.bearer("first") | mcp_headers() | headers, PING)


def can_be_set(**setting: str) -> bool:
    try:
        load_settings(**setting)
    except SettingsError:
        return False
    return True


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "LOCALHOST:1",
        "127.0.0.1",
        "127.0.0.1:65535",
        "[::1]",
        "[::1]:8000",
        "mcp.example.com",
        "MCP.Example.COM",
        "mcp.example.com:443",
        "ported.example.com:8443",
    ],
)
def test_a_host_that_is_ours_is_served(host: str, served: Served) -> None:
    assert ping(served, Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.com",
        "evil.example.com:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.2",
        "10.0.0.1",
        "[::2]",
        "[::1].evil.example",
        "mcp.example.com.evil.example",
        "evil-mcp.example.com",
        "mcp.example.com.",
        "ported.example.com",
        "ported.example.com:8444",
        "ported.example.com:84433",
        "localhost@evil.example",
        "*",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/mcp", "/sse", "/messages/?session_id=0"])
def test_a_host_that_is_not_ours_is_refused_whoever_asks(host: str, path: str, served: Served) -> None:
    before = len(served.log)
    method = "GET" if path == "/sse" else "POST"
    answer = ask(served.port, method, path, served.bearer("first") | mcp_headers() | {"Host": host}, PING)
    assert answer.status == 421
    (line,) = served.log[before:].splitlines()
    assert f"Host {host or '(none)'} is not allowed" in line
    assert f"set BITRIX24_HTTP_ALLOWED_HOSTS={host if can_be_set(http_allowed_hosts=host) else '...'} " in line


def test_a_request_without_a_host_is_refused(served: Served) -> None:
    assert ask_raw(served.port, lines(b"POST /mcp HTTP/1.1", b"Content-Length: 0")).status == 400
    assert ask_raw(served.port, lines(b"POST /mcp HTTP/1.0", b"Content-Length: 0")).status == 421


def test_a_request_with_two_hosts_is_refused(served: Served) -> None:
    sent = lines(b"POST /mcp HTTP/1.1", b"Host: localhost", b"Host: evil.example", b"Content-Length: 0")
    assert ask_raw(served.port, sent).status == 400


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host"])
def test_no_other_header_stands_for_the_host(header: str, served: Served) -> None:
    forwarded = {header: "host=localhost" if header == "Forwarded" else "localhost"}
    assert ping(served, Host="evil.example", **forwarded).status == 421
    assert ping(served, **{header: "evil.example"}).status == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com",
        "HTTPS://App.Example.com",
        "http://localhost:3000",
        "http://127.0.0.1:6274",
        "http://[::1]:80",
        "http://localhost",
    ],
)
def test_a_page_that_is_allowed_is_served(origin: str, served: Served) -> None:
    assert ping(served, Origin=origin).status == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.com",
        "null",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "http://localhost.evil.example",
        "https://localhost",
        "file://",
        "chrome-extension://abcdefgh",
    ],
)
@pytest.mark.parametrize("path", ["/mcp", "/sse"])
def test_any_other_page_is_refused_token_or_not(origin: str, path: str, served: Served) -> None:
    before = len(served.log)
    method = "GET" if path == "/sse" else "POST"
    answer = ask(served.port, method, path, served.bearer("first") | mcp_headers() | {"Origin": origin}, PING)
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers
    (line,) = served.log[before:].splitlines()
    assert f"Origin {origin} is not allowed" in line
    assert f"set BITRIX24_HTTP_ALLOWED_ORIGINS={origin if can_be_set(http_allowed_origins=origin) else '...'} " in line


@pytest.mark.parametrize("header", ["Host", "Origin"])
@pytest.mark.parametrize(
    "value", ["$(reboot)", "a;reboot", "`reboot`", "a b", "a'b", "a|b", "a&b", "x\x1b[2Jy", "\u00ff\u0085z"]
)
def test_nothing_is_suggested_that_a_shell_would_run(header: str, value: str, served: Served) -> None:
    before = len(served.log)
    assert ping(served, **{header: value}).status in {400, 403, 421}
    (line,) = served.log[before:].splitlines()
    assert "=... " in line or "Invalid HTTP request" in line
    assert line.isprintable()


def preflight(served: Served, origin: str, path: str = "/mcp") -> Answer:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version,mcp-method,mcp-name",
    }
    return ask(served.port, "OPTIONS", path, headers)


def test_browsers_may_ask_from_configured_pages(served: Served) -> None:
    asked = preflight(served, "https://app.example.com")
    assert asked.status == 200
    assert asked.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "access-control-allow-credentials" not in asked.headers
    called = ping(served, Origin="https://app.example.com")
    assert called.headers["access-control-allow-origin"] == "https://app.example.com"
    refused = ask(served.port, "POST", "/mcp", {"Origin": "https://app.example.com"}, PING)
    assert refused.status == 401
    assert refused.headers["access-control-expose-headers"] == "WWW-Authenticate, Mcp-Session-Id"


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://localhost:3000"])
@pytest.mark.parametrize("path", ["/mcp", "/sse", "/healthz", "/nothing"])
def test_browsers_may_not_from_any_other(origin: str, path: str, served: Served) -> None:
    asked = preflight(served, origin, path)
    assert asked.status == 400
    assert "access-control-allow-origin" not in asked.headers
