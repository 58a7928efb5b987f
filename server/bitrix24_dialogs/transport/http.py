"""The ASGI application: /mcp (streamable HTTP), /sse with /messages/ (older clients), and what watchers ask."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from bitrix24_dialogs.callers.caller import Callers
from bitrix24_dialogs.transport.gate import LARGEST_BODY, Gate, security_settings
from bitrix24_dialogs.transport.open_requests import OpenRequests
from bitrix24_dialogs.transport.sessions import IDLE_SECONDS, Sessions
from bitrix24_dialogs.transport.streams import EventStreams
from bitrix24_dialogs.transport.traffic import Traffic

_BROWSERS_SEND = [
    "Authorization",
    "Content-Type",
    "Last-Event-ID",
    "MCP-Protocol-Version",
    "Mcp-Method",
    "Mcp-Name",
    "Mcp-Session-Id",
]
_BROWSERS_READ = ["WWW-Authenticate", "Mcp-Session-Id"]
_MOST_SESSIONS = 1000
_UNCACHED = {"Cache-Control": "no-store"}

Configured = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Access:
    """Who may call: with which tokens (None: without any), under which host names, from which web pages."""

    callers: Callers | None
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


def http_app(server: Server[Any], access: Access, traffic: Traffic, configured: Configured) -> OpenRequests:
    """Both transports in one application.

    Arguments:
        server: what answers; it and what it holds outlive every connection.
        access: who may call.
        traffic: says whether the server is being stopped.
        configured: says whether there is a credential to work with; must not ask the portal.
    """
    security = security_settings(access.hosts, access.origins)
    # Stateless: nothing is kept between requests, and any client may come back to a restarted server.
    manager = StreamableHTTPSessionManager(
        server, stateless=True, security_settings=security, max_request_body_size=LARGEST_BODY
    )
    # POST only: the server sends nothing of its own accord, so no stream has to be kept open for that.
    endpoint = _Endpoint(manager, StreamableHTTPASGIApp(manager), ["POST"], security)
    return _both(endpoint, server, access, traffic, configured)


def asking_http_app(server: Server[Any], access: Access, traffic: Traffic, configured: Configured) -> OpenRequests:
    """Like `http_app`, for a server that asks people: older clients have sessions, since their answers need a way back.

    Sessions end with DELETE, or after a quarter of an hour without a request.
    """
    security = security_settings(access.hosts, access.origins)
    manager = StreamableHTTPSessionManager(
        server,
        security_settings=security,
        max_request_body_size=LARGEST_BODY,
        session_idle_timeout=IDLE_SECONDS,
        max_sessions=_MOST_SESSIONS,
    )
    endpoint = _Endpoint(manager, Sessions(StreamableHTTPASGIApp(manager)), ["POST", "DELETE"], security)
    return _both(endpoint, server, access, traffic, configured)


@dataclass(frozen=True)
class _Endpoint:
    manager: StreamableHTTPSessionManager
    app: ASGIApp
    methods: list[str]
    security: TransportSecuritySettings


def _both(
    endpoint: _Endpoint, server: Server[Any], access: Access, traffic: Traffic, configured: Configured
) -> OpenRequests:
    manager, security = endpoint.manager, endpoint.security
    streams = EventStreams(server, security, traffic)
    gate = _gate(access, security)
    mcp = [Route(path, endpoint.app, methods=endpoint.methods, middleware=gate) for path in ("/mcp", "/mcp/")]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with manager.run():
            yield

    routes = [*mcp, *streams.routes(gate), *_watching(traffic, configured)]
    return _application(routes, access, lifespan)


def sse_app(server: Server[Any], access: Access, traffic: Traffic, configured: Configured) -> OpenRequests:
    """The older transport alone. Arguments as for `http_app`."""
    security = security_settings(access.hosts, access.origins)
    streams = EventStreams(server, security, traffic)
    routes = [*streams.routes(_gate(access, security)), *_watching(traffic, configured)]
    return _application(routes, access)


def _gate(access: Access, security: TransportSecuritySettings) -> list[Middleware]:
    return [Middleware(Gate, callers=access.callers, security=security)]


def _watching(traffic: Traffic, configured: Configured) -> list[BaseRoute]:
    """What probes ask: outside the gate, since they know neither our name nor a token."""

    async def alive(request: Request) -> Response:
        return PlainTextResponse("alive\n", headers=_UNCACHED)

    async def ready(request: Request) -> Response:
        if traffic.draining or not await configured():
            return PlainTextResponse("not ready\n", 503, _UNCACHED)
        return PlainTextResponse("ready\n", headers=_UNCACHED)

    return [Route("/healthz", alive), Route("/readyz", ready)]


def _application(routes: list[BaseRoute], access: Access, lifespan: Any = None) -> OpenRequests:
    pages = Middleware(
        CORSMiddleware,
        allow_origins=access.origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=_BROWSERS_SEND,
        expose_headers=_BROWSERS_READ,
    )
    application = Starlette(routes=routes, middleware=[pages] if access.origins else [], lifespan=lifespan)
    application.router.redirect_slashes = False  # a redirect would repeat whatever Host a stranger sent
    return OpenRequests(application)
