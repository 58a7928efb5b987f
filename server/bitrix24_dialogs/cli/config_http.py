"""``config --transport http`` and ``sse``: what connects a client to a server that runs already."""

import json
import re
import shlex
import sys
from collections.abc import Mapping
from typing import Literal

from bitrix24_dialogs.callers.admission import Admission, admission_of, is_loopback, own_token
from bitrix24_dialogs.cli.config import NAME, PLACES, Client, as_json
from bitrix24_dialogs.language.phrase import Phrase
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.settings import CLIENT_TOKEN, Settings, SettingsError

Transport = Literal["http", "sse"]

_PATHS: Mapping[Transport, str] = {"http": "/mcp", "sse": "/sse"}
_ADDRESS = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[^\s?#]*)?")
USUAL_ADDRESS = "http://127.0.0.1:8000"
REFERENCES: Mapping[Client, str] = {
    "claude-code": "${" + CLIENT_TOKEN + "}",
    "cursor": "${env:" + CLIENT_TOKEN + "}",
    "vscode": "${input:bitrix24-dialogs-token}",
}
VSCODE_TOKEN_INPUT = {
    "type": "promptString",
    "id": "bitrix24-dialogs-token",
    "description": "Your token for the Bitrix24 dialogs server",
    "password": True,
}


def run_config_http(client: Client, settings: Settings, speech: Speech, transport: Transport, url: str | None) -> int:
    """Print the snippet to standard output, and where it goes to standard error.

    The token that this program made for this machine is in it; anybody else's is referred to.

    Raises:
        SettingsError: ``url`` is none, or there is no way for this client to keep a token.
    """
    address = endpoint(url or USUAL_ADDRESS, transport)
    token, explanation = _token(client, settings, elsewhere=not is_loopback(_host(address)))
    said = f"{speech.of(PLACES[client])} {speech.of(explanation)}"
    print(said, file=sys.stderr)  # noqa: T201 - what a person reads
    print(snippet(client, transport, address, token))  # noqa: T201
    return 0


def endpoint(url: str, transport: Transport) -> str:
    """The address that a client wants: with the path, whether ``url`` has it or not."""
    if not _ADDRESS.fullmatch(url) or not url.isprintable() or "/rest/" in url:  # a webhook is none of this server
        raise SettingsError("--url: expected the address of this server, such as https://mcp.example.com")
    return url.rstrip("/").removesuffix(_PATHS[transport]) + _PATHS[transport]


def snippet(client: Client, transport: Transport, address: str, token: str | None) -> str:
    """What ``client`` wants to read, for a server at ``address``; ``token`` may be a reference, None asks for none."""
    headers = {"headers": {"Authorization": f"Bearer {token}"}} if token else {}
    typed = {"type": transport, "url": address, **headers}
    if client == "claude-code":
        return shlex.join(["claude", "mcp", "add-json", NAME, json.dumps(typed), "--scope", "user"])
    if client == "vscode":
        inputs = {"inputs": [VSCODE_TOKEN_INPUT]} if token == REFERENCES["vscode"] else {}
        return as_json({**inputs, "servers": {NAME: typed}})
    return as_json({"mcpServers": {NAME: {"url": address, **headers}}})


def reference(client: Client) -> str:
    """How ``client`` refers to a token that is kept elsewhere.

    Raises:
        SettingsError: it cannot.
    """
    if client not in REFERENCES:
        raise SettingsError(
            "Claude Desktop sends no token to an address. Let it start a server of its own instead; what it needs for"
            " that: bitrix24-dialogs-mcp config claude-desktop"
        )
    return REFERENCES[client]


def _token(client: Client, settings: Settings, *, elsewhere: bool) -> tuple[str | None, Phrase]:
    kept = reference(client)
    if settings.http_allow_anonymous and not elsewhere:
        return None, Phrase("No token is asked for.")
    if not elsewhere and admission_of(settings)[0] is Admission.OWN_TOKEN:
        return own_token(), Phrase("It holds this machine's token: keep it to yourself.")
    if client == "vscode":
        return kept, Phrase("VS Code asks for the token.")
    return kept, Phrase(
        "The client takes your token from the environment variable {variable}; set it where the client starts.",
        variable=CLIENT_TOKEN,
    )


def _host(address: str) -> str:
    found = _ADDRESS.fullmatch(address)
    return found[1].strip("[]") if found else ""
