"""uvicorn as this server needs it: signals are left to the command, and slow headers are not waited for."""

import asyncio
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from bitrix24_dialogs.transport.room import Room

HEADER_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 75  # longer than proxies keep theirs, so that they never use one that we are closing
_QUEUE = 2048
_ACCEPTED_AT_ONCE = 32
_STOP_SECONDS = 5  # whoever stops the server has ended all requests before, and is quicker
_LENGTHS = {b"content-length", b"transfer-encoding"}


class HttpServer(uvicorn.Server):
    """A server whose end is asked for by setting ``should_exit``."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen; more may wait in the system's queue than are taken from it at once."""
        await super().startup(sockets)
        for listener in sockets or []:
            listener.listen(_QUEUE)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: whoever runs the server does."""
        yield


class StrictConnection(h11.Connection):
    """HTTP/1.1 without requests whose length can be read in two ways: a proxy before us might read the other."""

    def next_event(self) -> Any:
        """The next event, as h11 has it.

        Raises:
            h11.RemoteProtocolError: the client sent what is no HTTP, or is ambiguous.
        """
        event = super().next_event()
        if isinstance(event, h11.Request) and {name for name, _ in event.headers} >= _LENGTHS:
            raise h11.RemoteProtocolError("both Content-Length and Transfer-Encoding")
        return event


class PunctualProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection whose client takes too long over what nobody else waits for.

    That is a request line with its headers, and the rest of a body that was answered before it had arrived.
    """

    def __init__(self, *arguments: Any, room: Room, **named: Any) -> None:
        """As uvicorn makes it; ``room`` is shared by all connections."""
        super().__init__(*arguments, **named)
        self.conn = StrictConnection(h11.SERVER)
        self._room = room
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request, if there is room for it."""
        super().connection_made(transport)
        if self._room.is_there_for(len(self.connections), self.loop.time()):
            self._start_waiting()
        else:
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Stop waiting once a request's headers are whole; begin again with the next request's first byte."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE or self._is_answered_early():
            self._start_waiting()
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Begin to wait for the rest of a request that was refused without being read."""
        super().on_response_complete()
        if self._is_answered_early():
            self._start_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP. Beside or after an answer, there is nothing left to say."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def _should_upgrade(self) -> bool:
        """Never, and without advice in the log on how to: a request for WebSocket is answered as any other."""
        return False

    def _is_answered_early(self) -> bool:
        return self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY

    def _start_waiting(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def http_server(app: ASGIApp) -> HttpServer:
    """A server for ``app`` that writes no log of its own and believes no header about who calls from where."""
    config = uvicorn.Config(
        app,
        http=partial(PunctualProtocol, room=Room()),  # type: ignore[arg-type]  # it is only called
        backlog=_ACCEPTED_AT_ONCE,
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
        listener.listen(_QUEUE)
    except OSError:
        listener.close()
        raise
    return listener


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
