"""The address behind a file's link. It knows tokens and nobody; faults meet it under the name `download`."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from bitrix24_dialogs.portal.contents import content_of, mime_of
from bitrix24_dialogs.portal.errors import ConnectionDroppedError
from bitrix24_dialogs.portal.faults import Fault
from bitrix24_dialogs.portal.methods_files import downloaded_file
from bitrix24_dialogs.portal.portal import Portal
from bitrix24_dialogs.portal.rest import CLOSE_EXTENSION

NAME = "download"
_MOST_ENDLESS = 64 << 20  # where nobody hangs up
_PIECE = 64 << 10
_WANTED = ("user-agent", "accept", "accept-language", "referer")
_NOT_FOUND = (
    "<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center></body></html>"
)


class DownloadEndpoint:
    """`/rest/download.json?token=…` of a portal, as an ASGI application."""

    def __init__(self, portal: Portal) -> None:
        """Serve a portal."""
        self._portal = portal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a file, or a page that says 404 whatever is wrong (protocol notes 6)."""
        request = Request(scope, receive)
        call = self._portal.calls.open(self._portal.now(), 0, NAME, {})
        fault = self._portal.faults.take(NAME, 0)
        if fault is not None:
            call.fault = fault.kind
            await asyncio.sleep(fault.seconds if fault.kind != "drip" else 0)
        response = self._response(request) if fault is None or fault.runs_method else None
        call.executed = response is not None
        if fault is not None:
            response = _spoilt(request, fault, response)
        if response is None:
            if fault is None or fault.kind != "hang":
                _close(request)
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        call.status = response.status_code
        await response(scope, receive, send)

    def _response(self, request: Request) -> Response:
        # quirk: the web server before the portal turns away what does not look like a browser (protocol notes 6)
        if any(not request.headers.get(name) for name in _WANTED):
            return Response(_NOT_FOUND, 404, media_type="text/html")
        file = downloaded_file(self._portal, request.query_params.get("token", ""))
        if file is None:
            return Response(_NOT_FOUND, 404, media_type="text/html")
        headers = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(file.name)}"}
        return Response(content_of(file), headers=headers, media_type=mime_of(file))


def _spoilt(request: Request, fault: Fault, response: Response | None) -> Response | None:
    """Return the answer that a fault makes of one; None where there is to be none."""
    if fault.kind == "answer":
        return Response(
            (fault.body or "").encode(fault.encoding),
            fault.status,
            {"content-type": "text/html"}
            | {name.lower(): value.replace("{path}", request.url.path) for name, value in fault.headers.items()},
        )
    if fault.kind == "endless":
        return StreamingResponse(_endless(request), media_type="application/octet-stream")
    if response is None or fault.kind == "delay":
        return response
    body = bytes(response.body)
    if fault.kind == "cut":
        return StreamingResponse(_cut(request, body), headers=dict(response.headers))
    if fault.kind == "drip":
        return StreamingResponse(_dripping(request, body, fault.seconds), headers=dict(response.headers))
    return None


async def _endless(request: Request) -> AsyncIterator[bytes]:
    for _ in range(_MOST_ENDLESS // _PIECE):
        if await request.is_disconnected():
            return
        yield b"\x89PNG\r\n\x1a\n".ljust(_PIECE, b"\0")


async def _cut(request: Request, body: bytes) -> AsyncIterator[bytes]:
    yield body[: len(body) // 2]
    _close(request)


async def _dripping(request: Request, body: bytes, seconds: float) -> AsyncIterator[bytes]:
    for byte in body:
        if await request.is_disconnected():
            return
        yield bytes([byte])
        await asyncio.sleep(seconds)


def _close(request: Request) -> None:
    """Close the connection; a caller in the same process gets an exception in its place."""
    close = request.scope.get("extensions", {}).get(CLOSE_EXTENSION)
    if close is None:
        raise ConnectionDroppedError(executed=True)
    close()
