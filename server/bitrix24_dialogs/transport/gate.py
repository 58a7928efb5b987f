"""The gate before everything that HTTP callers reach: for which host, from which page, by whom, how large, how fast."""

import logging
import re
from dataclasses import dataclass

import anyio
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bitrix24_dialogs.callers.caller import LOCAL, Caller, Callers
from bitrix24_dialogs.presenting.sanitise import one_line
from bitrix24_dialogs.transport.caller import SignedIn

logger = logging.getLogger(__name__)

LARGEST_BODY = 1024 * 1024
"""Bytes. The longest arguments that any tool takes fit many times."""

_BODY_SECONDS = 20.0
_REALM = "bitrix24-dialogs-mcp"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_SECRETS = {b"authorization", b"proxy-authorization", b"cookie"}
_MISDIRECTED = 421
_LONGEST_LOGGED = 100
# What may be suggested as a setting: it can be one, and a shell that it is pasted into runs nothing of it.
_NAME = r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:\d{1,5})?"
_HOST = re.compile(_NAME)
_ORIGIN = re.compile(f"https?://{_NAME}")


@dataclass(frozen=True)
class Gate:
    """Lets requests through to ``app``, each with its caller and without the header that proved them.

    Attributes:
        app: what is behind.
        callers: who may come; None lets everybody in as `LOCAL`.
        security: for which Host and from which Origin.
        body_seconds: how long a request's body may take to arrive.
    """

    app: ASGIApp
    callers: Callers | None
    security: TransportSecuritySettings
    body_seconds: float = _BODY_SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] != "http":
            return
        proof = [value for name, value in scope["headers"] if name == b"authorization"]
        scope = {**scope, "headers": [_plain(name, value) for name, value in scope["headers"] if name not in _SECRETS]}
        request = Request(scope)
        refusal = await self._wrong_address(request)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        token = _bearer_token(proof)
        caller = self._caller(request, token)
        if caller is None:
            await _unauthorized(shown=bool(token))(scope, receive, send)
            return
        scope["user"] = SignedIn(caller)
        await (self._with_body if scope["method"] == "POST" else self.app)(scope, receive, send)

    async def _wrong_address(self, request: Request) -> Response | None:
        refusal = await TransportSecurityMiddleware(self.security).validate_request(request)
        if refusal is None:
            return None
        if refusal.status_code == _MISDIRECTED:
            _log_refusal(request, "Host", request.headers.get("host", ""), _HOST, "BITRIX24_HTTP_ALLOWED_HOSTS")
        else:
            origin = request.headers.get("origin", "")
            _log_refusal(request, "Origin", origin, _ORIGIN, "BITRIX24_HTTP_ALLOWED_ORIGINS")
        return refusal

    def _caller(self, request: Request, token: bytes) -> Caller | None:
        if self.callers is None:
            return LOCAL
        caller = self.callers.with_token(token) if token else None
        if caller is None:
            logger.warning(
                "refused %s %s from %s: %s", *_what_and_who(request), "wrong token" if token else "no bearer token"
            )
        return caller

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body whole before anything is done with it, so that a slow or large one costs little."""
        body: bytes | Response | None = PlainTextResponse("The request's body did not arrive in time", 408)
        with anyio.move_on_after(self.body_seconds):
            body = await _read_body(scope, receive)
        if isinstance(body, Response):
            logger.warning("refused %s %s from %s: status %d", *_what_and_who(Request(scope)), body.status_code)
            body.headers["connection"] = "close"  # the rest of the body is not waited for
            await body(scope, receive, send)
        elif body is not None:
            await self.app(scope, _replay(body, receive), send)


def security_settings(hosts: tuple[str, ...], origins: tuple[str, ...]) -> TransportSecuritySettings:
    """What the SDK needs to know: loopback is always allowed, a name without a port stands for all ports."""
    names = [*_LOOPBACK, *hosts]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[pattern for name in names for pattern in (name, f"{name}:*")],
        allowed_origins=[
            *(pattern for name in _LOOPBACK for pattern in (f"http://{name}", f"http://{name}:*")),
            *origins,
        ],
    )


def _plain(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Host names know no case; the SDK compares letter by letter."""
    return (name, value.lower()) if name in (b"host", b"origin") else (name, value)


def _bearer_token(proof: list[bytes]) -> bytes:
    """The token of the one Authorization header; empty if there is none, or several."""
    if len(proof) != 1:
        return b""
    scheme, _, token = proof[0].partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else b""


def _unauthorized(*, shown: bool) -> Response:
    """RFC 6750, 3.1: an error code only if a token was shown."""
    challenge = f'Bearer realm="{_REALM}"'
    if shown:
        challenge += ', error="invalid_token", error_description="The token is not known here"'
    return JSONResponse(
        {
            "error": "invalid_token" if shown else "unauthorized",
            "error_description": "Send the header Authorization: Bearer TOKEN. Whoever runs this server makes tokens"
            " with: bitrix24-dialogs-mcp caller add NAME",
        },
        status_code=401,
        headers={"WWW-Authenticate": challenge},
    )


async def _read_body(scope: Scope, receive: Receive) -> bytes | Response | None:
    """The body, the refusal of it, or None if the client went away."""
    too_large = PlainTextResponse(f"The request's body is larger than {LARGEST_BODY} bytes", 413)
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not declared.isdigit() or int(declared) > LARGEST_BODY:
        return too_large
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return too_large
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay


def _what_and_who(request: Request) -> tuple[str, str, str]:
    client = request.client.host if request.client else "?"
    return request.method[:_LONGEST_LOGGED], one_line(request.url.path)[:_LONGEST_LOGGED], client


def _log_refusal(request: Request, header: str, value: str, usual: re.Pattern[str], setting: str) -> None:
    shown = one_line(value)[:_LONGEST_LOGGED]
    logger.warning(
        "refused %s %s from %s: %s %s is not allowed. If it is right, set %s=%s (several: separate them by commas)",
        *_what_and_who(request),
        header,
        shown or "(none)",
        setting,
        shown if usual.fullmatch(shown) else "...",
    )
