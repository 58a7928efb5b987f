"""HTTP as bytes on a socket: what no client library would send, and what comes back for it."""

import io
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

PATIENCE = 60.0
LEGACY = "2025-06-18"
MODERN = "2026-07-28"
Headers = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    closed: bool
    """Whether the server says that it closes the connection."""

    @property
    def text(self) -> str:
        return self.body.decode()


class _Shared(io.BufferedReader):
    def close(self) -> None:
        """Each answer closes its file; the next one reads on."""


class Connection:
    """One connection; its client does what it likes."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), PATIENCE)
        self._read = _Shared(socket.SocketIO(self.socket, "r"))

    def send(self, data: bytes) -> None:
        """Send. The other side may have had enough already."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def answer(self, method: str = "GET") -> Answer:
        """Read one whole answer."""
        response = self.response(method)
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read(), bool(response.will_close))

    def response(self, method: str = "GET") -> HTTPResponse:
        """Read the head of an answer."""
        response = HTTPResponse(self, method=method)  # type: ignore[arg-type]
        response.begin()
        return response

    def makefile(self, mode: str) -> io.BufferedReader:
        """What `HTTPResponse` reads from: the same for each answer, for it may hold a part of the next one."""
        return self._read

    def read(self) -> bytes:
        """What comes next; empty at the end."""
        try:
            return self._read.read1()
        except ConnectionResetError:
            return b""

    def is_closed(self) -> bool:
        """Wait for the end of the connection; whether it came without another byte."""
        return self.read() == b""

    def close(self) -> None:
        self.socket.close()


@contextmanager
def connection(port: int, host: str = "127.0.0.1") -> Iterator[Connection]:
    opened = Connection(port, host)
    try:
        yield opened
    finally:
        opened.close()


def request_bytes(method: str, path: str, headers: Headers | None = None, body: bytes | None = None) -> bytes:
    """A request, with whatever is asked for and nothing more but a Host and the body's length."""
    given = {"Host": "localhost", **(headers or {})}
    if body is not None:
        given.setdefault("Content-Length", str(len(body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b"")


def lines(*head: bytes, body: bytes = b"") -> bytes:
    """A request written out line by line."""
    return b"".join(line + b"\r\n" for line in head) + b"\r\n" + body


def ask(
    port: int, method: str = "GET", path: str = "/healthz", headers: Headers | None = None, body: bytes | None = None
) -> Answer:
    """One request on a connection of its own."""
    return ask_raw(port, request_bytes(method, path, headers, body), method)


def ask_raw(port: int, data: bytes, method: str = "GET") -> Answer:
    with connection(port) as opened:
        opened.send(data)
        return opened.answer(method)


def message(method: str, number: int | str = 1, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def tool_call(tool: str, **arguments: Any) -> dict[str, Any]:
    return message("tools/call", name=tool, arguments=arguments)


def mcp_headers(version: str = LEGACY) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": version,
    }


def encoded(sent: object) -> bytes:
    return json.dumps(sent).encode()


class EventStream:
    """An open stream of events."""

    def __init__(self, port: int, headers: Headers) -> None:
        self._connection = Connection(port)
        self._connection.send(request_bytes("GET", "/sse", headers))
        self._response = self._connection.response()
        assert self._response.status == 200
        self.messages = self.event()
        """Where the client's messages go."""

    def event(self) -> str:
        """The next event's data, comments left out; empty once the stream has ended as it should."""
        data = ""
        while line := self._response.readline():
            text = line.decode().rstrip("\r\n")
            if not text and data:
                return data
            data += text.removeprefix("data: ") if text.startswith("data: ") else ""
        return data

    def answer(self) -> dict[str, Any]:
        """The next message."""
        return dict(json.loads(self.event()))

    def close(self) -> None:
        self._connection.close()


@contextmanager
def event_stream(port: int, headers: Headers) -> Iterator[EventStream]:
    opened = EventStream(port, headers)
    try:
        yield opened
    finally:
        opened.close()


def say(port: int, stream: EventStream, headers: Headers, sent: object) -> int:
    """Send a message to a stream; the status of the answer, which says no more."""
    return ask(port, "POST", stream.messages, {**headers, **mcp_headers()}, encoded(sent)).status


def introduce(port: int, stream: EventStream, headers: Headers) -> dict[str, Any]:
    """The handshake of the older protocol."""
    hello = message(
        "initialize", 0, protocolVersion=LEGACY, capabilities={}, clientInfo={"name": "test", "version": "1"}
    )
    assert say(port, stream, headers, hello) == 202
    answer = stream.answer()
    assert say(port, stream, headers, {"jsonrpc": "2.0", "method": "notifications/initialized"}) == 202
    return answer


def modern_call(tool: str, **arguments: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """A call as the newer protocol has it: its headers and its body."""
    call = tool_call(tool, **arguments)
    call["params"]["_meta"] = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return {**mcp_headers(MODERN), "Mcp-Method": "tools/call", "Mcp-Name": tool}, call
