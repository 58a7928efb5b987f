"""Says what stands between this copy and a release.

``python manifests/release_check.py``, or ``make release-check``.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from generator.files import generated_files, stale_files
from generator.project import Project, read_project
from generator.publisher import PLACEHOLDERS, IdentityError
from generator.readme import MarkersMissing

ROOT = Path(__file__).resolve().parent.parent

_PUBLISHED = ("README.md", "Dockerfile", "docs", "manifests", ".claude-plugin")
"""Where names of the publisher and versions reach people and programs."""


def problems(root: Path) -> Iterator[str]:
    """Everything that has to be changed before a release, each with its place."""
    identity = root / "manifests" / "identity.toml"
    placeholders = [*_placeholders(identity, root)]
    yield from (f"{place}; write there what is yours, then run: make manifests" for place in placeholders)
    try:
        project = read_project(root)
        wanted = generated_files(project)
    except (IdentityError, MarkersMissing) as error:
        yield f"{error}"
        return
    for path in stale_files(wanted):
        yield f"{path.relative_to(root)} is out of date; run: make manifests"
    if not re.fullmatch(r"\d+\.\d+\.\d+", project.version):
        yield f"the version {project.version} is none for a release; change server/bitrix24_dialogs/__init__.py"
    for path in _files(root):
        if path != identity and not placeholders:
            yield from (f"{place}; write what manifests/identity.toml says" for place in _placeholders(path, root))
        yield from _other_versions(path, project)
    yield from _of_git(project)


def _placeholders(path: Path, root: Path) -> Iterator[str]:
    for number, line in _lines(path):
        for placeholder in PLACEHOLDERS:
            if placeholder in line:
                yield f"{path.relative_to(root)}, line {number}: {placeholder} is a placeholder"


def _other_versions(path: Path, project: Project) -> Iterator[str]:
    """Where the package or its image is named in another version than this one."""
    for number, line in _lines(path):
        for version in re.findall(rf"{re.escape(project.package)}(?:@|:|==)v?(\d[\w.]*\w)", line):
            if version != project.version:
                place = f"{path.relative_to(project.root)}, line {number}"
                yield f"{place}: version {version}, and the package is {project.version}"


def _of_git(project: Project) -> Iterator[str]:
    """What git knows, where there is git."""
    if not (project.root / ".git").exists():
        return
    commit = project.publisher.catalog_commit
    if commit.strip("0") and _git(project.root, "cat-file", "-t", commit) != "commit":
        yield f"manifests/identity.toml: catalog_commit {commit} is no commit of this repository"
    if _git(project.root, "status", "--porcelain"):
        yield "there are changes that are not committed; commit them"
    tag = f"v{project.version}"
    tagged = _git(project.root, "rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}")
    if tagged and tagged != _git(project.root, "rev-parse", "HEAD"):
        yield f"{tag} is released already; raise the version in server/bitrix24_dialogs/__init__.py"


def _git(root: Path, *arguments: str) -> str:
    """What git prints; nothing if it fails or is not installed."""
    try:
        done = subprocess.run(  # noqa: S603 - git with our own arguments
            ["git", "-C", str(root), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def _files(root: Path) -> Iterator[Path]:
    for name in _PUBLISHED:
        path = root / name
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in inside if file.is_file() and file.suffix not in {".py", ".pyc"})


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        yield from enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    except (OSError, UnicodeError):
        return


def main() -> int:
    """Print every problem; the exit code is 1 if there is one."""
    found = list(problems(ROOT))
    if found:
        sys.stderr.write("Not ready for a release:\n" + "".join(f"  - {problem}\n" for problem in found))
        return 1
    project = read_project(ROOT)
    sys.stdout.write(f"Ready for a release: {project.publisher.registry_name} {project.version}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
