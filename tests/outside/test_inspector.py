"""The MCP Inspector's command line, over each transport and in each era of the protocol."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.outside.serving import DEMO, STDIO, Served
from tests.outside.tools import Ended, run
from tests.support import DEFAULT_TOOLS

Inspect = Callable[..., Ended]

TRANSPORTS = ["stdio", "sse", "http"]
_REFUSED = 3

pytestmark = pytest.mark.parametrize("era", ["legacy", "auto", "modern"])


@pytest.fixture
def inspect(npm_tool: Callable[[str], list[str]], http_server: Served, home: Path, era: str) -> Inspect:
    """Run the Inspector once, over a transport."""

    def inspect_over(transport: str, *arguments: str, header: str = http_server.header) -> Ended:
        if transport == "stdio":
            target = [*(f"-e{name}={value}" for name, value in DEMO.items()), *STDIO]
        else:
            url = http_server.sse if transport == "sse" else http_server.http
            target = [url, "--transport", transport, "--header", header]
        inspector = [*npm_tool("mcp-inspector"), "--cli"]
        patience = ["--connect-timeout", "60000"]
        return run([*inspector, *target, *patience, "--protocol-era", era, "--format", "json", *arguments], home)

    return inspect_over


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_schema_is_portable_without_a_warning(inspect: Inspect, transport: str) -> None:
    ended = inspect(transport, "--method", "tools/list", "--strict")
    assert ended.code == 0, str(ended)
    assert ended.stderr == "", str(ended)
    assert len(json.loads(ended.stdout)["result"]["tools"]) == len(DEFAULT_TOOLS), str(ended)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_tool_answers(inspect: Inspect, transport: str) -> None:
    dialog = json.dumps({"chat_id": 2043})
    ended = inspect(transport, "--method", "tools/call", "--tool-name", "dialog_get", "--tool-args-json", dialog)
    assert ended.code == 0, str(ended)
    result = json.loads(ended.stdout)["result"]
    assert result["structuredContent"]["chat_id"] == 2043, str(ended)
    assert "state: waiting" in result["content"][0]["text"], str(ended)


@pytest.mark.parametrize("transport", ["sse", "http"])
def test_a_wrong_token_is_refused(inspect: Inspect, transport: str) -> None:
    ended = inspect(transport, "--method", "tools/list", header="Authorization: Bearer wrong")
    assert ended.code == _REFUSED, str(ended)
    assert json.loads(ended.stderr)["error"]["code"] == "auth_required", str(ended)
