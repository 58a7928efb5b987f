"""uvicorn as this server needs it: signals are left to the command, and slow headers are not waited for."""

import asyncio
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 75  # longer than proxies keep theirs, so that they never use one that we are closing
_STOP_SECONDS = 1


class HttpServer(uvicorn.Server):
    """A server whose end is asked for by setting ``should_exit``."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: whoever runs the server does."""
        yield


class PunctualProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection whose request line and headers take too long."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Stop waiting once a request's headers are whole; begin again with the next request's first byte."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._timer is None:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _expect_headers(self) -> None:
        self._timer = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def http_server(app: ASGIApp) -> HttpServer:
    """A server for ``app`` that writes no log of its own and believes no header about who calls from where."""
    config = uvicorn.Config(
        app,
        http=PunctualProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    return HttpServer(config)


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of ``host``; with port 0 on a free port of its first address.

    Raises:
        OSError: an address is unknown, taken or not ours.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
    listeners: list[socket.socket] = []
    try:
        for family, address in addresses[: 1 if port == 0 else None]:
            listeners.append(_listen(family, address))
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    return listeners


def addresses_of(listeners: Sequence[socket.socket]) -> list[str]:
    """The addresses as they stand in a URL, such as ``http://127.0.0.1:8000``."""
    return [_url(*listener.getsockname()[:2]) for listener in listeners]


def _listen(family: socket.AddressFamily, address: tuple[object, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
