"""What ``make release-check`` lets pass, and what it does not."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.project import Project
from release_check import problems
from tests.manifests.conftest import FILLED_IN, IDENTITY, write_manifests

Rewrite = Callable[[str, dict[str, str]], None]


@pytest.fixture
def filled_in(copy: Path, rewrite: Rewrite) -> Path:
    """A copy whose publisher is known, with its manifests made anew."""
    rewrite(IDENTITY, FILLED_IN)
    write_manifests(copy)
    return copy


def check(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, root / "manifests" / "release_check.py"],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(root), *identity, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_placeholders_are_refused_by_name_and_place(copy: Path) -> None:
    done = check(copy)
    assert done.returncode == 1
    for placeholder in FILLED_IN:
        assert re.search(rf"manifests/identity\.toml, line \d+: {re.escape(placeholder)} is a placeholder", done.stderr)
    assert "make manifests" in done.stderr


def test_a_filled_in_copy_is_ready(filled_in: Path, project: Project) -> None:
    done = check(filled_in)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Ready for a release: io.github.Acme-Corp/bitrix24-dialogs-mcp {project.version}\n"


def test_manifests_made_before_the_change_are_refused(copy: Path, rewrite: Rewrite) -> None:
    rewrite(IDENTITY, FILLED_IN)
    found = list(problems(copy))
    assert "manifests/server.json is out of date; run: make manifests" in found
    assert ".claude-plugin/plugin.json is out of date; run: make manifests" in found


def test_an_identity_that_cannot_be_used_is_refused(filled_in: Path, rewrite: Rewrite) -> None:
    rewrite(IDENTITY, {"mcp@acme.example": "nobody"})
    assert list(problems(filled_in)) == ["identity.toml: contact must be an e-mail address"]


def test_a_placeholder_in_a_file_that_people_write_is_refused(filled_in: Path) -> None:
    (filled_in / "docs" / "operations.md").write_text("# Operations\n\nAsk you@example.com.\n", encoding="utf-8")
    assert list(problems(filled_in)) == [
        "docs/operations.md, line 3: you@example.com is a placeholder; write what manifests/identity.toml says"
    ]


def test_another_version_is_refused(filled_in: Path, project: Project) -> None:
    (filled_in / "manifests" / "notes.md").write_text("uvx bitrix24-dialogs-mcp@9.9.9\n", encoding="utf-8")
    assert list(problems(filled_in)) == [
        f"manifests/notes.md, line 1: version 9.9.9, and the package is {project.version}"
    ]


def test_git_knows_more(filled_in: Path, rewrite: Rewrite, project: Project) -> None:
    git(filled_in, "init", "--quiet")
    assert list(problems(filled_in)) == [
        f"manifests/identity.toml: catalog_commit {FILLED_IN['0' * 40]} is no commit of this repository",
        "there are changes that are not committed; commit them",
    ]
    git(filled_in, "add", ".")
    git(filled_in, "commit", "--quiet", "-m", "Name the publisher")
    for name in (IDENTITY, "manifests/docker-catalog/server.yaml"):
        rewrite(name, {FILLED_IN["0" * 40]: git(filled_in, "rev-parse", "HEAD")})
    git(filled_in, "commit", "--quiet", "-am", "Name the commit for the catalog")
    assert list(problems(filled_in)) == []
    git(filled_in, "tag", f"v{project.version}")
    assert list(problems(filled_in)) == []
    git(filled_in, "commit", "--quiet", "--allow-empty", "-m", "More")
    (found,) = problems(filled_in)
    assert found.startswith(f"v{project.version} is released already")
