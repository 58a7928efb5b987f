"""The bundle for desktop clients: its manifest, what is in it, and that it runs on its own."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import anyio
import jsonschema
import pytest
import tomlkit
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from packaging.requirements import Requirement

import bundle
from generator.mcpb import bundled_project
from generator.project import Project
from tests.manifests.conftest import ROOT

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "mcpb-manifest-v0.4.schema.json").read_text(encoding="utf-8"))
MANIFEST: dict[str, Any] = json.loads((ROOT / "manifests" / "mcpb" / "manifest.json").read_text(encoding="utf-8"))


def complaints(manifest: dict[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(manifest)]


def test_the_manifest_keeps_to_the_schema() -> None:
    assert complaints(MANIFEST) == []
    assert complaints({**MANIFEST, "manifest_version": "0.5"})
    assert complaints({**MANIFEST, "user_config": {"webhook_url": {"type": "secret", "title": "", "description": ""}}})


def test_it_tells_of_this_version_and_all_its_tools(project: Project) -> None:
    assert MANIFEST["version"] == project.version
    assert [tool["name"] for tool in MANIFEST["tools"]] == [tool.name for tool in project.default_tools]
    assert all(tool["description"] for tool in MANIFEST["tools"])
    assert MANIFEST["tools_generated"] is True  # those of toolsets that are switched on
    assert MANIFEST["prompts_generated"] is True


def test_the_webhook_is_asked_for_and_hidden() -> None:
    webhook = MANIFEST["user_config"]["webhook_url"]
    assert webhook["sensitive"] is True
    assert webhook["required"] is True
    assert "default" not in webhook


def test_what_the_server_gets_is_asked_for() -> None:
    """A client puts a value in place of a reference only if there is one, entered or by default."""
    environment = MANIFEST["server"]["mcp_config"]["env"]
    asked = MANIFEST["user_config"]
    assert {value.removeprefix("${user_config.").rstrip("}") for value in environment.values()} == set(asked)
    assert all("default" in field for field in asked.values() if not field["required"])
    assert environment["BITRIX24_WEBHOOK_URL"] == "${user_config.webhook_url}"


def test_the_bundle_holds_what_runs_and_nothing_else(project: Project, tmp_path: Path) -> None:
    bundle.assemble(project, tmp_path / "mcpb")
    bundle.pack(tmp_path / "mcpb", tmp_path / "one.mcpb")
    with ZipFile(tmp_path / "one.mcpb") as archive:
        names = archive.namelist()
    assert {name for name in names if not name.startswith("server/bitrix24_dialogs/")} == {
        "LICENSE",
        "README.md",
        "manifest.json",
        "pyproject.toml",
        "server/main.py",
    }
    packed = {name for name in names if name.startswith("server/")} - {"server/main.py"}
    files = (path for path in (ROOT / "server" / "bitrix24_dialogs").rglob("*") if path.is_file())
    assert packed == {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}
    assert (tmp_path / "mcpb" / "manifest.json").read_text(encoding="utf-8") == (
        ROOT / "manifests" / "mcpb" / "manifest.json"
    ).read_text(encoding="utf-8")


def test_the_same_sources_give_the_same_bytes(project: Project, tmp_path: Path) -> None:
    for name in ("one", "two"):
        bundle.assemble(project, tmp_path / name / "mcpb")
        bundle.pack(tmp_path / name / "mcpb", tmp_path / f"{name}.mcpb")
    assert (tmp_path / "one.mcpb").read_bytes() == (tmp_path / "two.mcpb").read_bytes()


def test_the_bundle_pins_every_dependency(project: Project) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    made = tomlkit.parse(bundled_project(project, lock)).unwrap()
    assert made["tool"]["uv"]["package"] is False
    pins = {pin.name: pin for pin in map(Requirement, made["tool"]["uv"]["constraint-dependencies"])}
    assert len(pins) == len(re.findall(r"(?m)^\S+==", lock))
    assert len(pins) > 25
    for pin in pins.values():
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)), pin
    for needed in map(Requirement, made["project"]["dependencies"]):
        assert needed.specifier.contains(str(pins[needed.name].specifier).removeprefix("==")), needed
        for further in map(Requirement, requires(needed.name) or []):
            if further.marker is None or further.marker.evaluate({"extra": ""}):
                assert further.name.lower() in pins, further


@pytest.mark.anyio
async def test_the_assembled_server_starts_by_its_entry_point(project: Project, tmp_path: Path) -> None:
    """As the manifest has uv start it, but on the packages that are installed here; outside checks have uv itself."""
    folder = tmp_path / "mcpb"
    bundle.assemble(project, folder)
    asked = {field["title"]: field.get("default") for field in MANIFEST["user_config"].values()}
    assert asked.pop("Bitrix24 webhook") is None
    environment = {
        name: {True: "true", False: "false"}.get(default, default)
        for name, default in zip(list(MANIFEST["server"]["mcp_config"]["env"])[1:], asked.values(), strict=True)
    }
    started = StdioServerParameters(
        command=sys.executable,
        args=[MANIFEST["server"]["entry_point"]],
        cwd=str(folder),
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "BITRIX24_DEMO": "1", **environment},
    )
    with anyio.fail_after(60):
        async with Client(stdio_client(started)) as client:
            tools = (await client.list_tools()).tools
            result = await client.call_tool("dialog_get", {"chat_id": 2043})
            prompts = (await client.list_prompts()).prompts
    assert [tool.name for tool in tools] == [tool["name"] for tool in MANIFEST["tools"]]
    assert not result.is_error
    assert prompts


def test_the_entry_point_runs_the_package_beside_it(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "mcpb"
    bundle.assemble(project, folder)
    (folder / "server" / "bitrix24_dialogs" / "__init__.py").write_text('__version__ = "the bundled one"\n')
    said = subprocess.run(
        [sys.executable, MANIFEST["server"]["entry_point"], "--version"],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},  # without what would have coverage measure the copy, too
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said == "bitrix24-dialogs-mcp the bundled one\n"
