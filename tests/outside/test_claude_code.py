"""Claude Code's own word on whether it can connect: ``claude mcp add``, then ``claude mcp list``."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.outside.serving import DEMO, PROGRAM, STDIO, Served, server
from tests.outside.tools import Ended, run

Claude = Callable[..., Ended]

CONNECTED = {"bitrix24-dialogs": "✔ Connected"}


@pytest.fixture
def claude(npm_tool: Callable[[str], list[str]], home: Path) -> Claude:
    """Run Claude Code once, as a person who has nothing but this."""
    program = npm_tool("claude")

    def claude_with(*arguments: str, **environment: str) -> Ended:
        return run([*program, *arguments], home, {"MCP_TIMEOUT": "120000", **environment})

    return claude_with


def states(claude: Claude, **environment: str) -> dict[str, str]:
    """What `claude mcp list` says of each server."""
    listed = claude("mcp", "list", **environment)
    assert listed.code == 0, str(listed)
    lines = [line for line in listed.stdout.splitlines() if ": " in line]
    return {line.partition(":")[0]: line.rpartition(" - ")[2] for line in lines}


@pytest.mark.parametrize("transport", ["stdio", "sse", "http"])
def test_a_server_that_is_added_is_connected(claude: Claude, http_server: Served, transport: str) -> None:
    if transport == "stdio":
        entries = [f"--env={name}={value}" for name, value in DEMO.items()]
        added = claude("mcp", "add", "bitrix24-dialogs", *entries, "--", *STDIO)
    else:
        url = http_server.sse if transport == "sse" else http_server.http
        added = claude("mcp", "add", "--transport", transport, "bitrix24-dialogs", url, "--header", http_server.header)
    assert added.code == 0, str(added)
    assert states(claude) == CONNECTED


@pytest.mark.parametrize("transport", ["sse", "http"])
def test_a_wrong_token_does_not_connect(claude: Claude, http_server: Served, transport: str) -> None:
    url = http_server.sse if transport == "sse" else http_server.http
    header = "Authorization: Bearer wrong"
    assert claude("mcp", "add", "--transport", transport, "bitrix24-dialogs", url, "--header", header).code == 0
    (state,) = states(claude).values()
    assert "Connected" not in state


def test_the_command_that_config_prints_starts_the_server(claude: Claude, home: Path) -> None:
    follow(claude, run([*PROGRAM, "config", "claude-code", "--demo"], home))
    assert states(claude) == CONNECTED


@pytest.mark.parametrize("transport", ["sse", "http"])
def test_the_command_that_config_prints_refers_to_a_token_that_is_kept_elsewhere(
    claude: Claude, http_server: Served, home: Path, transport: str
) -> None:
    printed = run(_config_for(http_server, transport), home, http_server.settings)
    assert http_server.token not in printed.stdout + printed.stderr
    follow(claude, printed)
    assert states(claude, BITRIX24_DIALOGS_TOKEN=http_server.token) == CONNECTED
    assert states(claude, BITRIX24_DIALOGS_TOKEN="wrong") != CONNECTED


@pytest.mark.parametrize("transport", ["sse", "http"])
@pytest.mark.parametrize("settings", [{}, {"BITRIX24_HTTP_ALLOW_ANONYMOUS": "true"}], ids=["own token", "anonymous"])
def test_the_command_that_config_prints_needs_nothing_else_on_this_machine(
    claude: Claude, home: Path, transport: str, settings: dict[str, str]
) -> None:
    with server(home, **settings) as served:
        follow(claude, run(_config_for(served, transport), home, served.settings))
        assert states(claude) == CONNECTED


def _config_for(served: Served, transport: str) -> list[str]:
    return [*PROGRAM, "config", "claude-code", "--transport", transport, "--url", served.base]


def follow(claude: Claude, printed: Ended) -> None:
    """Do what a person does with a printed command."""
    assert printed.code == 0, str(printed)
    program, *arguments = shlex.split(printed.stdout)
    assert program == "claude"
    done = claude(*arguments)
    assert done.code == 0, str(done)
