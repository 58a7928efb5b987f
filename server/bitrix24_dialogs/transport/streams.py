"""The older transport: a GET on /sse opens a stream, and messages are POSTed beside it."""

from contextlib import suppress
from typing import Any

import anyio
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from mcp.server.transport_security import TransportSecuritySettings
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from bitrix24_dialogs.transport.gate import LARGEST_BODY
from bitrix24_dialogs.transport.open_requests import RETRY_AFTER
from bitrix24_dialogs.transport.traffic import Traffic


class EventStreams:
    """The streams that clients open, and the messages that they send beside them."""

    def __init__(self, server: Server[Any], security: TransportSecuritySettings, traffic: Traffic) -> None:
        """No stream is open yet."""
        self._server = server
        self._traffic = traffic
        self._transport = SseServerTransport("/messages/", security, LARGEST_BODY)

    def routes(self, middleware: list[Middleware]) -> list[BaseRoute]:
        """Where clients find them."""
        endpoint = _Endpoint(self)
        return [
            *(Route(path, endpoint, methods=["GET"], middleware=middleware) for path in ("/sse", "/sse/")),
            Mount("/messages", self.take_message, middleware=middleware),
        ]

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one client for as long as its stream lasts. The server's lifespan is entered for each of them."""
        if scope["method"] != "GET":
            await Response(status_code=405, headers={"Allow": "GET"})(scope, receive, send)
            return
        if self._traffic.draining:
            await PlainTextResponse("The server is being stopped\n", 503, RETRY_AFTER)(scope, receive, send)
            return
        async with self._transport.connect_sse(scope, receive, send) as (read, write):
            await self._server.run(read, write, self._server.create_initialization_options())

    async def take_message(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a message to the stream that it belongs to."""
        # The stream has just ended, while what it was asked to change still runs: nobody is there for the message.
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
            await self._transport.handle_post_message(scope, receive, send)


class _Endpoint:
    """Starlette takes an object for an ASGI application, and a function for one that returns a response."""

    def __init__(self, streams: EventStreams) -> None:
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._streams.serve(scope, receive, send)
