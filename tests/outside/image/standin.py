"""A stand-in for Python's base image, where no registry of images is reached: Debian with its own Python.

It is kept in buildah's storage, under a name that tells what it was made from.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.outside.image.engine import NoEngineError, attempt, succeed

_RECIPE = "1"  # another number makes it anew
_INCLUDED = "ca-certificates,python3,python3-pip,python3-venv"
_BUNDLE = "etc/ssl/certs/ca-certificates.crt"
_SECONDS = 900


def stand_in(environment: Mapping[str, str]) -> str:
    """The name of the stand-in, made if it is not there.

    Raises:
        NoEngineError: Debian's packages are out of reach.
    """
    suite, pip, authorities = _suite(), _pip_configuration(), _authorities()
    made_from = hashlib.sha256("\0".join((_RECIPE, suite, pip)).encode() + authorities).hexdigest()[:12]
    name = f"localhost/stand-in-for-python:{suite}-{made_from}"
    if attempt(["buildah", "inspect", "--type", "image", name]):
        return name
    folder = Path(tempfile.mkdtemp(prefix="stand-in-"))
    try:
        _make_root(folder / "root", suite, pip, authorities)
        _commit(folder / "root", name, environment)
    finally:
        shutil.rmtree(folder)
    return name


def _make_root(root: Path, suite: str, pip: str, authorities: bytes) -> None:
    command = ["debootstrap", "--variant=minbase", f"--include={_INCLUDED}", suite, str(root), *_mirror(suite)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise NoEngineError("debootstrap takes too long") from None
    except FileNotFoundError:
        raise NoEngineError("debootstrap is not there") from None
    if done.returncode != 0:
        said = done.stdout.strip().splitlines() or ["it said nothing"]
        raise NoEngineError(f"debootstrap cannot make a base: {said[-1]}")
    for name in ("python", "pip"):
        (root / "usr/local/bin" / name).symlink_to(f"/usr/bin/{name}3")
    for library in (root / "usr/lib").glob("python3*"):
        (library / "EXTERNALLY-MANAGED").unlink(missing_ok=True)
        for compiled in list(library.rglob("__pycache__")):  # the real base brings none either
            shutil.rmtree(compiled)
    # What this machine needs to reach its index of Python packages.
    (root / "etc/pip.conf").write_text(pip, encoding="utf-8")
    (root / _BUNDLE).write_bytes(authorities)


def _commit(root: Path, name: str, environment: Mapping[str, str]) -> None:
    container = succeed(["buildah", "from", "scratch"], environment).strip()
    try:
        succeed(["buildah", "add", "--quiet", container, str(root), "/"], environment)
        path = "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
        succeed(["buildah", "config", "--env", path, "--cmd", "python3", container], environment)
        succeed(["buildah", "commit", "--quiet", container, name], environment)
    finally:
        succeed(["buildah", "rm", container], environment)


def _suite() -> str:
    system = platform.freedesktop_os_release()
    return system.get("VERSION_CODENAME", "bookworm") if system.get("ID") == "debian" else "bookworm"


def _mirror(suite: str) -> list[str]:
    """Where this machine gets Debian's packages from; empty for debootstrap's own choice."""
    if shutil.which("apt-get") is None:
        return []
    targets = ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"]
    found = [line.split() for line in succeed(targets).splitlines()]
    return next(([words[1]] for words in found if words[0] == suite), [])


def _pip_configuration() -> str:
    """How pip reaches its index on this machine, without what lies on its disk."""
    listed = succeed([sys.executable, "-m", "pip", "config", "list"])
    settings = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        settings[name.rpartition(".")[2]] = value.strip("'\"")
    kept = {name: settings[name] for name in ("proxy", "trusted-host", "default-timeout") if name in settings}
    for name in ("index-url", "extra-index-url"):
        reachable = [part for part in settings.get(name, "").split() if part.startswith("http")]
        if reachable:
            kept[name] = " ".join(reachable)
    lines = [f"{name} = {value}" for name, value in {**kept, "cert": f"/{_BUNDLE}"}.items()]
    return "\n".join(["[global]", *lines, ""])


def _authorities() -> bytes:
    """Whom this machine believes when it reaches for packages."""
    named = [os.environ.get(name) for name in ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")]
    files = [Path(name) for name in (*named, f"/{_BUNDLE}") if name]
    return next((file.read_bytes() for file in files if file.is_file()), b"")
