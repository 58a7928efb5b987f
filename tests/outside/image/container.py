"""A running container, as a test sees it."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.outside.image.engine import Engine, Start

_ASKING = Path(__file__).with_name("asking.py")
_SECONDS = 120


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    stdout: str
    stderr: str
    seconds: float


@dataclass(frozen=True)
class Container:
    """A container that runs in the foreground of a process of ours."""

    engine: Engine
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def told(self) -> str:
        """What it wrote to standard error so far."""
        return self.log.read_text(encoding="utf-8")

    def wait_until_told(self, words: str) -> None:
        """Wait until it wrote these words to standard error."""
        end = time.monotonic() + _SECONDS
        while words not in self.told():
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.told()}"
            assert time.monotonic() < end, f"it does not start: {self.told()}"
            time.sleep(0.05)

    def wait_until_runs(self) -> None:
        """Wait until commands can be run in it."""
        end = time.monotonic() + _SECONDS
        while self.inside("python", "-IS", "-c", "").code != 0:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.told()}"
            assert time.monotonic() < end, f"it does not start: {self.told()}"
            time.sleep(0.05)

    def ask(self, what: str, path: str, *arguments: str) -> str:
        """What ``asking.py`` prints."""
        ended = run(self.asking(what, path, *arguments))
        assert ended.code == 0, f"{ended.stdout}\n{ended.stderr}\n--- the server\n{self.told()}"
        return ended.stdout.strip()

    def asking(self, what: str, path: str, *arguments: str) -> list[str]:
        """The command that asks this server."""
        reach = self.engine.reach(self.name)
        return [*reach.enter, sys.executable, str(_ASKING), what, f"{reach.url}{path}", *arguments]

    def inside(self, *command: str) -> Ended:
        """Run a command in it."""
        return run(self.engine.inside(self.name, command))

    def stop(self) -> Ended:
        """Ask it to stop."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(_SECONDS)
        return Ended(code, "", self.told(), time.monotonic() - began)


@contextmanager
def running(engine: Engine, start: Start, folder: Path) -> Iterator[Container]:
    """A container, and its end."""
    log = folder / f"{start.name}.log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(engine.run(start), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        yield Container(engine, start.name, process, log)
    finally:
        engine.remove(start.name)
        process.kill()
        process.communicate()


def run(command: Sequence[str]) -> Ended:
    """Run a command to its end."""
    began = time.monotonic()
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr, time.monotonic() - began)
