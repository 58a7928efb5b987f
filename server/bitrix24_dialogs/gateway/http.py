"""The only file that touches the HTTP library: one pooled client, POST and GET, failures without a trace of where."""

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from bitrix24_dialogs.gateway.bodies import ACCEPTED, LARGEST, read_body
from bitrix24_dialogs.gateway.errors import (
    CannotConnect,
    CertificateRefused,
    Interrupted,
    NotConfigured,
    NotSent,
    PortalError,
)
from bitrix24_dialogs.language.phrase import Phrase

if TYPE_CHECKING:
    import httpx

_CONNECTIONS = 32
_CONNECT_SECONDS = 5.0
_CONNECT_PART = 0.45  # of the time for an answer: TCP and TLS each get it, and what is left is for us to notice
_POOL_SECONDS = 1.0  # never used up: who has a place finds a connection
_IDLE_SECONDS = 15.0  # shorter than a portal keeps idle connections: a write never meets one that is being closed
_LATER = Phrase("Try again in a minute")


@dataclass(frozen=True)
class HttpAnswer:
    """What came back for one POST. ``repr`` shows neither the body nor where it came from."""

    status: int
    content_type: str
    location: str = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class _Message:
    """What goes out, and how much may come back; ``without`` are headers that it does not carry."""

    verb: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None
    without: tuple[str, ...] = ()
    largest: int = LARGEST


class _Progress:
    """Watches one request from inside the library: has any of it gone out?"""

    def __init__(self, *, sent: bool) -> None:
        self.sent = sent

    async def __call__(self, event: str, info: Any) -> None:
        self.sent = self.sent or event.endswith("send_request_headers.started")


class HttpClient:
    """Posts JSON. Opened by its first request: serving `tools/list` needs no HTTP client."""

    def __init__(self, user_agent: str, ca_file: Path | None = None, app: Any = None) -> None:
        """A client that trusts the authorities that the HTTP library brings along (certifi), or those in ``ca_file``.

        Arguments:
            user_agent: what we call ourselves.
            ca_file: PEM bundle of a self-hosted portal's own authority.
            app: an ASGI application to talk to instead of the network (the demo's portal).
        """
        self._user_agent = user_agent
        self._ca_file = ca_file
        self._app = app
        self._client: httpx.AsyncClient | None = None
        self._places = anyio.Semaphore(_CONNECTIONS)

    @asynccontextmanager
    async def place(self, seconds: float) -> AsyncIterator[None]:
        """One of the connections, waited for where a caller may still go away.

        Raises:
            NotSent: none came free within ``seconds``.
        """
        with anyio.move_on_after(seconds) as waiting:
            await self._places.acquire()
        if waiting.cancelled_caught:
            raise NotSent(Phrase("Not sent: every connection to the portal is waiting for an answer"), _LATER)
        try:
            yield
        finally:
            self._places.release()

    async def post(self, url: str, payload: Mapping[str, Any], seconds: float, request_id: str) -> HttpAnswer:
        """POST ``payload`` as JSON and read the whole answer within ``seconds``. Redirects are not followed.

        Raises:
            CannotConnect: nothing was sent.
            CertificateRefused: nothing was sent.
            NotConfigured: the address or the file of authorities cannot be used; nothing was sent.
            NotSent: ``payload`` holds what JSON cannot; nothing was sent.
            Interrupted: it was sent, and no whole answer came.
            BadAnswer: the answer is too large, or compressed in another way than was asked for.
        """
        content = _encoded(payload)
        if content is None:
            raise NotSent(
                Phrase("Not sent: the text holds half a character, which cannot be sent"), Phrase("Remove it")
            )
        return await self._sent(_Message("POST", url, {"X-Request-ID": request_id}, content), seconds)

    async def fetch(self, url: str, headers: Mapping[str, str], largest: int, seconds: float) -> HttpAnswer:
        """GET ``url`` without a credential and read the whole answer within ``seconds``. Redirects are not followed.

        Raises:
            TooLarge: the answer says that it is larger than ``largest`` bytes, or is.
            PortalError: as `post`.
        """
        return await self._sent(_Message("GET", url, headers, without=("Content-Type",), largest=largest), seconds)

    async def _sent(self, message: _Message, seconds: float) -> HttpAnswer:
        # Raised outside the handlers: an HTTP library's exception holds the address, and with it the secret.
        progress = _Progress(sent=self._app is not None)
        failure: PortalError | None = None
        with anyio.move_on_after(seconds):
            answer = await self._exchange(message, seconds, progress)
            if isinstance(answer, HttpAnswer):
                return answer
            failure = answer
        if failure is None and progress.sent:
            failure = Interrupted(
                Phrase("The portal did not answer within {seconds} seconds", seconds=max(1, round(seconds))), _LATER
            )
        raise failure or _no_connection(None)

    async def close(self) -> None:
        """Close the pooled connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _exchange(self, message: _Message, seconds: float, progress: _Progress) -> HttpAnswer | PortalError:
        import httpx  # noqa: PLC0415 - 70 ms that listing tools does not need

        try:
            client = self._opened(httpx)
        except OSError:
            return NotConfigured(
                Phrase("The file named in BITRIX24_CA_FILE cannot be read, or holds no certificate"),
                Phrase("Name a PEM file with the certificate of the portal's authority"),
            )
        try:
            request = client.build_request(
                message.verb,
                message.url,
                content=message.content,
                headers=dict(message.headers),
                timeout=httpx.Timeout(
                    seconds, connect=min(_CONNECT_SECONDS, seconds * _CONNECT_PART), pool=_POOL_SECONDS
                ),
                extensions={"trace": progress},
            )
        except (httpx.InvalidURL, UnicodeError):
            return NotConfigured(
                Phrase("The webhook's address cannot be used"), Phrase("Check the host in BITRIX24_WEBHOOK_URL")
            )
        try:
            for name in message.without:
                del request.headers[name]
            response = await client.send(request, stream=True)
            try:
                return _answer(response, await read_body(response, message.largest))
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError, OSError) as error:
            # Unusable addresses too: the library looks at a redirect's target even where it is not to follow it.
            if not progress.sent:
                return _no_connection(error)
            return Interrupted(Phrase("The connection broke before the portal's answer was complete"), _LATER)

    def _opened(self, httpx: Any) -> "httpx.AsyncClient":
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=ssl.create_default_context(cafile=self._ca_file) if self._ca_file else True,
                trust_env=False,
                follow_redirects=False,
                transport=httpx.ASGITransport(app=self._app) if self._app is not None else None,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=8, keepalive_expiry=_IDLE_SECONDS),
                headers={
                    "User-Agent": self._user_agent,
                    "Accept": "application/json",
                    "Accept-Encoding": ACCEPTED,
                    "Content-Type": "application/json",
                },
                # A session's cookie would make the portal sign in somebody else than the webhook's owner.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            )
        return self._client


def _encoded(payload: Mapping[str, Any]) -> bytes | None:
    # Bitrix24 runs a method without parameters when their JSON is broken: what cannot be spelt must not go out.
    try:
        return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
    except ValueError:
        return None


def _answer(response: "httpx.Response", body: bytes | PortalError) -> HttpAnswer | PortalError:
    if isinstance(body, PortalError):
        return body
    return HttpAnswer(
        status=response.status_code,
        content_type=response.headers.get("content-type", ""),
        location=response.headers.get("location", ""),
        body=body,
    )


def _no_connection(error: Exception | None) -> PortalError:
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return CertificateRefused(
            Phrase("The portal's TLS certificate is not trusted"),
            Phrase("For a self-hosted portal with its own authority, name its PEM file in BITRIX24_CA_FILE"),
        )
    # Waiting for the other side is an SSLError too: a handshake that took too long tells nothing about TLS.
    waiting = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
    if any(isinstance(cause, ssl.SSLError) and not isinstance(cause, waiting) for cause in causes):
        return CertificateRefused(
            Phrase("The portal does not speak TLS at this address"),
            Phrase("Check the host and port in BITRIX24_WEBHOOK_URL"),
        )
    return CannotConnect(
        Phrase("The portal cannot be reached, so nothing was sent"),
        Phrase("Check the host in BITRIX24_WEBHOOK_URL and this machine's network"),
    )


def _causes(error: BaseException | None) -> "list[BaseException]":
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
