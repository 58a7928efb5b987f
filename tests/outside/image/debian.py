"""Where no container engine runs: buildah builds on a stand-in for the base image, and runc runs what it built."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.outside.image.engine import SECRETS, Engine, NoEngineError, Reach, Start, attempt, one_at_a_time, succeed
from tests.outside.image.standin import stand_in

_PROGRAMS = ("buildah", "debootstrap", "runc", "nsenter")
_PACKAGES = ("buildah", "debootstrap", "runc", "util-linux")
_INSTALL_SECONDS = 600
_ENVIRONMENT = {"BUILDAH_ISOLATION": "chroot", "BUILDAH_FORMAT": "docker"}


class Debian(Engine):
    """Real are the steps, the image and the container; the base image and its version of Python are not."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._image = f"localhost/bitrix24-dialogs-mcp:check-{os.getpid()}"
        self._folder = Path(tempfile.mkdtemp(prefix="image-check-"))
        self._stand_in = ""
        self._unpacked = ""

    def build(self, context: Path) -> None:
        with one_at_a_time():
            self._stand_in = stand_in(_ENVIRONMENT)
        instead = f"{self._base}=container-image://{self._stand_in}"
        self._buildah("build", "--pull-never", "--build-context", instead, "--tag", self._image, str(context))
        self._unpacked = self._buildah("from", "--pull-never", self._image)

    def save(self, file: Path) -> None:
        self._buildah("push", "--quiet", self._image, f"docker-archive:{file}")

    def base_layers(self) -> int:
        return len(self._inspect(self._stand_in)["rootfs"]["diff_ids"])

    def run(self, start: Start) -> list[str]:
        bundle = self._folder / start.name
        bundle.mkdir()
        succeed([*self._runc(), "spec", "--bundle", str(bundle)])
        file = bundle / "config.json"
        file.write_text(json.dumps(self._contained(json.loads(file.read_text(encoding="utf-8")), start)))
        return [*self._runc(), "run", "--bundle", str(bundle), start.name]

    def inside(self, name: str, command: Sequence[str]) -> list[str]:
        return [*self._runc(), "exec", name, *command]

    def reach(self, name: str) -> Reach:
        pid = json.loads(succeed([*self._runc(), "state", name]))["pid"]
        return Reach("http://127.0.0.1:8000", ["nsenter", f"--net=/proc/{pid}/ns/net"])

    def remove(self, name: str) -> None:
        attempt([*self._runc(), "delete", "--force", name])

    def close(self) -> None:
        attempt(["buildah", "rm", self._unpacked])
        attempt(["buildah", "rmi", "--force", self._image])
        shutil.rmtree(self._folder, ignore_errors=True)

    def _contained(self, spec: dict[str, Any], start: Start) -> dict[str, Any]:
        """What runc proposes, with the image's own configuration, and without groups of control that may be missing."""
        image = self._inspect(self._image)["config"]
        uid, _, gid = image["User"].partition(":")
        environment = [*image["Env"], *(f"{name}={value}" for name, value in start.environment.items())]
        spec["process"] |= {
            "terminal": False,
            "user": {"uid": int(uid), "gid": int(gid)},
            "args": [*image["Entrypoint"], *(start.arguments or image["Cmd"])],
            "env": environment,
            "cwd": image["WorkingDir"],
            "capabilities": {},
            "noNewPrivileges": True,
        }
        spec["root"] = {"path": self._buildah("mount", self._unpacked), "readonly": True}
        spec["mounts"] = [mount for mount in spec["mounts"] if mount["type"] != "cgroup"]
        spec["linux"].pop("resources", None)
        if start.secrets is not None:
            options = ["rbind", "ro"]
            spec["mounts"].append({"destination": SECRETS, "source": str(start.secrets), "options": options})
        return spec

    def _inspect(self, image: str) -> dict[str, Any]:
        inspected: dict[str, Any] = json.loads(self._buildah("inspect", "--type", "image", image))["OCIv1"]
        return inspected

    def _runc(self) -> list[str]:
        return ["runc", "--root", str(self._folder / "state")]

    def _buildah(self, *arguments: str) -> str:
        return succeed(["buildah", *arguments], _ENVIRONMENT).strip()


def debian(base: str) -> Debian:
    """buildah and runc, installed if they are not there and can be.

    Raises:
        NoEngineError: they are not there and cannot be installed, or cannot work here.
    """
    if os.getuid() != 0:
        raise NoEngineError("buildah cannot be used: not root")
    with one_at_a_time():
        if not all(map(shutil.which, _PROGRAMS)):
            _install()
    if not attempt(["unshare", "--mount", "--pid", "--net", "--fork", "true"]):
        raise NoEngineError("buildah and runc need namespaces, and this machine's root may make none")
    if not attempt(["buildah", "info"]):
        raise NoEngineError("buildah can keep no image on this machine's disk")
    return Debian(base)


def _install() -> None:
    apt = shutil.which("apt-get")
    if apt is None:
        raise NoEngineError("buildah cannot be installed: no apt-get")
    for command in (["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", *_PACKAGES]):
        try:
            done = subprocess.run(
                [apt, f"-oDPkg::Lock::Timeout={_INSTALL_SECONDS // 2}", *command],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NoEngineError(f"buildah cannot be installed: apt-get {command[0]} takes too long") from None
        # Sources of other people's packages may be out of reach; what counts is whether ours could be installed.
        if done.returncode != 0 and command[0] == "install":
            said = done.stderr.strip().splitlines() or ["it said nothing"]
            raise NoEngineError(f"buildah cannot be installed: {said[-1]}")
