"""The only file that touches the HTTP library: one pooled client, one POST, failures without a trace of the address."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from bitrix24_dialogs.gateway.errors import BadAnswer, CannotConnect, CertificateRefused, Interrupted, PortalError

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 5.0
_IDLE_SECONDS = 15.0  # shorter than a portal keeps idle connections: a write never meets one that is being closed
_LARGEST_ANSWER = 48 * 1024 * 1024
_LATER = "Try again in a minute"


@dataclass(frozen=True)
class HttpAnswer:
    """What came back for one POST. ``repr`` shows neither the body nor where it came from."""

    status: int
    content_type: str
    location: str = field(repr=False)
    body: bytes = field(repr=False)


class HttpClient:
    """Posts JSON. Opened by its first request: serving `tools/list` needs no HTTP client."""

    def __init__(self, user_agent: str, ca_file: Path | None = None, app: Any = None) -> None:
        """A client that trusts the system's authorities, or those in ``ca_file``.

        Arguments:
            user_agent: what we call ourselves.
            ca_file: PEM bundle of a self-hosted portal's own authority.
            app: an ASGI application to talk to instead of the network (the demo's portal).
        """
        self._user_agent = user_agent
        self._ca_file = ca_file
        self._app = app
        self._client: httpx.AsyncClient | None = None

    async def post(self, url: str, payload: Mapping[str, Any], seconds: float, request_id: str) -> HttpAnswer:
        """POST ``payload`` as JSON and read the whole answer within ``seconds``. Redirects are not followed.

        Raises:
            CannotConnect: nothing was sent.
            CertificateRefused: nothing was sent.
            Interrupted: it was sent, and no whole answer came.
            BadAnswer: the answer is too large.
        """
        # Raised outside the handlers: an HTTP library's exception holds the address, and with it the secret.
        failure: PortalError = Interrupted(f"The portal did not answer within {seconds:g} seconds", _LATER)
        with anyio.move_on_after(seconds):
            answer = await self._exchange(url, payload, seconds, request_id)
            if isinstance(answer, HttpAnswer):
                return answer
            failure = answer
        raise failure

    async def close(self) -> None:
        """Close the pooled connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _exchange(
        self, url: str, payload: Mapping[str, Any], seconds: float, request_id: str
    ) -> HttpAnswer | PortalError:
        import httpx  # noqa: PLC0415 - 70 ms that listing tools does not need

        try:
            client = self._opened(httpx)
            request = client.build_request(
                "POST",
                url,
                json=payload,
                headers={"X-Request-ID": request_id},
                timeout=httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds)),
            )
            response = await client.send(request, stream=True)
            try:
                return await _read(response)
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            return _no_connection(error)
        except (httpx.HTTPError, httpx.StreamError, OSError):
            return Interrupted("The connection broke before the portal's answer was complete", _LATER)

    def _opened(self, httpx: Any) -> "httpx.AsyncClient":
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=ssl.create_default_context(cafile=self._ca_file) if self._ca_file else True,
                trust_env=False,
                follow_redirects=False,
                transport=httpx.ASGITransport(app=self._app) if self._app is not None else None,
                limits=httpx.Limits(max_connections=32, max_keepalive_connections=8, keepalive_expiry=_IDLE_SECONDS),
                headers={"User-Agent": self._user_agent, "Accept": "application/json"},
            )
        return self._client


async def _read(response: "httpx.Response") -> HttpAnswer | PortalError:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > _LARGEST_ANSWER:
            return BadAnswer(f"The portal's answer is larger than {_LARGEST_ANSWER >> 20} MiB", "Ask for less")
    return HttpAnswer(
        status=response.status_code,
        content_type=response.headers.get("content-type", ""),
        location=response.headers.get("location", ""),
        body=bytes(body),
    )


def _no_connection(error: Exception) -> PortalError:
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return CertificateRefused(
            "The portal's TLS certificate is not trusted",
            "For a self-hosted portal with its own authority, name its PEM file in BITRIX24_CA_FILE",
        )
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return CertificateRefused(
            "The portal does not speak TLS at this address", "Check the host and port in BITRIX24_WEBHOOK_URL"
        )
    return CannotConnect(
        "The portal cannot be reached, so nothing was sent",
        "Check the host in BITRIX24_WEBHOOK_URL and this machine's network",
    )


def _causes(error: BaseException | None) -> "list[BaseException]":
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
