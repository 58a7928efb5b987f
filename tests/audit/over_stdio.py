"""The server as an assistant's host runs it: a process that is spoken to line by line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.transport.raw import LEGACY, message, tool_call

PATIENCE = 60.0


class Stdio:
    """A server process and its only client."""

    def __init__(self, process: "subprocess.Popen[str]", log_file: Path) -> None:
        self.process = process
        self._log_file = log_file

    @property
    def log(self) -> str:
        return self._log_file.read_text(encoding="utf-8")

    def send(self, sent: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(sent) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def begin(self, tool: str, **arguments: Any) -> None:
        """Call a tool, and leave it running."""
        self.send(tool_call(tool, **arguments))

    def leave(self) -> None:
        """Close the server's standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def exit_code(self) -> int:
        return self.process.wait(PATIENCE)


@contextmanager
def over_stdio(log_file: Path, **settings: str) -> Iterator[Stdio]:
    """A server with these settings, introduced. It is ended with the block, if it has not ended before."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BITRIX24_")}
    command = [sys.executable, "-m", "bitrix24_dialogs"]
    with (
        log_file.open("w") as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**environment, **settings},
            text=True,
        ) as process,
    ):
        try:
            server = Stdio(process, log_file)
            about = {"name": "test", "version": "1"}
            server.send(message("initialize", protocolVersion=LEGACY, capabilities={}, clientInfo=about))
            assert "result" in server.answer()
            server.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
            yield server
        finally:
            if process.poll() is None:
                process.kill()
