"""``config CLIENT --transport http`` and ``sse``: what a client gets, and whose token is in it."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from bitrix24_dialogs.callers.admission import own_token, own_token_file
from bitrix24_dialogs.callers.caller import new_token
from bitrix24_dialogs.callers.operators import add_caller
from tests.cli.conftest import Done, Run

CLIENTS = ["claude-code", "cursor", "vscode"]
TRANSPORTS = ["http", "sse"]
PATHS = {"http": "/mcp", "sse": "/sse"}
ELSEWHERE = "https://mcp.example.com"
REFERENCES = {
    "claude-code": "${BITRIX24_DIALOGS_TOKEN}",
    "cursor": "${env:BITRIX24_DIALOGS_TOKEN}",
    "vscode": "${input:bitrix24-dialogs-token}",
}
ASKED = {
    "type": "promptString",
    "id": "bitrix24-dialogs-token",
    "description": "Your token for the Bitrix24 dialogs server",
    "password": True,
}


def document(client: str, done: Done) -> dict[str, Any]:
    """The JSON that the client reads."""
    assert done.returncode == 0, done.stderr
    if client != "claude-code":
        return dict(json.loads(done.stdout))
    *command, entry, scope, user = shlex.split(done.stdout)
    assert [*command, scope, user] == ["claude", "mcp", "add-json", "bitrix24-dialogs", "--scope", "user"]
    return {"mcpServers": {"bitrix24-dialogs": json.loads(entry)}}


def expected(client: str, transport: str, address: str, token: str | None) -> dict[str, Any]:
    """What the handbooks of the clients want."""
    headers = {"headers": {"Authorization": f"Bearer {token}"}} if token else {}
    if client == "cursor":
        return {"mcpServers": {"bitrix24-dialogs": {"url": address, **headers}}}
    entry = {"type": transport, "url": address, **headers}
    if client == "claude-code":
        return {"mcpServers": {"bitrix24-dialogs": entry}}
    inputs = {"inputs": [ASKED]} if token == REFERENCES["vscode"] else {}
    return {**inputs, "servers": {"bitrix24-dialogs": entry}}


def entry_of(client: str, done: Done) -> dict[str, Any]:
    found = document(client, done)
    (entry,) = (found.get("mcpServers") or found["servers"]).values()
    return dict(entry)


def bearer(client: str, done: Done) -> str | None:
    """The token, or the reference to it, that the client would send."""
    header = entry_of(client, done).get("headers", {}).get("Authorization")
    return header.removeprefix("Bearer ") if header else None


def refused(done: Done) -> str:
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line.removeprefix("bitrix24-dialogs-mcp: ")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("client", CLIENTS)
def test_on_this_machine_the_client_gets_this_machines_token(
    run_here: Run, client: str, transport: str, data: Path
) -> None:
    done = run_here("config", client, "--transport", transport)
    address = f"http://127.0.0.1:8000{PATHS[transport]}"
    assert document(client, done) == expected(client, transport, address, own_token())
    assert "It holds this machine's token: keep it to yourself." in done.stderr
    assert own_token() not in done.stderr
    assert run_here("config", client, "--transport", transport) == done
    assert own_token_file().stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("client", CLIENTS)
def test_elsewhere_the_client_refers_to_its_users_token(run_here: Run, client: str, transport: str, data: Path) -> None:
    done = run_here("config", client, "--transport", transport, "--url", ELSEWHERE)
    assert document(client, done) == expected(client, transport, ELSEWHERE + PATHS[transport], REFERENCES[client])
    assert ("VS Code asks for the token." if client == "vscode" else "BITRIX24_DIALOGS_TOKEN") in done.stderr
    assert not data.exists()


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9000", "http://localhost", "http://LOCALHOST:1", "http://[::1]:8000", "https://127.0.0.2/x/mcp"],
)
def test_whatever_this_machine_is_called_its_token_is_right(run_here: Run, url: str, data: Path) -> None:
    assert bearer("cursor", run_here("config", "cursor", "--transport", "http", "--url", url)) == own_token()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://example.com/127.0.0.1",
        "http://example.com/@127.0.0.1",
        "http://127.0.0.1e",
        "http://0.0.0.0:8000",
        "http://[::]:8000",
        "http://[::ffff:192.0.2.1]",
        "http://2130706433",
        "http://１27.0.0.1",
    ],
)
def test_this_machines_token_goes_to_no_other(run_here: Run, url: str, data: Path) -> None:
    token = own_token()
    done = run_here("config", "cursor", "--transport", "http", "--url", url)
    assert bearer("cursor", done) == REFERENCES["cursor"]
    assert token not in done.stdout + done.stderr


@pytest.mark.parametrize("client", CLIENTS)
def test_where_callers_have_tokens_of_their_own_the_client_refers_to_it(
    run_here: Run, client: str, data: Path, tmp_path: Path
) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(new_token())
    callers = tmp_path / "callers.toml"
    for settings in (
        {"BITRIX24_HTTP_TOKEN_FILE": str(token_file)},
        {"BITRIX24_OPERATORS_FILE": str(callers)},
        {},
    ):
        if not settings:
            add_caller(data / "operators.toml", "anna", read_only=False)
        done = run_here("config", client, "--transport", "http", **settings)
        assert bearer(client, done) == REFERENCES[client]
        assert token_file.read_text() not in done.stdout
    assert not own_token_file().exists()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("client", CLIENTS)
def test_where_no_token_is_asked_for_the_client_sends_none(
    run_here: Run, client: str, transport: str, data: Path
) -> None:
    done = run_here("config", client, "--transport", transport, BITRIX24_HTTP_ALLOW_ANONYMOUS="on")
    assert document(client, done) == expected(client, transport, f"http://127.0.0.1:8000{PATHS[transport]}", None)
    assert "No token is asked for." in done.stderr
    assert not data.exists()
    far = run_here("config", client, "--transport", transport, "--url", ELSEWHERE, BITRIX24_HTTP_ALLOW_ANONYMOUS="on")
    assert bearer(client, far) == REFERENCES[client]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://mcp.example.com", "https://mcp.example.com"),
        ("https://mcp.example.com/", "https://mcp.example.com"),
        ("https://mcp.example.com{path}", "https://mcp.example.com"),
        ("https://mcp.example.com{path}/", "https://mcp.example.com"),
        ("https://example.com/team/bitrix24", "https://example.com/team/bitrix24"),
        ("https://example.com/team{path}/", "https://example.com/team"),
        ("https://example.com/not-the{path}x", "https://example.com/not-the{path}x"),
        ("http://mcp.example.com:8443", "http://mcp.example.com:8443"),
        ("http://[2001:db8::1]:8000", "http://[2001:db8::1]:8000"),
        ("https://мост.example", "https://мост.example"),
    ],
)
def test_an_address_may_have_the_path_or_not(run_here: Run, transport: str, url: str, address: str, data: Path) -> None:
    path = PATHS[transport]
    for client in CLIENTS:
        done = run_here("config", client, "--transport", transport, "--url", url.format(path=path))
        assert entry_of(client, done)["url"] == address.format(path=path) + path


@pytest.mark.parametrize(
    "url",
    [
        "mcp.example.com",
        "127.0.0.1:8000",
        "/mcp",
        "ftp://mcp.example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///mcp",
        "https://anna:{secret}@mcp.example.com",
        "https://{secret}@mcp.example.com",
        "https://mcp.example.com/mcp?token={secret}",
        "https://mcp.example.com/mcp#{secret}",
        "https://mcp.example.com?",
        "https://portal.example/rest/7/{secret}/",
        "https://mcp.example.com/a b",
        " https://mcp.example.com",
        "https://mcp.example.com\n",
        "https://mcp.example.com/\x1b[31m",
        "https://mcp.example.com/\udcff",
        "https://mcp.example.com/\u202e",
        "https://mcp.example.com:port",
        "https://mcp.example.com:123456",
        "https://mcp\\.example.com",
        "https://[",
        "https://[::1",
        "https://[mcp.example.com]",
        "https://a℀b.example",
        "https://*.example.com",
    ],
)
def test_what_is_no_address_of_a_server_is_refused_without_repeating_it(run_here: Run, url: str, data: Path) -> None:
    line = refused(run_here("config", "cursor", "--transport", "http", "--url", url.format(secret=new_token())))
    assert line == "--url: expected the address of this server, such as https://mcp.example.com"
    assert not data.exists()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("url", [[], ["--url", ELSEWHERE]])
def test_claude_desktop_is_told_what_it_can_do_instead(
    run_here: Run, transport: str, url: list[str], data: Path
) -> None:
    line = refused(run_here("config", "claude-desktop", "--transport", transport, *url))
    assert line == (
        "Claude Desktop sends no token to an address. Let it start a server of its own instead; what it needs for that:"
        " bitrix24-dialogs-mcp config claude-desktop"
    )
    assert run_here("config", "claude-desktop").returncode == 0
    assert not data.exists()


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("url", [[], ["--url", ELSEWHERE]])
def test_a_client_that_connects_learns_nothing_of_the_webhook(
    run_here: Run, client: str, url: list[str], data: Path, tmp_path: Path
) -> None:
    secret = new_token()
    webhook = f"https://portal.example/rest/7/{secret}/"
    kept = tmp_path / "webhook"
    kept.write_text(webhook)
    for settings in ({"BITRIX24_WEBHOOK_URL": webhook}, {"BITRIX24_WEBHOOK_URL_FILE": str(kept)}):
        done = run_here("config", client, "--transport", "http", *url, **settings)
        assert done.returncode == 0
        for word in (secret, "WEBHOOK", "webhook", str(kept)):
            assert word not in done.stdout + done.stderr


def test_a_token_that_cannot_be_kept_is_one_line(run_here: Run, data: Path) -> None:
    data.parent.mkdir(parents=True)
    data.touch()
    assert "A token cannot be kept in" in refused(run_here("config", "cursor", "--transport", "http"))
    assert run_here("config", "cursor", "--transport", "http", "--url", ELSEWHERE).returncode == 0


# Standard input


@pytest.mark.parametrize("client", [*CLIENTS, "claude-desktop"])
def test_a_client_that_starts_the_server_gets_what_it_always_got(run_here: Run, client: str, data: Path) -> None:
    plain = run_here("config", client)
    assert run_here("config", client, "--transport", "stdio") == plain
    entry = entry_of(client, plain)
    assert entry["args"] == ["-m", "bitrix24_dialogs"]
    assert not {"url", "headers"} & set(entry)
    assert entry.get("type", "stdio") == "stdio"
    assert not data.exists()


@pytest.mark.parametrize("transport", [[], ["--transport", "stdio"]])
def test_an_address_means_nothing_to_a_client_that_starts_the_server(run_here: Run, transport: list[str]) -> None:
    assert (
        refused(run_here("config", "cursor", *transport, "--url", ELSEWHERE)) == "--url is for --transport http or sse"
    )
