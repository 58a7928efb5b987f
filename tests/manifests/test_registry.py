"""``server.json``, the entry in the MCP registry."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from generator.project import Project
from tests.manifests.conftest import ROOT

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "server.schema.2025-12-11.json").read_text(encoding="utf-8"))
ENTRY: dict[str, Any] = json.loads((ROOT / "manifests" / "server.json").read_text(encoding="utf-8"))
PYPI, CONTAINER_HTTP, CONTAINER_STDIO = ENTRY["packages"]


def complaints(entry: dict[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(entry)]


def test_it_keeps_to_the_schema() -> None:
    assert complaints(ENTRY) == []
    assert ENTRY["$schema"] == SCHEMA["$id"]


@pytest.mark.parametrize(
    "change", [{"description": "x" * 101}, {"name": "no-slash"}, {"packages": [{"registryType": "pypi"}]}]
)
def test_the_schema_would_notice(change: dict[str, Any]) -> None:
    assert complaints({**ENTRY, **change})


def test_every_package_is_of_this_version(project: Project) -> None:
    assert ENTRY["version"] == PYPI["version"] == project.version
    assert PYPI["identifier"] == "bitrix24-dialogs-mcp"
    for container in (CONTAINER_HTTP, CONTAINER_STDIO):
        assert container["identifier"] == f"{project.publisher.image}:{project.version}"
        assert "version" not in container  # the registry wants it in the identifier alone


def test_it_says_how_each_package_is_reached() -> None:
    assert (PYPI["runtimeHint"], PYPI["transport"]) == ("uvx", {"type": "stdio"})
    assert CONTAINER_HTTP["transport"]["type"] == "streamable-http"
    assert CONTAINER_STDIO["transport"] == {"type": "stdio"}
    assert CONTAINER_STDIO["packageArguments"] == [{"type": "positional", "value": "serve"}]


@pytest.mark.parametrize("package", ENTRY["packages"], ids=["pypi", "http", "stdio"])
def test_secrets_are_asked_for(package: dict[str, Any]) -> None:
    variables = {variable["name"]: variable for variable in package["environmentVariables"]}
    webhook = variables["BITRIX24_WEBHOOK_URL"]
    assert webhook["isSecret"] is True
    assert webhook["isRequired"] is True
    assert not {"value", "default"} & webhook.keys()
    assert [name for name, variable in variables.items() if variable.get("isRequired")] == ["BITRIX24_WEBHOOK_URL"]
    assert variables["BITRIX24_READ_ONLY"]["format"] == "boolean"
    assert variables["BITRIX24_RATE_LIMIT"]["choices"] == ["standard", "enterprise", "off"]
    for variable in variables.values():
        assert variable["description"]
        assert "`" not in variable["description"]
        assert variable.get("default") in {None, *variable.get("choices", [variable.get("default")])}


def test_a_server_on_standard_input_has_no_settings_of_the_network() -> None:
    for package in (PYPI, CONTAINER_STDIO):
        assert not any("HTTP" in variable["name"] for variable in package["environmentVariables"])


def test_the_token_of_the_container_comes_from_a_file() -> None:
    (header,) = CONTAINER_HTTP["transport"]["headers"]
    assert header["isSecret"] is True
    assert header["variables"]["token"]["isSecret"] is True
    mount = CONTAINER_HTTP["runtimeArguments"][1]
    assert mount["variables"]["token_file"]["format"] == "filepath"
    target = re.search(r"target=([^,]+)", mount["value"])
    assert target is not None
    variables = {variable["name"]: variable for variable in CONTAINER_HTTP["environmentVariables"]}
    assert variables["BITRIX24_HTTP_TOKEN_FILE"]["value"] == target[1]


def test_who_owns_the_package_and_the_image_can_be_proved() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"<!-- mcp-name: (\S+) -->", readme) == [ENTRY["name"]]
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert 'io.modelcontextprotocol.server.name="${REGISTRY_NAME}"' in dockerfile
    assert re.findall(r'^ARG REGISTRY_NAME="(.*)"$', dockerfile, re.MULTILINE) == [ENTRY["name"]]
