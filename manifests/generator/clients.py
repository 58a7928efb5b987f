"""What connects a client by hand: files to copy, and links that a client opens.

The shapes are those that ``bitrix24-dialogs-mcp config`` prints.
"""

import base64
import json
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bitrix24_dialogs.cli import config, config_http
from bitrix24_dialogs.cli.config import Client
from bitrix24_dialogs.settings import Settings
from generator.project import NAME, Project

_FILES: tuple[tuple[Client, str], ...] = (
    ("claude-code", "claude-code.mcp.json"),
    ("cursor", "cursor.mcp.json"),
    ("vscode", "vscode.mcp.json"),
    ("claude-desktop", "claude-desktop.json"),
)
_ON_NETWORK = "https://mcp.example.com"
"""Stands for the address of a team's server."""


def client_files(project: Project) -> dict[str, str]:
    """The files by their names: for a server that the client starts, and for one on the network."""
    started = {file: _document(client, _started(client, project)) for client, file in _FILES}
    connected = {
        file.replace(".mcp", ".http.mcp"): _document(client, _connected(client))
        for client, file in _FILES
        if client in config_http.REFERENCES
    }
    return {**started, **connected}


def cursor_link(project: Project) -> str:
    """The address that adds the server to Cursor. Cursor decodes it again from a page that a browser may open."""
    (server,) = json.loads(_started("cursor", project))["mcpServers"].values()
    encoded = base64.b64encode(_compact(server).encode()).decode()
    return f"https://cursor.com/en/install-mcp?name={NAME}&config={quote(encoded, safe='')}"


def vscode_link(project: Project) -> str:
    """The address that adds the server to VS Code, by way of its own page: Markdown pages take no ``vscode:`` links."""
    document = json.loads(_started("vscode", project))
    (server,) = document["servers"].values()
    install = "vscode:mcp/install?" + quote(_compact({"name": NAME, **server, "inputs": document["inputs"]}), safe="")
    return f"https://insiders.vscode.dev/redirect?url={quote(install, safe='')}"


def _started(client: Client, project: Project) -> str:
    """As ``config`` prints it where nothing is set, but for the published package."""
    environment = dict(config.secret_for(client, Settings.model_construct(), None).environment)
    if client == "claude-desktop":  # it has no references; the server knows what ~ means, whoever starts it
        environment = {name: _from_home(value) for name, value in environment.items()}
    command = {"command": "uvx", "args": [f"{project.package}@{project.version}"], "env": environment}
    return config.snippet(client, command)


def _connected(client: Client) -> str:
    """As ``config --transport http`` prints it for a server elsewhere."""
    address = config_http.endpoint(_ON_NETWORK, "http")
    return config_http.snippet(client, "http", address, config_http.reference(client))


def _document(client: Client, snippet: str) -> str:
    """The file for a snippet. Claude Code's is a command; the file has the same entry in it."""
    if client == "claude-code":
        _claude, _mcp, _add_json, name, entry, *_ = shlex.split(snippet)
        snippet = config.as_json({"mcpServers": {name: json.loads(entry)}})
    return snippet + "\n"


def _from_home(path: str) -> str:
    return f"~/{Path(path).relative_to(Path.home()).as_posix()}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
