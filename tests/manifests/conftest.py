"""What the manifests' tests share: the project that they are made from, and copies of it to change."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.files import generated_files
from generator.project import Project, read_project

ROOT = Path(__file__).resolve().parent.parent.parent

_COPIED = ("Dockerfile", "LICENSE", "README.md", "docs", "manifests", ".claude-plugin", "pyproject.toml", "*.lock")

IDENTITY = "manifests/identity.toml"
_NOBODY = """
owner = "your-organisation"
name = "Your Organisation"
contact = "you@example.com"
repository = "https://github.com/{owner}/bitrix24-dialogs-mcp"
homepage = "https://github.com/{owner}/bitrix24-dialogs-mcp"
support = "https://github.com/{owner}/bitrix24-dialogs-mcp/issues"
privacy_policy = "https://github.com/{owner}/bitrix24-dialogs-mcp#privacy"
icon = "https://github.com/{owner}.png"
image = "ghcr.io/{owner}/bitrix24-dialogs-mcp"
registry_name = "io.github.{owner}/bitrix24-dialogs-mcp"
catalog_commit = "0000000000000000000000000000000000000000"
"""

FILLED_IN = {
    "your-organisation": "Acme-Corp",
    "Your Organisation": "Acme Corporation",
    "you@example.com": "mcp@acme.example",
    "0" * 40: "0123456789abcdef0123456789abcdef01234567",
}
"""What somebody who publishes would write for the placeholders."""


@pytest.fixture(scope="session")
def project() -> Project:
    return read_project(ROOT)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of all that the manifests are made from and written to, as if nobody published it yet."""
    copied = tmp_path / "copy"
    copied.mkdir()
    for path in (found for pattern in _COPIED for found in ROOT.glob(pattern)):
        if path.is_dir():
            shutil.copytree(path, copied / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, copied)
    (copied / IDENTITY).write_text(_NOBODY, encoding="utf-8")
    write_manifests(copied)
    return copied


def write_manifests(root: Path) -> None:
    """``make manifests`` in ``root``."""
    for path, text in generated_files(read_project(root)).items():
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def rewrite(copy: Path) -> Callable[[str, dict[str, str]], None]:
    """Change texts in a file of the copy; each must be there."""

    def rewrite_file(name: str, changes: dict[str, str]) -> None:
        text = (copy / name).read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        (copy / name).write_text(text, encoding="utf-8")

    return rewrite_file
