"""Writes what is derived from the declarations: ``manifests/tools.json`` and the README's tables.

``python manifests/generate.py`` writes, ``--check`` only says what is out of date.
"""

import sys
from pathlib import Path

from bitrix24_dialogs.cli.tools import tools_json
from bitrix24_dialogs.server import published
from bitrix24_dialogs.settings import describe_settings
from bitrix24_dialogs.tools import all_tools

ROOT = Path(__file__).resolve().parent.parent


def tools_manifest() -> str:
    """The list of tools as clients get it."""
    return tools_json([published(tool).model_dump(by_alias=True, exclude_none=True) for tool in all_tools()]) + "\n"


def tools_table() -> str:
    """The README's table of tools."""
    changes = {"read": "nothing", "write": "the dialog", "destructive": "the dialog, **not undoable**"}
    return _table(
        ("tool", "what it does", "changes"),
        [(f"`{tool.name}`", tool.description.splitlines()[0], changes[tool.effect.value]) for tool in all_tools()],
    )


def settings_table() -> str:
    """The README's table of settings."""
    return _table(
        ("setting", "default", "meaning"),
        [(f"`{name}`", f"`{default}`" if default else "", text) for name, default, text in describe_settings()],
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows))


def readme(text: str) -> str:
    """``text`` with the tables between their markers made anew."""
    for name, table in (("tools", tools_table()), ("settings", settings_table())):
        start, end = f"<!-- {name}: generated -->", f"<!-- /{name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n{table}\n{end}{after}"
    return text


def main(arguments: list[str]) -> int:
    """Write or check; the exit code is 1 if something was out of date."""
    wanted = {
        ROOT / "manifests" / "tools.json": tools_manifest(),
        ROOT / "README.md": readme((ROOT / "README.md").read_text(encoding="utf-8")),
    }
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" not in arguments:
        for path in stale:
            path.write_text(wanted[path], encoding="utf-8")
        return 0
    for path in stale:
        sys.stderr.write(f"{path.relative_to(ROOT)} is out of date; run: make manifests\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
