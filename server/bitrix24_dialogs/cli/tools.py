"""``tools``: the list of tools, for people or as JSON."""

import json
from typing import Any

from bitrix24_dialogs.cli.terminal import Terminal
from bitrix24_dialogs.handlers.tools import published
from bitrix24_dialogs.server import build_server
from bitrix24_dialogs.settings import Settings


def run_tools(settings: Settings, *, as_json: bool) -> int:
    """Print the tools that the settings leave."""
    terminal = Terminal()
    toolbox = build_server(settings).toolbox
    if as_json:
        terminal.line(
            tools_json([published(tool).model_dump(by_alias=True, exclude_none=True) for tool in toolbox.listed()])
        )
        return 0
    tools = toolbox.listed()
    width = max((len(tool.name) for tool in tools), default=0)
    for tool in tools:
        terminal.line(f"{tool.name:<{width}}  {tool.effect.value:<11}  {tool.title}")
    for setting, hidden in toolbox.hidden().items():
        terminal.line(f"{hidden} more are switched off by {setting}.")
    return 0


def tools_json(tools: list[dict[str, Any]]) -> str:
    """The list as it is kept in ``manifests/tools.json``."""
    return json.dumps({"tools": tools}, ensure_ascii=False, indent=2)
