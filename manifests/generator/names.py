"""The publisher's names and the version, kept right inside files that people write."""

import re
from pathlib import Path

from generator.project import Project
from generator.publisher import IMAGE

_WRITTEN_BY_HAND = (
    "Dockerfile",
    "pyproject.toml",
    "docs/*.md",
    "manifests/compose.yaml",
    "manifests/kubernetes/**/*.yaml",
)


def written_files(root: Path) -> list[Path]:
    """The files written by hand that name the publisher or the version."""
    return sorted(path for pattern in _WRITTEN_BY_HAND for path in root.glob(pattern))


def with_names(text: str, project: Project) -> str:
    """``text`` with the image, the repository, the name in the registry and the version as they are now."""
    publisher, package = project.publisher, re.escape(project.package)
    for pattern, replacement in (
        # Whoever owns the package proves with this line that the entry in the registry is theirs.
        (r"<!-- mcp-name: \S+ -->", f"<!-- mcp-name: {publisher.registry_name} -->"),
        (rf"https://(?!pypi\.org)[\w.-]+(?:/[\w.-]+)*/{package}(?![\w-])", publisher.repository),
        (rf"(?<![\w./]){IMAGE}(?![\w/-])", publisher.image),
        (rf"({package}(?::|==|@))\d[\w.]*\w", rf"\g<1>{project.version}"),
        (r"(?m)^(\s*newTag: \"?)\d[\w.]*\w", rf"\g<1>{project.version}"),  # kustomize keeps the tag apart
    ):
        text = re.sub(pattern, replacement, text)
    for argument, value in (
        ("VERSION", project.version),
        ("PUBLISHER", publisher.name),
        ("CONTACT", publisher.contact),
        ("REPOSITORY", publisher.repository),
        ("HOMEPAGE", publisher.homepage),
        ("REGISTRY_NAME", publisher.registry_name),
    ):
        text = re.sub(rf'(?m)^ARG {argument}="[^"]*"', f'ARG {argument}="{value}"', text)
    return text
