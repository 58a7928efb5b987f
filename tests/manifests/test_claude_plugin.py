"""The Claude Code plugin: what it starts, what it asks for, and what its skill teaches."""

import json
import re
from typing import Any

import yaml

from bitrix24_dialogs.presenting.results import result_schema
from bitrix24_dialogs.toolbox.declaration import Effect
from generator.project import Project
from tests.manifests.conftest import ROOT

PLUGIN: dict[str, Any] = json.loads((ROOT / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
MARKETPLACE: dict[str, Any] = json.loads((ROOT / ".claude-plugin" / "marketplace.json").read_text(encoding="utf-8"))
SKILL = (ROOT / "manifests" / "skills" / "bitrix24-dialogs" / "SKILL.md").read_text(encoding="utf-8")
(SERVER,) = PLUGIN["mcpServers"].values()


def test_the_marketplace_offers_this_plugin(project: Project) -> None:
    (offered,) = MARKETPLACE["plugins"]
    assert offered["name"] == PLUGIN["name"]
    assert offered["version"] == PLUGIN["version"] == project.version
    assert (ROOT / offered["source"] / ".claude-plugin" / "plugin.json").is_file()


def test_the_server_comes_from_the_plugin_in_locked_versions() -> None:
    paths = [argument for argument in SERVER["args"] if argument.startswith("${CLAUDE_PLUGIN_ROOT}")]
    assert len(paths) == 2
    for path in paths:
        assert (ROOT / path.removeprefix("${CLAUDE_PLUGIN_ROOT}").lstrip("/")).exists()


def test_what_the_server_gets_is_asked_for() -> None:
    """A server whose reference has neither a value nor a default is not started."""
    asked = PLUGIN["userConfig"]
    assert {value.removeprefix("${user_config.").rstrip("}") for value in SERVER["env"].values()} == set(asked)
    assert all("default" in field for field in asked.values() if not field["required"])
    assert asked["webhook_url"]["sensitive"] is True
    assert asked["webhook_url"]["required"] is True
    assert "default" not in asked["webhook_url"]


def test_the_skill_is_found_and_introduces_itself() -> None:
    (folder,) = PLUGIN["skills"]
    assert [path.parent.name for path in (ROOT / folder).glob("*/SKILL.md")] == ["bitrix24-dialogs"]
    _, head, body = SKILL.split("---\n", 2)
    introduction = yaml.safe_load(head)
    assert introduction["name"] == "bitrix24-dialogs"
    assert 200 < len(introduction["description"]) <= 1024
    for word in ("Bitrix24", "Open Channels", "открытые линии", "перехватить", "закрепить"):
        assert word in introduction["description"]
    assert len(SKILL.splitlines()) < 150
    assert body.lstrip().startswith("# ")


def all_fields(schema: dict[str, Any]) -> set[str]:
    """The names of a result's fields, at any depth."""
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return set(schema.get("properties", {})).union(*(all_fields(each) for each in inner))


def test_the_skill_names_tools_and_arguments_that_exist(project: Project) -> None:
    known = {tool.name: {item.name for item in tool.parameters.items} for tool in project.tools}
    arguments = set().union(*known.values())
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", SKILL))
    named |= set(re.findall(r"`([a-z]+(?:_[a-z]+)*): ", SKILL))
    named |= {name for name in known if f"`{name}`" in SKILL}  # of one word, too
    fields = {"your_role", "changed", "verified", "outcome", "closing", "visible_to_client"}
    assert fields <= {name for tool in project.tools for name in all_fields(result_schema(tool.result))}
    assert named - arguments - fields <= set(known)
    assert set(known) <= named


def test_the_skill_has_every_act_that_cannot_be_undone_asked_for(project: Project) -> None:
    _, section = SKILL.split("## Ask first\n", 1)
    _, table, *_ = section.split("\n\n")
    asked = re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    assert set(asked) == {tool.name for tool in project.tools if tool.effect is Effect.DESTRUCTIVE}
