"""The settings form that desktop clients show, in the shape that MCP bundles and Claude Code plugins share."""

from typing import Any

from generator.project import Field, Project

_TYPES = {"text": "string", "choice": "string", "switch": "boolean", "number": "number", "file": "file"}


def user_config(project: Project) -> dict[str, Any]:
    """The form's fields by their names."""
    return {field.setting.field: _field(field) for field in project.form}


def environment(project: Project) -> dict[str, str]:
    """The environment of a server that is started with the form's values."""
    return {field.setting.name: f"${{user_config.{field.setting.field}}}" for field in project.form}


def _field(field: Field) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": _TYPES[field.setting.kind],
        "title": field.title,
        "description": field.description,
    }
    if field.required:
        return {**shown, "sensitive": field.setting.secret, "required": True}
    # Clients put in a value for what is left empty only if there is a default; the server takes an empty one as unset.
    default = field.setting.default
    return {**shown, "required": False, "default": default == "true" if shown["type"] == "boolean" else default or ""}
