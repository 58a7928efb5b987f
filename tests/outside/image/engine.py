"""What is asked of a program that builds images and runs containers, and how one is found."""

import fcntl
import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST_BUILD = 1200
SECRETS = "/run/secrets"


class NoEngineError(Exception):
    """No image can be built here; the text says what is missing."""


@dataclass(frozen=True)
class Start:
    """How a container is started: always on a read-only root, without a capability, on a network of its own.

    Attributes:
        arguments: in place of the image's own, unless empty.
        secrets: a folder that the container sees as ``/run/secrets``.
        interactive: whether it reads what is written to its standard input.
    """

    name: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Path | None = None
    interactive: bool = False


@dataclass(frozen=True)
class Reach:
    """Where a container's port 8000 is reached, and what begins a command so that it runs where that is so."""

    url: str
    enter: Sequence[str] = ()


class Engine(ABC):
    """Builds one image and runs containers of it. What it made is gone when it is closed."""

    @abstractmethod
    def build(self, context: Path) -> None:
        """Build the image from the ``Dockerfile`` in ``context``."""

    @abstractmethod
    def save(self, file: Path) -> None:
        """Write the image to an archive of Docker's format."""

    @abstractmethod
    def base_layers(self) -> int:
        """How many of the image's layers its base has."""

    @abstractmethod
    def run(self, start: Start) -> list[str]:
        """The command that runs a container in the foreground, hands signals on and ends with its exit code."""

    @abstractmethod
    def inside(self, name: str, command: Sequence[str]) -> list[str]:
        """The command that runs another one in a running container."""

    @abstractmethod
    def reach(self, name: str) -> Reach:
        """Where a running container is reached."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Take away a container, running or not."""

    @abstractmethod
    def close(self) -> None:
        """Take away the image."""


def succeed(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run a command that must succeed; what it printed."""
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LONGEST_BUILD,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-1000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def attempt(command: Sequence[str]) -> bool:
    """Run a command that may fail; whether it did not."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other test process prepares this machine."""
    folder = os.open(Path(__file__).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
