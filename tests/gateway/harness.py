"""What the gateway's tests have in common: secrets made up on the spot, and gateways to portals."""

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bitrix24_dialogs.gateway.clock import Clock, Deadline
from bitrix24_dialogs.gateway.credentials import OneWebhook, parse_webhook
from bitrix24_dialogs.gateway.errors import PortalError
from bitrix24_dialogs.gateway.gateway import WRITE_SECONDS, Gateway
from bitrix24_dialogs.gateway.http import HttpClient
from bitrix24_dialogs.gateway.limiter import UNLIMITED, Rate
from tests.gateway.clocks import JumpingClock

METHOD = "imopenlines.session.join"
CALL_SECONDS = 53.0
FEW_AUTHORITIES: Path | None = None


def fresh_secret() -> str:
    return secrets.token_hex(10)


def webhook_to(port: int, secret: str, user: int = 7, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{port}/rest/{user}/{secret}/"


class Caller:
    """A gateway, its clock, and calls with the deadline that tools have."""

    def __init__(self, gateway: Gateway, clock: Clock, secret: str) -> None:
        self.gateway = gateway
        self.clock = clock
        self.secret = secret

    def deadline(self, seconds: float = CALL_SECONDS, change: float = 0.0) -> Deadline:
        return Deadline.after(self.clock, seconds, change)

    async def read(self, method: str = METHOD, seconds: float = CALL_SECONDS, **params: Any) -> Any:
        return (await self.gateway.read(method, params, self.deadline(seconds))).result

    async def write(self, method: str = METHOD, seconds: float = CALL_SECONDS, **params: Any) -> Any:
        return (await self.gateway.write(method, params, self.deadline(seconds, WRITE_SECONDS))).result

    async def failed_read(self, method: str = METHOD, seconds: float = CALL_SECONDS, **params: Any) -> PortalError:
        return await _failure(self.read(method, seconds, **params))

    async def failed_write(self, method: str = METHOD, seconds: float = CALL_SECONDS, **params: Any) -> PortalError:
        return await _failure(self.write(method, seconds, **params))


async def _failure(call: Awaitable[Any]) -> PortalError:
    try:
        result = await call
    except PortalError as error:
        assert_one_line(str(error))
        return error
    raise AssertionError(f"expected a refusal, got {result!r}")


def assert_one_line(text: str) -> None:
    assert text
    assert text == " ".join(text.split(" ")).strip()
    assert len(text.splitlines()) == 1


@asynccontextmanager
async def calling(
    port: int = 0,
    *,
    clock: Clock | None = None,
    rate: Rate = UNLIMITED,
    timeout: float | None = 5.0,  # noqa: ASYNC109 - of one answer, which the gateway watches
    redirect_hosts: frozenset[str] = frozenset(),
    scheme: str = "http",
    user: int = 7,
    secret: str = "",
    address: str = "",
    ca_file: Path | None = None,
    app: Any = None,
) -> AsyncIterator[Caller]:
    secret = secret or fresh_secret()
    clock = clock or JumpingClock()
    if scheme == "http" and not address:
        ca_file = ca_file or FEW_AUTHORITIES
    text = address or webhook_to(port, secret, user, scheme)
    gateway = Gateway(
        OneWebhook(parse_webhook(text)),
        HttpClient("test-agent/1", ca_file=ca_file, app=app),
        clock,
        rate=rate,
        timeout=timeout,
        redirect_hosts=redirect_hosts,
    )
    try:
        yield Caller(gateway, clock, secret)
    finally:
        await gateway.close()


Respond = Callable[[str, dict[str, Any]], Awaitable[tuple[int, dict[str, Any]]]]


def asgi_portal(respond: Respond) -> Any:
    """An in-process portal: ``respond`` gets the method and its parameters, and returns status and body."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        method = scope["path"].rsplit("/", 1)[-1].removesuffix(".json")
        status, answer = await respond(method, json.loads(body))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return app
