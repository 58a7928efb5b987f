"""uvicorn, made quiet, and able to close a connection on demand."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bitrix24_dialogs.portal.rest import CLOSE_EXTENSION


class ClosingProtocol(H11Protocol):
    """HTTP/1.1 whose requests carry a way to close their connection."""

    async def _with_close(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[CLOSE_EXTENSION] = self.transport.close
        await self.config.loaded_app(scope, receive, send)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Hand the way to close to every request of this connection."""
        super().connection_made(transport)
        self.app = self._with_close


def listening_socket(host: str, port: int) -> socket.socket:
    """Bind a socket, so that its port is known before anybody is served."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


class QuietServer(uvicorn.Server):
    """A server that leaves signals to whoever runs it, and tells when it listens."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        """Keep whom to tell."""
        super().__init__(config)
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then tell."""
        await super().startup(sockets)
        self._on_start()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def quiet_server(app: Starlette, on_start: Callable[[], None]) -> uvicorn.Server:
    """Return a server that logs nothing and does not wait for hanging requests."""
    config = uvicorn.Config(
        app,
        http=ClosingProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,  # longer than clients keep an idle connection, so that none meets one that closes
        timeout_graceful_shutdown=1,
    )
    return QuietServer(config, on_start)
