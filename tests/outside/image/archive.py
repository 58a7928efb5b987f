"""A saved image: its configuration, and the files that it has beyond its base."""

import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Added:
    """A file or folder of the layers above the base.

    Attributes:
        path: from the root, without a slash in front.
        beginning: its first bytes.
    """

    path: str
    is_file: bool
    is_link: bool
    mode: int
    owner: int
    size: int
    beginning: bytes


@dataclass(frozen=True)
class SavedImage:
    """What an image is."""

    configuration: dict[str, Any]
    added: tuple[Added, ...]

    @property
    def added_bytes(self) -> int:
        """What it adds to its base."""
        return sum(file.size for file in self.added)


def read_image(file: Path, base_layers: int) -> SavedImage:
    """The image in an archive of Docker's format."""
    with tarfile.open(file) as archive:
        (manifest,) = json.loads(_bytes(archive, "manifest.json"))
        configuration = json.loads(_bytes(archive, manifest["Config"]))
        added: list[Added] = []
        for layer in manifest["Layers"][base_layers:]:
            with tarfile.open(fileobj=archive.extractfile(layer)) as files:
                added += [_added(member, files.extractfile) for member in files]
    return SavedImage(configuration["config"], tuple(added))


def _added(member: tarfile.TarInfo, extract: Callable[[tarfile.TarInfo], Any]) -> Added:
    beginning = extract(member).read(16) if member.isfile() else b""
    path = member.name.removeprefix("./").strip("/")
    return Added(path, member.isfile(), member.issym(), member.mode, member.uid, member.size, beginning)


def _bytes(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    assert stream is not None, name
    return stream.read()
