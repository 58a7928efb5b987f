"""``tools``: the list of tools, for people or as JSON."""

import json
from collections.abc import Mapping
from typing import Any

from bitrix24_dialogs.cli.terminal import Terminal
from bitrix24_dialogs.handlers.tools import published
from bitrix24_dialogs.language.phrase import Phrase
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.server import build_server
from bitrix24_dialogs.settings import Settings
from bitrix24_dialogs.toolbox.declaration import Effect

_EFFECTS: Mapping[Effect, Phrase] = {
    Effect.READ: Phrase("read"),
    Effect.WRITE: Phrase("write"),
    Effect.DESTRUCTIVE: Phrase("destructive"),
}


def run_tools(settings: Settings, speech: Speech, *, as_json: bool) -> int:
    """Print the tools that the settings leave."""
    terminal = Terminal()
    toolbox = build_server(settings).toolbox
    tools = toolbox.listed()
    if as_json:
        terminal.line(tools_json([published(tool).model_dump(by_alias=True, exclude_none=True) for tool in tools]))
        return 0
    rows = [(tool.name, tool.toolset, speech.of(_EFFECTS[tool.effect]), speech.of(tool.title)) for tool in tools]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for *cells, title in rows:
        padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
        terminal.line("  ".join([*padded, title]))
    if not rows:
        terminal.line(speech("No tool is left: the settings below switch off every one."))
    for setting, hidden in toolbox.hidden().items():
        terminal.line(
            speech.count(
                "{number} more are switched off by {setting}.",
                "{number} more are switched off by {setting}.",
                hidden,
                setting=setting,
            )
        )
    return 0


def tools_json(tools: list[dict[str, Any]]) -> str:
    """The list as it is kept in ``manifests/tools.json``."""
    return json.dumps({"tools": tools}, ensure_ascii=False, indent=2)
