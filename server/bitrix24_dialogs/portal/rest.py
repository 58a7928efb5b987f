"""The REST end point, with the faults that may meet a request."""

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from bitrix24_dialogs.portal.actions import act
from bitrix24_dialogs.portal.calls import Call
from bitrix24_dialogs.portal.dispatch import Answer, error_answer, respond
from bitrix24_dialogs.portal.errors import ConnectionDroppedError, RestError
from bitrix24_dialogs.portal.faults import Fault
from bitrix24_dialogs.portal.portal import Portal
from bitrix24_dialogs.portal.requests import method_name, read_params

CLOSE_EXTENSION = "portal.close"
_JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=utf-8"


class RestEndpoint:
    """`/rest/{user_id}/{secret}/{method}` of a portal, as an ASGI application."""

    def __init__(self, portal: Portal) -> None:
        """Serve a portal."""
        self._portal = portal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or do what the fault meeting it demands."""
        request = Request(scope, receive)
        path = request.path_params
        user_id = int(path["user_id"]) if path["user_id"].isdecimal() and len(path["user_id"]) < 19 else 0  # noqa: PLR2004 -- digits of a 64-bit number
        method = method_name(path["method"])
        try:
            params, refusal = await read_params(request), None
        except RestError as error:
            params, refusal = {}, error_answer(error)
        call = self._portal.calls.open(self._portal.now(), user_id, method, params)
        base = f"{request.url.scheme}://{request.url.netloc}"
        fault = self._portal.faults.take(method, user_id)
        if refusal is not None:
            call.status, call.error = refusal.status, "WRONG_ENCODING"
        reply = _Reply(request, receive, send, call)
        if fault is None:
            await reply.give(refusal or respond(self._portal, path["secret"], call, base))
            return
        call.fault = fault.kind
        if fault.phase == "before" and fault.kind != "drip":
            await asyncio.sleep(fault.seconds)
        if fault.meanwhile:
            act(self._portal, fault.meanwhile)
        answer = (refusal or respond(self._portal, path["secret"], call, base)) if fault.runs_method else None
        if fault.phase == "after" and fault.kind != "drip":
            await asyncio.sleep(fault.seconds)
        await reply.spoil(fault, answer)


class _Reply:
    """The way back to the client, straight or spoiled."""

    def __init__(self, request: Request, receive: Receive, send: Send, call: Call) -> None:
        self._request = request
        self._receive = receive
        self._send = send
        self._call = call

    async def give(self, answer: Answer) -> None:
        """Send an answer as it is."""
        body = _encoded(answer)
        await self._start(answer.status, {"content-type": _kind(answer)}, len(body))
        await self._part(body)

    async def spoil(self, fault: Fault, answer: Answer | None) -> None:
        """Do what the fault demands with the answer, if the method gave one."""
        if fault.kind == "drop":
            await self._close()
        elif fault.kind == "hang":
            await self._wait_for_disconnect()
        elif fault.kind == "answer" or answer is None:
            await self._replace(fault)
        elif fault.kind == "cut":
            body = _encoded(answer)
            await self._start(answer.status, {"content-type": _kind(answer)}, len(body))
            await self._part(body[: len(body) // 2], more=True)
            await self._close()
        elif fault.kind == "drip":
            body = _encoded(answer)
            await self._start(answer.status, {"content-type": _kind(answer)}, len(body))
            for byte in body:
                await self._part(bytes([byte]), more=True)
                await asyncio.sleep(fault.seconds)
            await self._part(b"")
        else:
            await self.give(answer)

    async def _replace(self, fault: Fault) -> None:
        text, kind = fault.body or "", _HTML
        if fault.error is not None:
            body = {"error": fault.error, "error_description": fault.description}
            text, kind = json.dumps(body, ensure_ascii=False), _JSON
        headers = {"content-type": kind} | {name.lower(): value for name, value in fault.headers.items()}
        body_bytes = self._filled(text).encode(fault.encoding)
        self._call.status = self._call.status or fault.status
        await self._start(fault.status, {n: self._filled(v) for n, v in headers.items()}, len(body_bytes))
        await self._part(body_bytes)

    def _filled(self, text: str) -> str:
        return text.replace("{url}", str(self._request.url)).replace("{path}", self._request.url.path)

    async def _start(self, status: int, headers: dict[str, str], length: int) -> None:
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        pairs.append((b"content-length", str(length).encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": pairs})

    async def _part(self, body: bytes, *, more: bool = False) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _close(self) -> None:
        """Close the connection; a caller in the same process gets an exception in its place."""
        close: Any = self._request.scope.get("extensions", {}).get(CLOSE_EXTENSION)
        if close is None:
            raise ConnectionDroppedError(self._call.executed)
        close()
        await self._wait_for_disconnect()

    async def _wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _encoded(answer: Answer) -> bytes:
    if isinstance(answer.body, str):
        return answer.body.encode()
    return json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _kind(answer: Answer) -> str:
    return _HTML if isinstance(answer.body, str) else _JSON
