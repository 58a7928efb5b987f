"""A page for each tool: its declaration, and what a declaration cannot say. This stands in ``pages`` beside it."""

import inspect
from collections.abc import Iterator
from pathlib import Path

from bitrix24_dialogs.dialogs.desk import named
from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect
from bitrix24_dialogs.toolbox.policy import Toolbox
from bitrix24_dialogs.toolbox.scopes import needed_scopes, partial_scopes

MIME = "text/markdown"
ADDRESSES = "tool://<the name of a tool>"
_SCHEME = "tool://"
_EFFECTS = {
    Effect.READ: "Changes nothing",
    Effect.WRITE: "Changes something",
    Effect.DESTRUCTIVE: "Changes something that may not be taken back",
}


def address_of(tool: AnyTool) -> str:
    """The URI of a tool's page."""
    return _SCHEME + tool.name


def page_at(uri: str, toolbox: Toolbox) -> str | None:
    """The page at ``uri``; None if there is none for whoever has ``toolbox``."""
    tool = toolbox.find(uri.removeprefix(_SCHEME)) if uri.startswith(_SCHEME) else None
    return page_of(tool, toolbox) if tool else None


def page_of(tool: AnyTool, toolbox: Toolbox) -> str:
    """All that is worth knowing about a tool, for a model that hesitates."""
    return "\n".join(_lines(tool, toolbox))


def notes_of(tool: AnyTool) -> str:
    """What stands in the file beside the tool's function; tools of which it advises stand in braces."""
    return (Path(inspect.getfile(tool.function)).parent / "pages" / f"{tool.name}.md").read_text(encoding="utf-8")


def _lines(tool: AnyTool, toolbox: Toolbox) -> Iterator[str]:
    yield f"# {tool.name}: {tool.title}"
    yield ""
    yield tool.description
    yield ""
    again = "a second identical call changes nothing more" if tool.idempotent else "a second call acts again"
    effect = _EFFECTS[tool.effect]
    yield f"- {effect}{'' if tool.effect is Effect.READ else f'; {again}'}."
    yield f"- Stands on `{tool.method}`; {_scopes(tool)}."
    if tool.settled_by:
        yield f"- After an unknown outcome: {named(tool.settled_by, toolbox.signpost)} shows whether it happened."
    yield ""
    yield "## Takes"
    yield ""
    for item in tool.parameters.items:
        kind = f"{item.argument.schema['type']}{', required' if item.required else ''}"
        yield f"- `{item.name}` ({kind}): {item.argument.description}"
    if not tool.parameters.items:
        yield "Nothing."
    yield ""
    yield named(notes_of(tool), toolbox.signpost).strip()
    yield ""


def _scopes(tool: AnyTool) -> str:
    needed = [f"`{scope}`" for scope in sorted(needed_scopes(tool))]
    parts = (f"; for {part} also `{scope}`" for scope, part in partial_scopes(tool).items())
    many = "scopes" if len(needed) > 1 else "scope"
    whole = f"the webhook needs the {many} {' and '.join(needed)}" if needed else "any webhook will do"
    return whole + "".join(parts)
