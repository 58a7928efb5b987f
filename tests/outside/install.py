"""Install the programs from outside into the virtual environment, each locked by its hash: ``make check`` runs this.

Without a network the reason is kept for the tests, which skip themselves with it. A lock that does not fit is a
failure instead: it would skip them for ever.
"""

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.outside.tools import FOLDER, NOT_INSTALLED_BECAUSE, node

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent.parent
_LISTS = ("package.json", "package-lock.json")
_LONGEST = 900
_BRIEF_RETRIES = ("--fetch-retries=1", "--fetch-timeout=60000")
_LOCK_DOES_NOT_FIT = ("EUSAGE", "EINTEGRITY", "DO NOT MATCH THE HASHES", "--require-hashes mode")


class InstallError(Exception):
    """An installer did not succeed."""

    def __init__(self, what: str, said: str) -> None:
        lines = [line.strip()[:200] for line in said.splitlines() if "error" in line.lower()]
        super().__init__(f"{what}: {'; '.join(lines[:2]) or 'it did not say why'}")
        self.is_ours = any(sign in said for sign in _LOCK_DOES_NOT_FIT)


def main(arguments: Sequence[str]) -> int:
    """Install, or with ``--lock`` write package-lock.json anew.

    Returns:
        0 too if the network did not allow it; the tests say so. 1 if a lock does not fit.
    """
    FOLDER.mkdir(exist_ok=True)
    NOT_INSTALLED_BECAUSE.unlink(missing_ok=True)
    try:
        install_node()
        if "--lock" in arguments:
            lock_packages()
        else:
            install_packages()
    except InstallError as error:
        sys.stderr.write(f"{error}\n")
        if error.is_ours or "--lock" in arguments:
            return 1
        NOT_INSTALLED_BECAUSE.write_text(f"{error}\n", encoding="utf-8")
    return 0


def install_node() -> None:
    """Node, and what else the lock of Python packages names."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--require-hashes"]
    _install("pip", [*pip, "-r", str(_ROOT / "requirements-check.lock")], _ROOT)
    importlib.invalidate_caches()


def install_packages() -> None:
    """The npm packages. Their own install steps do not run, but for Claude Code's, which puts its program in place."""
    for name in _LISTS:
        shutil.copy(_HERE / name, FOLDER / name)
    _npm("view", "npm", "version", *_BRIEF_RETRIES)  # without a network, installing says nothing that helps
    _npm("ci", "--ignore-scripts", *_BRIEF_RETRIES)
    claude_code = FOLDER / "node_modules" / "@anthropic-ai" / "claude-code"
    _install("Claude Code", [str(node()), str(claude_code / "install.cjs")], claude_code)


def lock_packages() -> None:
    """Write the lock without the addresses that packages came from or ask for money at."""
    shutil.copy(_HERE / "package.json", FOLDER / "package.json")
    (FOLDER / "package-lock.json").unlink(missing_ok=True)
    shutil.rmtree(FOLDER / "node_modules", ignore_errors=True)
    _npm("install", "--package-lock-only", "--omit-lockfile-registry-resolved")
    lock = json.loads((FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
    (_HERE / "package-lock.json").write_text(json.dumps(lock, indent=1) + "\n", encoding="utf-8")


def _npm(*arguments: str) -> None:
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _install("npm", [str(node()), str(npm), *arguments, "--no-audit", "--no-fund"], FOLDER)


def _install(what: str, command: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise InstallError(what, f"error: not finished after {_LONGEST} seconds") from None
    if done.returncode != 0:
        raise InstallError(what, done.stderr + done.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
