"""The server as a process that listens on a free port of this machine, and clients of it."""

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import CallToolResult, TextContent

from bitrix24_dialogs.callers.caller import token_sha256
from tests.support import eventually

ERAS = ["legacy", "auto"]
TRANSPORTS = ["http", "sse"]
PATIENCE = 60.0


@dataclass(frozen=True)
class Served:
    """A server process, and who may call it."""

    port: int
    log_file: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Everything that the server has written to standard error."""
        return self.log_file.read_text(encoding="utf-8")

    def bearer(self, caller: str) -> dict[str, str]:
        """The header by which a caller is known."""
        return {"Authorization": f"Bearer {self.tokens[caller]}"}

    def stop(self, ending: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(ending)

    def exit_code(self) -> int:
        """Wait for the end."""
        return self.process.wait(PATIENCE)


@dataclass(frozen=True)
class Held:
    """What a process holds of its machine."""

    files: int
    kilobytes: int


def held(served: Served) -> Held:
    """What the server holds; a test that asks is skipped where the system does not tell."""
    process = Path("/proc") / str(served.process.pid)
    if not process.exists():
        pytest.skip("only Linux tells what another process holds")
    status = (process / "status").read_text(encoding="ascii").splitlines()
    resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    return Held(len(list((process / "fd").iterdir())), resident)


def make_callers(folder: Path, **read_only: bool) -> tuple[Path, dict[str, str]]:
    """A file of callers, in the order in which they are named, and their tokens: of a kind that no log filter knows."""
    tokens = {name: secrets.token_urlsafe(32) for name in read_only}
    tables = [
        f'[callers.{name}]\ntoken_sha256 = "{token_sha256(tokens[name].encode())}"\nread_only = {str(reads).lower()}\n'
        for name, reads in read_only.items()
    ]
    file = folder / "operators.toml"
    file.write_text("\n".join(tables), encoding="utf-8")
    file.chmod(0o600)
    return file, tokens


@contextmanager
def serving(
    home: Path,
    *flags: str,
    tokens: Mapping[str, str] | None = None,
    started_by: Sequence[str] = (),
    **settings: str,
) -> Iterator[Served]:
    """A server whose settings are ``settings`` and no others. It is stopped in the end, if it has not ended before."""
    log = home / "server.log"
    command = [
        *started_by,
        sys.executable,
        "-m",
        "bitrix24_dialogs",
        "serve",
        "--transport",
        "http",
        "--port",
        "0",
        *flags,
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BITRIX24_")}
    environment |= {"HOME": str(home), "XDG_DATA_HOME": str(home), "BITRIX24_LOG_LEVEL": "debug", **settings}
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors) as process,
    ):
        try:
            eventually(lambda: bool(_ports(log)) or process.poll() is not None)
            assert process.poll() is None, log.read_text(encoding="utf-8")
            yield Served(_ports(log)[0], log, process, tokens or {})
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _ports(log: Path) -> list[int]:
    return [int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+) with /", log.read_text(encoding="utf-8"))]


@asynccontextmanager
async def connected(
    served: Served, transport: str, era: str, caller: str, person: ElicitationFnT | None = None
) -> AsyncIterator[Client]:
    """The SDK's client; ``person`` answers the server's questions."""
    headers = served.bearer(caller)
    if transport == "sse":
        streams = sse_client(f"{served.base}/sse", headers, timeout=PATIENCE)
        async with Client(streams, mode=era, elicitation_callback=person) as client:
            yield client
    else:
        async with create_mcp_http_client(headers) as http:
            streams = streamable_http_client(f"{served.base}/mcp", http_client=http)
            async with Client(streams, mode=era, elicitation_callback=person) as client:
                yield client


def text_of(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


def assert_quiet(log: str) -> None:
    """Whatever clients do, it is no failure of the server."""
    assert "Traceback" not in log, log
    assert " ERROR " not in log, log
