"""The portal as a web application, and how to serve it."""

import asyncio
import ipaddress
from collections.abc import Callable
from contextlib import suppress

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bitrix24_dialogs.portal.control import control_routes
from bitrix24_dialogs.portal.downloads import DownloadEndpoint
from bitrix24_dialogs.portal.portal import Portal
from bitrix24_dialogs.portal.rest import RestEndpoint


def portal_app(portal: Portal) -> Starlette:
    """Return the web application of a portal: `/rest/...` and `/control/...`.

    A fault that drops the connection raises `ConnectionDroppedError` when the application is called inside the
    process; `serve_portal` and `running_portal` really close the socket.
    """
    return Starlette(
        routes=[
            Route("/rest/{user_id}/{secret}/{method:path}", RestEndpoint(portal)),
            Route("/rest/download.json", DownloadEndpoint(portal)),
            Route("/rest/{rest:path}", _no_auth, methods=["GET", "POST"]),
            *control_routes(portal),
        ]
    )


async def serve_portal(
    portal: Portal,
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a portal until cancelled.

    Args:
        portal: the portal.
        host: a loopback address.
        port: where to listen; 0 takes a free port.
        on_ready: called with the base address once the portal listens.

    Raises:
        ValueError: the host is not a loopback address.
        OSError: the port is taken.
    """
    from bitrix24_dialogs.portal.serving import listening_socket, quiet_server  # noqa: PLC0415 -- uvicorn is heavy

    require_loopback(host)
    listener = listening_socket(host, port)

    def tell() -> None:
        if on_ready is not None:
            on_ready(base_url(listener.getsockname()))

    server = quiet_server(portal_app(portal), on_start=tell)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await serving
        listener.close()


def require_loopback(host: str) -> None:
    """Refuse any host but this computer's own.

    Raises:
        ValueError: the host is not a loopback address.
    """
    with suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return
    if host != "localhost":
        raise ValueError(f"the portal serves this computer only, not {host!r}")


def base_url(address: tuple[str, int]) -> str:
    """Return the base address for a socket's name."""
    host, port = address[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _no_auth(_request: Request) -> Response:
    return JSONResponse({"error": "NO_AUTH_FOUND", "error_description": "Wrong authorization data"}, 401)
