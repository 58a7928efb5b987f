"""What watchers ask, and what there is not: no token needed, nothing told, nobody bothered."""

from pathlib import Path

import pytest

from tests.transport.harness import Served, assert_quiet, make_callers, serving
from tests.transport.raw import ask, ask_raw, encoded, lines, mcp_headers, message
from tests.transport.watched_portal import WatchedPortal

PROBES = {"/healthz": b"alive\n", "/readyz": b"ready\n"}


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "evil.example"},
        {"Host": "10.0.0.7:8000"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Authorization": "Bearer wrong"},
    ],
)
def test_a_probe_is_answered_whatever_it_sends(
    path: str, headers: dict[str, str], served: Served, portal: WatchedPortal
) -> None:
    before = served.log
    answer = ask(served.port, path=path, headers=headers)
    assert (answer.status, answer.body) == (200, PROBES[path])
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.headers) - {"vary", "access-control-expose-headers"} == {
        "date",
        "cache-control",
        "content-length",
        "content-type",
    }
    assert portal.arrived == []
    assert served.log == before


@pytest.mark.parametrize("path", PROBES)
def test_an_old_and_simple_prober_is_answered_too(path: str, served: Served) -> None:
    assert ask_raw(served.port, lines(b"GET " + path.encode() + b" HTTP/1.0")).body == PROBES[path]
    head = ask(served.port, "HEAD", path)
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_a_probe_only_looks(path: str, method: str, served: Served) -> None:
    assert ask(served.port, method, path).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/healthz/",
        "/readyz/",
        "/healthz/x",
        "/mcp/x",
        "/sse/x",
        "/messages",
        "/docs",
        "/openapi.json",
        "/metrics",
        "/.env",
        "/.git/config",
        "/control/state",
        "/rest/1/x/profile",
        "/.well-known/oauth-protected-resource",
        "/.well-known/mcp.json",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_there_is_not_found(method: str, path: str, served: Served) -> None:
    answer = ask(served.port, method, path, {"Host": "evil.example"})
    assert answer.status == 404
    assert "location" not in answer.headers
    assert b"evil" not in answer.body


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/mcp"), ("DELETE", "/mcp"), ("PUT", "/mcp"), ("POST", "/sse"), ("HEAD", "/sse")]
)
def test_another_method_is_named_as_such(method: str, path: str, served: Served) -> None:
    """A client of streamable HTTP tries GET for a stream that this server has no use for, and goes on without."""
    answer = ask(served.port, method, path, served.bearer("first"))
    assert answer.status == 405
    assert "allow" in answer.headers


def test_nothing_says_what_runs_here(served: Served) -> None:
    for path in ("/healthz", "/nothing", "/mcp", "/sse"):
        answer = ask(served.port, path=path)
        assert "server" not in answer.headers
        assert "x-powered-by" not in answer.headers
        told = str(answer.headers).lower() + answer.text.lower()
        assert not any(name in told for name in ("uvicorn", "starlette", "python", "h11"))


def test_without_a_webhook_the_server_lives_and_is_not_ready(tmp_path: Path) -> None:
    """And the older transport alone has no /mcp."""
    file, tokens = make_callers(tmp_path, first=False)
    with serving(tmp_path, "--transport", "sse", tokens=tokens, BITRIX24_OPERATORS_FILE=str(file)) as served:
        assert ask(served.port).status == 200
        unready = ask(served.port, path="/readyz")
        assert (unready.status, unready.body) == (503, b"not ready\n")
        caller = served.bearer("first")
        assert ask(served.port, "POST", "/mcp", caller | mcp_headers(), encoded(message("ping"))).status == 404
        assert ask(served.port, path="/sse").status == 401
        served.stop()
        assert served.exit_code() == 0
    assert "Not ready: No webhook is configured. Set BITRIX24_WEBHOOK_URL" in served.log
    assert_quiet(served.log)
