"""A portal behind a real socket of this machine that answers by a script and remembers what it was asked."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Request:
    verb: str
    path: str
    headers: dict[str, str]
    body: bytes
    answered: bool = False
    writer: asyncio.StreamWriter = field(repr=False, kw_only=True)

    @property
    def method(self) -> str:
        return self.path.rsplit("/", 1)[-1].removesuffix(".json")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


Behaviour = Callable[[Request], Awaitable[None]]


def raw(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Behaviour:
    async def behave(request: Request) -> None:
        fields = {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await request.send(f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + body)
        request.answered = True

    return behave


def answer(result: Any, **more: Any) -> Behaviour:
    return raw(200, json.dumps({"result": result, **more}).encode())


def refusal(code: Any, text: Any = "", status: int = 400) -> Behaviour:
    return raw(status, json.dumps({"error": code, "error_description": text}).encode())


def page(status: int, text: str = "<html><body>Sorry</body></html>") -> Behaviour:
    return raw(status, text.encode(), {"Content-Type": "text/html"})


def redirect(location: str, status: int = 302) -> Behaviour:
    return raw(status, b"", {"Location": location})


def after(seconds: float, then: Behaviour) -> Behaviour:
    async def behave(request: Request) -> None:
        await asyncio.sleep(seconds)
        await then(request)

    return behave


def when(event: asyncio.Event, then: Behaviour) -> Behaviour:
    async def behave(request: Request) -> None:
        await event.wait()
        await then(request)

    return behave


async def drop(request: Request) -> None:
    """Close without a word."""
    await request.close()


async def reset(request: Request) -> None:
    """Break the connection off, as a crashed worker does."""
    raw_socket: socket.socket = request.writer.get_extra_info("socket")
    raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.writer.transport.abort()


async def cut_off(request: Request) -> None:
    """Promise more than is sent."""
    await request.send(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"result": tr')
    await request.close()


async def hang(request: Request) -> None:
    await asyncio.Event().wait()


async def drip(request: Request) -> None:
    """One byte now and then: no single wait is long, the whole is endless."""
    await request.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n")
    for _ in range(500):
        await request.send(b" ")
        await asyncio.sleep(0.5)


class ScriptedPortal:
    """Takes the next behaviour of its script for each request; after the last it answers ``True``.

    ``profile`` stands outside the script: it is asked before writes and says who acts.
    """

    def __init__(self, *script: Behaviour, user: int = 7) -> None:
        self.script = list(script)
        self.profile: Behaviour = answer({"ID": str(user)})
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        self._handlers: set[asyncio.Task[None]] = set()

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self.connections += 1
        try:
            while not writer.is_closing():
                request = await _read(reader, writer)
                self.requests.append(request)
                if request.method == "profile":
                    await self.profile(request)
                else:
                    await (self.script.pop(0) if self.script else answer(True))(request)
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            self._handlers.discard(task)
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def stop(self) -> None:
        handlers = list(self._handlers)
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    verb, path, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(verb, path, headers, body, writer=writer)


@asynccontextmanager
async def scripted(
    *script: Behaviour,
    user: int = 7,
    tls: ssl.SSLContext | None = None,
    listener: socket.socket | None = None,
    portal: ScriptedPortal | None = None,
) -> AsyncIterator[ScriptedPortal]:
    portal = portal or ScriptedPortal(*script, user=user)
    where: dict[str, Any] = {"sock": listener} if listener else {"host": "127.0.0.1"}
    server = await asyncio.start_server(portal.serve, **where, ssl=tls)
    portal.port = server.sockets[0].getsockname()[1]
    try:
        yield portal
    finally:
        server.close()
        await portal.stop()
        await server.wait_closed()
