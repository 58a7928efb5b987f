"""The Claude Code plugin, and the marketplace that offers it. The repository itself is both."""

from typing import Any

from generator.form import environment, user_config
from generator.project import NAME, Project

_ROOT = "${CLAUDE_PLUGIN_ROOT}"


def plugin_manifest(project: Project) -> dict[str, Any]:
    """``plugin.json``: the server from the plugin's own sources in locked versions, its settings, and the skill."""
    publisher = project.publisher
    return {
        "name": NAME,
        "displayName": project.title,
        "version": project.version,
        "description": project.summary,
        "author": {"name": publisher.name, "email": publisher.contact},
        "homepage": publisher.homepage,
        "repository": publisher.repository,
        "license": project.license,
        "keywords": list(project.keywords),
        "skills": ["./manifests/skills/"],
        "mcpServers": {
            NAME: {
                "command": "uvx",
                "args": ["--from", _ROOT, "--constraints", f"{_ROOT}/requirements.lock", project.package, "serve"],
                "env": environment(project),
            }
        },
        "userConfig": user_config(project),
    }


def marketplace(project: Project) -> dict[str, Any]:
    """``marketplace.json``: the one plugin that this repository offers."""
    publisher = project.publisher
    return {
        "name": NAME,
        "owner": {"name": publisher.name, "email": publisher.contact},
        "description": project.summary,
        "plugins": [
            {
                "name": NAME,
                "source": "./",
                "description": project.summary,
                "version": project.version,
                "category": "productivity",
                "keywords": list(project.keywords),
            }
        ],
    }
