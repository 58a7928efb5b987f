"""The entry in Docker's MCP catalog, by the rules of the catalog's own check."""

import json
import re
from typing import Any

import pytest
import yaml

from generator.project import Project
from tests.manifests.conftest import ROOT

FOLDER = ROOT / "manifests" / "docker-catalog"
TEXT = (FOLDER / "server.yaml").read_text(encoding="utf-8")
ENTRY: dict[str, Any] = yaml.safe_load(TEXT)
TOOLS: list[dict[str, Any]] = json.loads((FOLDER / "tools.json").read_text(encoding="utf-8"))


def test_its_name_and_title_are_allowed() -> None:
    assert re.fullmatch(r"[a-z0-9-]+", ENTRY["name"])
    title = ENTRY["about"]["title"]
    assert "MCP" not in title
    assert "Server" not in title
    assert all(word[0] == word[0].upper() for word in title.split())


def test_it_is_built_from_a_named_commit(project: Project) -> None:
    assert ENTRY["type"] == "server"
    assert ENTRY["source"] == {
        "project": project.publisher.repository,
        "commit": project.publisher.catalog_commit,
    }
    assert re.fullmatch(r"[0-9a-f]{40}", ENTRY["source"]["commit"])


def test_the_container_serves_standard_input() -> None:
    assert ENTRY["run"]["command"] == ["serve"]


def test_the_webhook_is_a_secret_and_nothing_else_is() -> None:
    (secret,) = ENTRY["config"]["secrets"]
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9._-]+", secret["name"])
    assert secret["name"].split(".")[0] == ENTRY["name"]
    assert secret["env"] == "BITRIX24_WEBHOOK_URL"
    assert secret["example"].startswith("<")
    assert "BITRIX24_WEBHOOK_URL" not in [variable["name"] for variable in ENTRY["config"]["env"]]


def test_every_variable_is_filled_from_a_field() -> None:
    fields = ENTRY["config"]["parameters"]["properties"]
    used = []
    for variable in ENTRY["config"]["env"]:
        reference = re.fullmatch(r"\{\{([a-z0-9-]+)\.(\w+)\}\}", variable["value"])
        assert reference is not None
        assert reference[1] == ENTRY["name"]
        used.append(reference[2])
    assert used == list(fields)
    assert all(field["description"] for field in fields.values())


def test_it_is_written_as_the_catalogs_formatter_writes() -> None:
    """Lists indented, no single quotes; the formatter itself runs among the outside checks."""
    assert "'" not in re.sub(r'"[^"]*"|: \w.*', "", TEXT)
    assert not re.search(r"^(\s*)\w+:\n\1- ", TEXT, re.MULTILINE)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool["name"])
def test_every_tool_and_argument_is_described(tool: dict[str, Any]) -> None:
    assert tool["description"]
    for argument in tool["arguments"]:
        assert argument["type"] in {"string", "integer", "boolean"}
        assert argument["desc"].strip()


def test_all_tools_are_there_that_its_defaults_leave(project: Project) -> None:
    assert "BITRIX24_TOOLSETS" in [variable["name"] for variable in ENTRY["config"]["env"]]
    assert [tool["name"] for tool in TOOLS] == [tool.name for tool in project.default_tools]
    optional = {(tool["name"], item["name"]) for tool in TOOLS for item in tool["arguments"] if item.get("optional")}
    assert ("session_mode_pin", "activate") in optional
    assert ("session_mode_pin", "chat_id") not in optional
