"""The server's entry in Docker's MCP catalog."""

from typing import Any

import yaml

from generator.project import NAME, Field, Project

_TYPES = {"text": "string", "choice": "string", "switch": "boolean", "number": "number"}


def catalog_entry(project: Project) -> str:
    """``server.yaml``. Docker builds the image from the sources at the named commit and runs it over stdio."""
    publisher = project.publisher
    # The image sees no file of the user's machine.
    form = [field for field in project.form if field.setting.kind != "file"]
    open_fields = [field for field in form if not field.setting.secret]
    entry = {
        "name": NAME,
        "image": f"mcp/{NAME}",
        "type": "server",
        "meta": {"category": "communication", "tags": ["bitrix24", "open-channels", "support", "crm"]},
        "about": {"title": project.title, "description": project.summary, "icon": publisher.icon},
        "source": {"project": publisher.repository, "commit": publisher.catalog_commit},
        "run": {"command": ["serve"]},
        "config": {
            "description": "Connect to your Bitrix24",
            "secrets": [_secret(field) for field in form if field.setting.secret],
            "env": [_variable(field) for field in open_fields],
            "parameters": {
                "type": "object",
                "properties": {field.setting.field: _property(field) for field in open_fields},
            },
        },
    }
    return yaml.dump(entry, Dumper=_Formatted, sort_keys=False, allow_unicode=True, width=1_000_000)


def catalog_tools(project: Project) -> list[dict[str, Any]]:
    """``tools.json``: the catalog shows the tools without starting the server: those that it has by default."""
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "arguments": [
                {
                    "name": item.name,
                    "type": item.argument.schema["type"],
                    "desc": item.argument.description,
                    **({} if item.required else {"optional": True}),
                }
                for item in tool.parameters.items
            ],
        }
        for tool in project.default_tools
    ]


def _secret(field: Field) -> dict[str, str]:
    return {
        "name": f"{NAME}.{field.setting.field}",
        "env": field.setting.name,
        "example": "<BITRIX24_WEBHOOK_URL>",
        "description": field.description,
    }


def _variable(field: Field) -> dict[str, str]:
    example = field.setting.default or ""
    return {"name": field.setting.name, "example": example, "value": f"{{{{{NAME}.{field.setting.field}}}}}"}


def _property(field: Field) -> dict[str, Any]:
    shown: dict[str, Any] = {"type": _TYPES[field.setting.kind], "description": field.description}
    default = field.setting.default
    if default is not None:
        shown["default"] = default == "true" if shown["type"] == "boolean" else default
    return shown


class _Formatted(yaml.SafeDumper):
    """Writes as the catalog's own formatter does: the items of a list indented, quotes double."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)

    def choose_scalar_style(self) -> str:
        style: str = super().choose_scalar_style()
        return '"' if style == "'" else style
