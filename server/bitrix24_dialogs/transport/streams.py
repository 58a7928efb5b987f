"""The older transport: a GET on /sse opens a stream, and messages are POSTed beside it."""

from typing import Any

import anyio
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from mcp.server.transport_security import TransportSecuritySettings
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Message, Receive, Scope, Send

from bitrix24_dialogs.transport.gate import LARGEST_BODY
from bitrix24_dialogs.transport.traffic import Traffic

_RETRY_SECONDS = "5"


class EventStreams:
    """All the open streams of a server: opened by clients, and ended by them or by us."""

    def __init__(self, server: Server[Any], security: TransportSecuritySettings, traffic: Traffic) -> None:
        """No stream is open yet."""
        self._server = server
        self._traffic = traffic
        self._ending = anyio.Event()
        self._transport = SseServerTransport("/messages/", security, LARGEST_BODY)

    def routes(self, middleware: list[Middleware]) -> list[BaseRoute]:
        """Where clients find them."""
        endpoint = _Endpoint(self)
        return [
            *(Route(path, endpoint, methods=["GET"], middleware=middleware) for path in ("/sse", "/sse/")),
            Mount("/messages", self._transport.handle_post_message, middleware=middleware),
        ]

    def end(self) -> None:
        """End every stream, in good order for the client."""
        self._ending.set()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one client for as long as its stream lasts. The server's lifespan is entered for each of them."""
        if scope["method"] != "GET":
            await Response(status_code=405, headers={"Allow": "GET"})(scope, receive, send)
            return
        if self._traffic.draining:
            busy = PlainTextResponse("The server is being stopped", 503, {"Retry-After": _RETRY_SECONDS})
            await busy(scope, receive, send)
            return
        stream = _Stream(receive, send, self._ending)
        async with self._transport.connect_sse(scope, stream.receive, stream.send) as (read, write):
            await self._server.run(read, write, self._server.create_initialization_options())
        await stream.finish()


class _Endpoint:
    """Starlette takes an object for an ASGI application, and a function for one that returns a response."""

    def __init__(self, streams: EventStreams) -> None:
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._streams.serve(scope, receive, send)


class _Stream:
    """One client's connection. Our own ending looks to the SDK as if the client had gone away."""

    def __init__(self, receive: Receive, send: Send, ending: anyio.Event) -> None:
        self._receive = receive
        self._send = send
        self._ending = ending
        self._open = False

    async def receive(self) -> Message:
        message: Message = {"type": "http.disconnect"}
        async with anyio.create_task_group() as tasks:

            async def wait_for_end() -> None:
                await self._ending.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(wait_for_end)
            message = await self._receive()
            tasks.cancel_scope.cancel()
        return message

    async def send(self, message: Message) -> None:
        self._open = message["type"] == "http.response.start" or bool(message.get("more_body"))
        await self._send(message)

    async def finish(self) -> None:
        """Complete the response, so that the client sees an end and not a failure."""
        if self._open:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
