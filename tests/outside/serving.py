"""The server as a process of its own that listens on a free port of this machine, on the built-in portal."""

import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.outside.tools import clean_environment
from tests.support import eventually

PROGRAM = [sys.executable, "-m", "bitrix24_dialogs"]
STDIO = [*PROGRAM, "serve"]
DEMO = {"BITRIX24_DEMO": "1"}


@dataclass(frozen=True)
class Served:
    """Where a server listens, the settings that it was started with, and the token that callers then need."""

    base: str
    settings: Mapping[str, str]
    token: str = field(default="", repr=False)

    @property
    def http(self) -> str:
        """The endpoint for streamable HTTP."""
        return f"{self.base}/mcp"

    @property
    def sse(self) -> str:
        """The endpoint for older clients."""
        return f"{self.base}/sse"

    @property
    def header(self) -> str:
        """What shows that a caller may call."""
        return f"Authorization: Bearer {self.token}"


@contextmanager
def server_with_token(home: Path) -> Iterator[Served]:
    """A server that asks for one token, from a file."""
    token = secrets.token_urlsafe(32)
    kept = home / "token"
    kept.write_text(token, encoding="utf-8")
    kept.chmod(0o600)
    with server(home, BITRIX24_HTTP_TOKEN_FILE=str(kept)) as served:
        yield replace(served, token=token)


@contextmanager
def server(home: Path, **settings: str) -> Iterator[Served]:
    """A server with ``home`` as its home."""
    log = home / "server.log"
    settings = {**DEMO, **settings}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*STDIO, "--transport", "http", "--port", "0"],
            cwd=home,
            env=clean_environment(home) | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            eventually(lambda: bool(_addresses(log)) or process.poll() is not None)
            assert process.poll() is None, log.read_text(encoding="utf-8")
            yield Served(_addresses(log)[0], settings)
            assert process.poll() is None, f"it ended by itself:\n{log.read_text(encoding='utf-8')}"
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _addresses(log: Path) -> list[str]:
    return re.findall(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))
