"""``config``: the exact snippet or command that connects a client, with a reference to the secret, never the secret."""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bitrix24_dialogs.language.phrase import Phrase
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.settings import PREFIX, Settings, load_settings

Client = Literal["claude-code", "cursor", "vscode", "claude-desktop"]

NAME = "bitrix24-dialogs"
_URL = "BITRIX24_WEBHOOK_URL"
_FILE = "BITRIX24_WEBHOOK_URL_FILE"
_DEMO = "BITRIX24_DEMO"
_TOOLSETS = "BITRIX24_TOOLSETS"

PLACES: Mapping[Client, Phrase] = {
    "claude-code": Phrase("Run this once."),
    "cursor": Phrase("Put this into ~/.cursor/mcp.json, or .cursor/mcp.json in a project."),
    "vscode": Phrase("Put this into .vscode/mcp.json."),
    "claude-desktop": Phrase("Put this into claude_desktop_config.json (Settings, Developer, Edit Config)."),
}
# How each client names a value that it takes from elsewhere; Claude Desktop has no such thing.
_REFERENCES: Mapping[Client, str] = {
    "claude-code": "${" + _URL + "}",
    "cursor": "${env:" + _URL + "}",
    "vscode": "${input:bitrix24-webhook}",
}
_VSCODE_INPUT = {
    "type": "promptString",
    "id": "bitrix24-webhook",
    "description": "Bitrix24 inbound webhook, https://your-company.bitrix24.com/rest/7/.../",
    "password": True,
}


@dataclass(frozen=True)
class Secret:
    """Where a client finds the webhook: the environment entries that say so, and the same for people."""

    environment: Mapping[str, str]
    explanation: Phrase


def run_config(client: Client, settings: Settings, speech: Speech, env_file: Path | None) -> int:
    """Print the snippet to standard output, and where it goes to standard error."""
    secret = secret_for(client, settings, env_file)
    command = [*launch_command(), *(["--env-file", str(env_file.absolute())] if env_file else [])]
    environment = {**secret.environment, **_other_settings()}
    if settings.toolsets != load_settings(env_file).toolsets:  # a flag has said it
        environment[_TOOLSETS] = ",".join(settings.toolsets)
    server = {"command": command[0], "args": command[1:], "env": environment}
    explanation = f"{speech.of(PLACES[client])} {speech.of(secret.explanation)}"
    print(explanation, file=sys.stderr)  # noqa: T201 - what a person reads
    print(snippet(client, server))  # noqa: T201
    return 0


def launch_command() -> list[str]:
    """How to start this very installation from anywhere."""
    started_as = Path(sys.argv[0])
    if started_as.stem == "bitrix24-dialogs-mcp":
        found = shutil.which(sys.argv[0])
        return [str(Path(found or started_as).absolute())]
    return [sys.executable, "-m", "bitrix24_dialogs"]


def secret_for(client: Client, settings: Settings, env_file: Path | None) -> Secret:
    """Where ``client`` finds the webhook, as the settings keep it now."""
    if settings.demo:
        return Secret({_DEMO: "1"}, Phrase("It runs on the built-in portal; no webhook is needed."))
    in_env_file = env_file is not None and not any(os.environ.get(name) for name in (_URL, _FILE))
    if in_env_file and (settings.webhook_url or settings.webhook_url_file):
        return Secret({}, Phrase("The webhook stays in the file that --env-file names."))
    if settings.webhook_url_file is not None:
        return Secret({_FILE: str(settings.webhook_url_file.absolute())}, Phrase("The webhook stays in its file."))
    if client == "claude-desktop":
        kept = Path.home() / ".config" / NAME / "webhook"
        keep = Phrase("Keep the webhook, and nothing else, in {file}, readable by you alone.", file=kept)
        return Secret({_FILE: str(kept)}, keep)
    explanation = Phrase(
        "The client takes the webhook from the environment variable {variable} in which it is started.", variable=_URL
    )
    if client == "vscode":
        explanation = Phrase("VS Code asks for the webhook.")
    return Secret({_URL: _REFERENCES[client]}, explanation)


def snippet(client: Client, server: Mapping[str, Any]) -> str:
    """What ``client`` wants to read, for a server that is started so."""
    if client == "claude-code":
        entry = json.dumps({"type": "stdio", **server}, ensure_ascii=False)
        return shlex.join(["claude", "mcp", "add-json", NAME, entry, "--scope", "user"])
    if client == "vscode":
        asks = _REFERENCES["vscode"] in server["env"].values()
        inputs = {"inputs": [_VSCODE_INPUT]} if asks else {}
        return as_json({**inputs, "servers": {NAME: {"type": "stdio", **server}}})
    return as_json({"mcpServers": {NAME: server}})


def _other_settings() -> dict[str, str]:
    """What else is set now goes along: a server that was meant to be read-only must not be connected without it."""
    names = [PREFIX + name.upper() for name in Settings.model_fields]
    return {name: os.environ[name] for name in names if os.environ.get(name) and name not in {_URL, _FILE, _DEMO}}


def as_json(value: Any) -> str:
    """JSON for people to read and paste."""
    return json.dumps(value, indent=2, ensure_ascii=False)
