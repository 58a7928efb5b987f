"""``server.json``: the server's entry in the MCP registry, format 2025-12-11."""

from collections.abc import Iterable
from typing import Any

from generator.project import Project
from generator.settings import Setting

_SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
_FORMATS = {"text": "string", "choice": "string", "switch": "boolean", "number": "number", "file": "filepath"}
_ADDRESS = "127.0.0.1:8000"
_TOKEN_FILE = "/run/secrets/http-token"  # noqa: S105 - where the file is mounted, not what it holds

_LEFT_OUT = {"webhook_url_file", "demo", "http_allow_anonymous", "operators_file"}
"""Settings that stand in for a secret which every entry asks for."""


def server_json(project: Project) -> dict[str, Any]:
    """The entry: from PyPI over stdio, and as a container over HTTP or stdio."""
    publisher = project.publisher
    return {
        "$schema": _SCHEMA,
        "name": publisher.registry_name,
        "title": project.title,
        "description": project.summary,
        "version": project.version,
        "websiteUrl": publisher.homepage,
        "repository": {"url": publisher.repository, "source": "github"},
        "packages": [_from_pypi(project), _container_over_http(project), _container_over_stdio(project)],
    }


def _from_pypi(project: Project) -> dict[str, Any]:
    return {
        "registryType": "pypi",
        "registryBaseUrl": "https://pypi.org",
        "identifier": project.package,
        "version": project.version,
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "environmentVariables": _variables(project.settings),
    }


def _container_over_http(project: Project) -> dict[str, Any]:
    return {
        **_container(project),
        "runtimeArguments": [
            {"type": "named", "name": "--publish", "value": f"{_ADDRESS}:8000"},
            {
                "type": "named",
                "name": "--mount",
                "value": f"type=bind,source={{token_file}},target={_TOKEN_FILE},readonly",
                "variables": {
                    "token_file": {
                        "description": "A file that holds one token of 16 characters or more, readable by user 65532.",
                        "format": "filepath",
                        "isRequired": True,
                    }
                },
            },
        ],
        "transport": {
            "type": "streamable-http",
            "url": f"http://{_ADDRESS}/mcp",
            "headers": [
                {
                    "name": "Authorization",
                    "description": "The token in that file.",
                    "value": "Bearer {token}",
                    "isRequired": True,
                    "isSecret": True,
                    "variables": {
                        "token": {"description": "The token in that file.", "isRequired": True, "isSecret": True}
                    },
                }
            ],
        },
        "environmentVariables": [
            *_variables(_for_container(project), over_http=True),
            {
                "name": "BITRIX24_HTTP_TOKEN_FILE",
                "description": "Where the container finds the file with the token.",
                "value": _TOKEN_FILE,
            },
        ],
    }


def _container_over_stdio(project: Project) -> dict[str, Any]:
    return {
        **_container(project),
        "transport": {"type": "stdio"},
        "packageArguments": [{"type": "positional", "value": "serve"}],
        "environmentVariables": _variables(_for_container(project)),
    }


def _container(project: Project) -> dict[str, Any]:
    return {
        "registryType": "oci",
        "identifier": f"{project.publisher.image}:{project.version}",
        "runtimeHint": "docker",
    }


def _for_container(project: Project) -> list[Setting]:
    """Files of this machine are not in the container."""
    return [setting for setting in project.settings if setting.kind != "file"]


def _variables(settings: Iterable[Setting], *, over_http: bool = False) -> list[dict[str, Any]]:
    return [
        _variable(setting)
        for setting in settings
        if setting.field not in _LEFT_OUT and (over_http or not setting.for_http)
    ]


def _variable(setting: Setting) -> dict[str, Any]:
    return {
        "name": setting.name,
        "description": setting.description,
        "format": _FORMATS[setting.kind],
        **({"isRequired": True} if setting.field == "webhook_url" else {}),
        **({"isSecret": True} if setting.secret else {}),
        **({"default": setting.default} if setting.default is not None else {}),
        **({"choices": list(setting.choices)} if setting.choices else {}),
    }
