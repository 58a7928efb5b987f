"""The bundle that desktop clients install with a double click: its manifest, and the project file inside it."""

import re
from typing import Any

import tomlkit

from generator.form import environment, user_config
from generator.project import NAME, Project

ENTRY_POINT = "server/main.py"


def mcpb_manifest(project: Project) -> dict[str, Any]:
    """``manifest.json`` of the bundle, format 0.4. uv brings Python and the dependencies where it is installed."""
    publisher = project.publisher
    return {
        "manifest_version": "0.4",
        "name": NAME,
        "display_name": project.title,
        "version": project.version,
        "description": project.summary,
        "long_description": project.description,
        "author": {"name": publisher.name, "email": publisher.contact, "url": publisher.homepage},
        "repository": {"type": "git", "url": publisher.repository},
        "homepage": publisher.homepage,
        "documentation": publisher.repository,
        "support": publisher.support,
        "server": {
            "type": "uv",
            "entry_point": ENTRY_POINT,
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", ENTRY_POINT],
                "env": environment(project),
            },
        },
        "tools": [{"name": tool.name, "description": tool.description} for tool in project.default_tools],
        "tools_generated": True,  # a field of the form switches others on
        "prompts_generated": True,  # their texts depend on the language, the tools and the arguments
        "keywords": list(project.keywords),
        "license": project.license,
        "privacy_policies": [publisher.privacy_policy],
        "compatibility": {"platforms": ["darwin", "linux", "win32"], "runtimes": {"python": project.python}},
        "user_config": user_config(project),
    }


def bundled_project(project: Project, lock: str) -> str:
    """``pyproject.toml`` inside the bundle: every dependency in the version of ``lock``, nothing to build.

    Arguments:
        project: what is bundled.
        lock: the text of ``requirements.lock``.
    """
    pins = re.findall(r"^([a-z][^\s;\\]*==[^\\\n]*?)\s*\\?$", lock, flags=re.MULTILINE)
    content = {
        "project": {
            "name": project.package,
            "version": project.version,
            "requires-python": project.python,
            "dependencies": list(project.dependencies),
        },
        "tool": {"uv": {"package": False, "constraint-dependencies": pins}},
    }
    return tomlkit.dumps(content)
