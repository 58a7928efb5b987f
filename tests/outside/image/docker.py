"""Docker, or Podman by the same commands."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.outside.image.engine import SECRETS, Engine, NoEngineError, Reach, Start, attempt, succeed

_ANSWER_SECONDS = 30
_PULL_SECONDS = 600


class Docker(Engine):
    """Builds on the real base image, from its registry."""

    def __init__(self, program: str, base: str) -> None:
        self._program = program
        self._base = base
        self._image = f"localhost/bitrix24-dialogs-mcp:check-{os.getpid()}"

    def build(self, context: Path) -> None:
        # Podman leaves the health check out of an image of its own format.
        succeed([self._program, "build", "--tag", self._image, str(context)], {"BUILDAH_FORMAT": "docker"})

    def save(self, file: Path) -> None:
        succeed([self._program, "save", "--output", str(file), self._image])

    def base_layers(self) -> int:
        return len(json.loads(succeed([self._program, "image", "inspect", self._base]))[0]["RootFS"]["Layers"])

    def run(self, start: Start) -> list[str]:
        options = ["--rm", "--name", start.name, "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
        options += ["--publish", "127.0.0.1::8000"]
        options += [word for name, value in start.environment.items() for word in ("--env", f"{name}={value}")]
        if start.secrets is not None:
            options += ["--volume", f"{start.secrets}:{SECRETS}:ro"]
        if start.interactive:
            options.append("--interactive")
        return [self._program, "run", *options, self._image, *start.arguments]

    def inside(self, name: str, command: Sequence[str]) -> list[str]:
        return [self._program, "exec", name, *command]

    def reach(self, name: str) -> Reach:
        address = succeed([self._program, "port", name, "8000/tcp"]).split()[0]
        return Reach(f"http://{address}")

    def remove(self, name: str) -> None:
        attempt([self._program, "rm", "--force", name])

    def close(self) -> None:
        attempt([self._program, "image", "rm", "--force", self._image])


def docker(base: str) -> Docker:
    """The engine of this machine.

    Raises:
        NoEngineError: none answers, or none can get the base image.
    """
    for program in ("docker", "podman"):
        found = shutil.which(program)
        if found is None or not _does([found, "info"], _ANSWER_SECONDS):
            continue
        if not _does([found, "pull", base], _PULL_SECONDS):
            raise NoEngineError(f"{program} cannot get {base}")
        return Docker(found, base)
    raise NoEngineError("no container engine answers")


def _does(command: Sequence[str], seconds: float) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=seconds, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
