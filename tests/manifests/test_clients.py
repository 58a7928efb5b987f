"""The files that people copy into their clients' settings, and the links that clients open."""

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from bitrix24_dialogs.cli import main
from generator.project import Project
from tests.manifests.conftest import ROOT

STARTED = ["claude-code.mcp.json", "cursor.mcp.json", "vscode.mcp.json", "claude-desktop.json"]
CONNECTED = ["claude-code.http.mcp.json", "cursor.http.mcp.json", "vscode.http.mcp.json"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def document(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "manifests" / name).read_text(encoding="utf-8"))
    return read


def entry(name: str) -> dict[str, Any]:
    """The one server in a file, under the key that its client reads."""
    servers = document(name)["servers" if name.startswith("vscode") else "mcpServers"]
    assert list(servers) == ["bitrix24-dialogs"]
    read: dict[str, Any] = servers["bitrix24-dialogs"]
    return read


@pytest.mark.parametrize("name", STARTED)
def test_a_client_starts_this_version(project: Project, name: str) -> None:
    server = entry(name)
    assert server["command"] == "uvx"
    assert server["args"] == [f"bitrix24-dialogs-mcp@{project.version}"]
    assert server.get("type") == ("stdio" if name.startswith(("claude-code", "vscode")) else None)


@pytest.mark.parametrize("name", CONNECTED)
def test_a_client_connects_with_its_token(name: str) -> None:
    server = entry(name)
    assert server["url"] == "https://mcp.example.com/mcp"
    assert server.get("type") == (None if name.startswith("cursor") else "http")
    assert list(server["headers"]) == ["Authorization"]


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("claude-code.mcp.json", "${BITRIX24_WEBHOOK_URL}"),
        ("claude-code.http.mcp.json", "Bearer ${BITRIX24_DIALOGS_TOKEN}"),
        ("cursor.mcp.json", "${env:BITRIX24_WEBHOOK_URL}"),
        ("cursor.http.mcp.json", "Bearer ${env:BITRIX24_DIALOGS_TOKEN}"),
        ("vscode.mcp.json", "${input:bitrix24-webhook}"),
        ("vscode.http.mcp.json", "Bearer ${input:bitrix24-dialogs-token}"),
    ],
)
def test_a_secret_is_referred_to_in_the_clients_own_way(name: str, reference: str) -> None:
    server = entry(name)
    (secret,) = [*server.get("env", {}).values(), *server.get("headers", {}).values()]
    assert secret == reference


def test_claude_desktop_has_no_references_and_gets_a_file() -> None:
    assert entry("claude-desktop.json")["env"] == {"BITRIX24_WEBHOOK_URL_FILE": "~/.config/bitrix24-dialogs/webhook"}


@pytest.mark.parametrize("name", ["vscode.mcp.json", "vscode.http.mcp.json"])
def test_vscode_asks_for_what_is_referred_to(name: str) -> None:
    asked = {item["id"]: item for item in document(name)["inputs"]}
    assert set(re.findall(r"\$\{input:([\w-]+)\}", json.dumps(entry(name)))) == set(asked)
    for item in asked.values():
        assert item["type"] == "promptString"
        assert item["password"] is True
        assert item["description"]


@pytest.mark.parametrize(
    ("client", "name"),
    [("cursor", "cursor"), ("vscode", "vscode")],
)
def test_config_prints_the_same_shapes(client: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", client]) == 0
    printed = json.loads(capsys.readouterr().out)
    kept = document(f"{name}.mcp.json")
    (server,) = printed.get("servers", printed.get("mcpServers")).values()
    server.update(command="uvx", args=entry(f"{name}.mcp.json")["args"])
    assert printed == kept
    assert main(["config", client, "--transport", "http", "--url", "https://mcp.example.com"]) == 0
    assert json.loads(capsys.readouterr().out) == document(f"{name}.http.mcp.json")


def link(label: str) -> str:
    (address,) = re.findall(rf"\[{label}\]\((https://\S+)\)", README)
    return str(address)


def test_the_link_for_cursor_adds_what_is_in_the_file() -> None:
    address = urlsplit(link("Add it to Cursor"))
    assert re.fullmatch(r"name=[\w-]+&config=[\w%]+", address.query)  # + and = mean something else in addresses
    query = parse_qs(address.query, strict_parsing=True)
    assert query["name"] == ["bitrix24-dialogs"]
    assert json.loads(base64.b64decode(query["config"][0], validate=True)) == entry("cursor.mcp.json")


def test_the_link_for_vscode_adds_what_is_in_the_file() -> None:
    (target,) = parse_qs(urlsplit(link("Add it to VS Code")).query, strict_parsing=True)["url"]
    scheme, _, encoded = target.partition("?")
    assert scheme == "vscode:mcp/install"
    added = json.loads(unquote(encoded))
    kept = document("vscode.mcp.json")
    assert added == {"name": "bitrix24-dialogs", **entry("vscode.mcp.json"), "inputs": kept["inputs"]}
