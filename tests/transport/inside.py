"""The server inside the test's own loop, on a real socket: where time is virtual, long waits cost nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from pydantic import SecretStr
from uvicorn.lifespan.on import LifespanOn
from uvicorn.server import ServerState

from bitrix24_dialogs.callers.caller import Caller, Callers, TokenHolder, new_token, token_sha256
from bitrix24_dialogs.portal import Portal, default_portal, portal_app
from bitrix24_dialogs.server import build_server
from bitrix24_dialogs.settings import Settings
from bitrix24_dialogs.transport.http import Access, http_app
from bitrix24_dialogs.transport.serving import http_server
from tests.transport.raw import PATIENCE, Headers, request_bytes


class Inside:
    """A server in this loop, its portal, and its only caller."""

    def __init__(self, portal: Portal, token: str) -> None:
        self.portal = portal
        self.port = 0
        self.bearer = {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def serving_inside(*, anonymous: bool = False) -> AsyncIterator[Inside]:
    portal = default_portal()
    token = new_token()
    webhook = SecretStr(portal.webhook_url("supervisor", "http://127.0.0.1"))
    app = build_server(Settings(webhook_url=webhook, rate_limit="off"), portal_app=portal_app(portal))
    callers = None if anonymous else Callers([TokenHolder(Caller("only"), token_sha256(token.encode()))])
    config = http_server(http_app(app.server, Access(callers), app.traffic, app.configured)).config
    config.load()
    state = ServerState()
    lifespan = LifespanOn(config)
    await lifespan.startup()

    def protocol() -> asyncio.Protocol:
        return config.http_protocol_class(config=config, server_state=state, app_state={})  # type: ignore[call-arg, return-value]

    inside = Inside(portal, token)
    listener = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    inside.port = listener.sockets[0].getsockname()[1]
    try:
        yield inside
    finally:
        listener.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await lifespan.shutdown()
        await app.close()


class Client:
    """A client that takes its time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._began = self._now()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    @property
    def seconds(self) -> float:
        """Since the connection was opened."""
        return self._now() - self._began

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    def ask(self, method: str, path: str, headers: Headers | None = None, body: bytes | None = None) -> None:
        self.send(request_bytes(method, path, headers, body))

    async def trickle(self, data: bytes, every: float) -> None:
        """Send byte after byte, for as long as there is somebody to send it to."""
        with suppress(ConnectionError):
            for byte in data:
                self._writer.write(bytes([byte]))
                await self._writer.drain()
                await asyncio.sleep(every)

    async def read_until(self, end: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readuntil(end)

    async def read_to_end(self) -> bytes:
        data = b""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionResetError):
                while part := await self._reader.read(1000):
                    data += part
        return data

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def client_of(inside: Inside) -> AsyncIterator[Client]:
    client = Client(*await asyncio.open_connection("127.0.0.1", inside.port))
    try:
        yield client
    finally:
        client.close()
