"""The parts of the README that are made from the declarations, each between two markers."""

import re

from bitrix24_dialogs.dialogs.scopes import title_of
from bitrix24_dialogs.prompts import all_prompts
from bitrix24_dialogs.prompts.texts import read_page
from bitrix24_dialogs.settings import describe_settings
from bitrix24_dialogs.toolbox.declaration import AnyTool
from bitrix24_dialogs.toolbox.policy import DEFAULT_TOOLSETS
from bitrix24_dialogs.toolbox.scopes import needed_scopes, partial_scopes
from generator.clients import cursor_link, vscode_link
from generator.names import with_names
from generator.project import Project

_EVERYWHERE = "imopenlines"
"""The permission without which nothing works."""


class MarkersMissing(Exception):
    """The README has no place for a part."""


def readme(text: str, project: Project) -> str:
    """``text`` with every part made anew.

    Raises:
        MarkersMissing: the markers of a part are not there.
    """
    parts = {
        "toolsets": toolsets_table(project),
        "tools": tools_tables(project),
        "prompts": prompts_table(),
        "settings": settings_table(),
        "cursor-link": f"[Add it to Cursor]({cursor_link(project)})",
        "vscode-link": f"[Add it to VS Code]({vscode_link(project)})",
    }
    for name, part in parts.items():
        start, end = f"<!-- {name}: generated -->", f"<!-- /{name} -->"
        text = _replaced(rf"{start}\n.*?{end}", f"{start}\n{part}\n{end}", text, start)
    if "<!-- mcp-name: " not in text:
        raise MarkersMissing("README.md has no <!-- mcp-name: ... -->")
    return with_names(text, project)


def toolsets_table(project: Project) -> str:
    """The table of toolsets: what each is for, and what to tick for it in the webhook's permissions."""
    rows = []
    for name, purpose in project.toolsets.items():
        tools = _of(project, name)
        scopes = sorted(
            {scope for tool in tools for scope in (*needed_scopes(tool), *partial_scopes(tool))} - {_EVERYWHERE}
        )
        ticked = ", ".join(f"{title_of(scope)} (`{scope}`)" for scope in scopes)
        rows.append((f"`{name}`", purpose, "on" if name in DEFAULT_TOOLSETS else "off", ticked or "nothing more"))
    return _table(("toolset", "what for", "unless you say otherwise", "tick besides Open Channels"), rows)


def tools_tables(project: Project) -> str:
    """A table of tools for each toolset."""
    return "\n\n".join(
        f"`{name}`: {purpose}\n\n{_tools_table(_of(project, name))}" for name, purpose in project.toolsets.items()
    )


def prompts_table() -> str:
    """The table of prompts."""
    pages = [(prompt, read_page("en", prompt.name)) for prompt in all_prompts()]
    return _table(
        ("prompt", "what for", "takes"),
        [
            (
                f"{page.title} (`{prompt.name}`)",
                page.description,
                (" or " if prompt.exactly_one else ", ").join(f"`{name}`" for name in page.arguments),
            )
            for prompt, page in pages
        ],
    )


def _tools_table(tools: list[AnyTool]) -> str:
    changes = {"read": "nothing", "write": "yes", "destructive": "yes, **not undoable**"}
    return _table(
        ("tool", "what it does", "changes"),
        [(f"`{tool.name}`", tool.description.splitlines()[0], changes[tool.effect.value]) for tool in tools],
    )


def _of(project: Project, toolset: str) -> list[AnyTool]:
    return [tool for tool in project.tools if tool.toolset == toolset]


def settings_table() -> str:
    """The table of settings."""
    return _table(
        ("setting", "default", "meaning"),
        [(f"`{name}`", f"`{default}`" if default else "", text) for name, default, text in describe_settings()],
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows))


def _replaced(pattern: str, replacement: str, text: str, marker: str) -> str:
    text, count = re.subn(pattern, lambda _: replacement, text, count=1, flags=re.DOTALL)
    if not count:
        raise MarkersMissing(f"README.md has no {marker}")
    return text
