"""The parts of the README that are made from the declarations, each between two markers."""

import re

from bitrix24_dialogs.settings import describe_settings
from generator.clients import cursor_link, vscode_link
from generator.names import with_names
from generator.project import Project


class MarkersMissing(Exception):
    """The README has no place for a part."""


def readme(text: str, project: Project) -> str:
    """``text`` with every part made anew.

    Raises:
        MarkersMissing: the markers of a part are not there.
    """
    parts = {
        "tools": tools_table(project),
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


def tools_table(project: Project) -> str:
    """The table of tools."""
    changes = {"read": "nothing", "write": "the dialog", "destructive": "the dialog, **not undoable**"}
    return _table(
        ("tool", "what it does", "changes"),
        [(f"`{tool.name}`", tool.description.splitlines()[0], changes[tool.effect.value]) for tool in project.tools],
    )


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
