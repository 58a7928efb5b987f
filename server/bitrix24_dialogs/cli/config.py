"""``config``: the exact snippet or command that connects a client, with a reference to the secret, never the secret."""

import json
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from bitrix24_dialogs.settings import Settings

Client = Literal["claude-code", "cursor", "vscode", "claude-desktop"]

_NAME = "bitrix24-dialogs"
_URL = "BITRIX24_WEBHOOK_URL"
_FILE = "BITRIX24_WEBHOOK_URL_FILE"


def run_config(client: Client, settings: Settings, env_file: Path | None) -> int:
    """Print the snippet to standard output, and where it goes to standard error."""
    snippet, where = client_config(client, settings, env_file, launch_command())
    print(where, file=sys.stderr)  # noqa: T201 - what a person reads
    print(snippet)  # noqa: T201
    return 0


def launch_command() -> list[str]:
    """How to start this very installation from anywhere."""
    started_as = Path(sys.argv[0])
    if started_as.stem == "bitrix24-dialogs-mcp":
        found = shutil.which(sys.argv[0])
        return [str(Path(found or started_as).absolute())]
    return [sys.executable, "-m", "bitrix24_dialogs"]


def client_config(client: Client, settings: Settings, env_file: Path | None, command: list[str]) -> tuple[str, str]:
    """The snippet for ``client``, and a sentence on where it goes."""
    command = [*command, *(["--env-file", str(env_file.absolute())] if env_file else [])]
    match client:
        case "claude-code":
            server = _server(command, _secret(settings, "${" + _URL + "}"))
            line = ["claude", "mcp", "add-json", _NAME, json.dumps({"type": "stdio", **server}), "--scope", "user"]
            return shlex.join(line), f"Run this once. {_where_secret(settings, _in_shell())}"
        case "cursor":
            server = _server(command, _secret(settings, "${env:" + _URL + "}"))
            return (
                _json({"mcpServers": {_NAME: server}}),
                "Put this into ~/.cursor/mcp.json, or .cursor/mcp.json in a project. "
                + _where_secret(settings, _in_shell()),
            )
        case "vscode":
            server = _server(command, _secret(settings, "${input:bitrix24-webhook}"))
            entry: dict[str, Any] = {"servers": {_NAME: {"type": "stdio", **server}}}
            if "${input:bitrix24-webhook}" in server["env"].values():
                entry = {"inputs": [_VSCODE_INPUT], **entry}
            return _json(
                entry
            ), f"Put this into .vscode/mcp.json. {_where_secret(settings, 'VS Code asks for the webhook.')}"
        case "claude-desktop":
            kept = settings.webhook_url_file or Path.home() / ".config" / _NAME / "webhook"
            env = {"BITRIX24_DEMO": "1"} if settings.demo else {_FILE: str(kept.absolute())}
            return (
                _json({"mcpServers": {_NAME: _server(command, env)}}),
                "Put this into claude_desktop_config.json (Settings, Developer, Edit Config). "
                + _where_secret(settings, f"Keep the webhook, and nothing else, in {kept}, readable by you alone."),
            )


_VSCODE_INPUT = {
    "type": "promptString",
    "id": "bitrix24-webhook",
    "description": "Bitrix24 inbound webhook, https://your-company.bitrix24.com/rest/7/.../",
    "password": True,
}


def _server(command: list[str], env: Mapping[str, str]) -> dict[str, Any]:
    return {"command": command[0], "args": command[1:], "env": dict(env)}


def _secret(settings: Settings, reference: str) -> dict[str, str]:
    if settings.demo:
        return {"BITRIX24_DEMO": "1"}
    if settings.webhook_url_file is not None:
        return {_FILE: str(settings.webhook_url_file.absolute())}
    return {_URL: reference}


def _in_shell() -> str:
    return f"The client takes the webhook from the environment variable {_URL} in which it is started."


def _where_secret(settings: Settings, otherwise: str) -> str:
    if settings.demo:
        return "It runs on the built-in portal; no webhook is needed."
    if settings.webhook_url_file is not None:
        return "The webhook stays in its file."
    return otherwise


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
