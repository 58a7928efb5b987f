"""Every generated file, by its path."""

from pathlib import Path

from bitrix24_dialogs.cli.tools import tools_json
from bitrix24_dialogs.handlers.tools import published
from generator.claude_plugin import marketplace, plugin_manifest
from generator.clients import client_files
from generator.docker_catalog import catalog_entry, catalog_tools
from generator.mcpb import mcpb_manifest
from generator.names import with_names, written_files
from generator.project import Project, as_json
from generator.readme import readme
from generator.registry import server_json


def generated_files(project: Project) -> dict[Path, str]:
    """The text that each file should have.

    Raises:
        MarkersMissing: the README has no place for a part.
    """
    manifests, plugin = project.root / "manifests", project.root / ".claude-plugin"
    readme_file = project.root / "README.md"
    return {
        manifests / "tools.json": _tools(project),
        manifests / "server.json": as_json(server_json(project)),
        manifests / "mcpb" / "manifest.json": as_json(mcpb_manifest(project)),
        manifests / "docker-catalog" / "server.yaml": catalog_entry(project),
        manifests / "docker-catalog" / "tools.json": as_json(catalog_tools(project)),
        **{manifests / name: text for name, text in client_files(project).items()},
        plugin / "plugin.json": as_json(plugin_manifest(project)),
        plugin / "marketplace.json": as_json(marketplace(project)),
        **{path: with_names(path.read_text(encoding="utf-8"), project) for path in written_files(project.root)},
        readme_file: readme(readme_file.read_text(encoding="utf-8"), project),
    }


def stale_files(wanted: dict[Path, str]) -> list[Path]:
    """Those whose text is another, or that are not there."""
    return [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def _tools(project: Project) -> str:
    """The list of tools as clients get it."""
    return tools_json([published(tool).model_dump(by_alias=True, exclude_none=True) for tool in project.tools]) + "\n"
