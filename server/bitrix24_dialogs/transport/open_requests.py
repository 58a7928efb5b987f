"""Requests that are being served, and how a stop ends those that would not end by themselves."""

import anyio
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RETRY_AFTER = {"Retry-After": "5"}
_LAST_WORDS_SECONDS = 0.5
_CUT_SHORT = (
    "The server was stopped before this was finished. What it was to change may have happened: read the state first.\n"
)


class OpenRequests:
    """An ASGI application around another one, which it can make finish."""

    def __init__(self, app: ASGIApp) -> None:
        """No request is open yet."""
        self._app = app
        self._open: set[_Request] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and remember it meanwhile."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(scope, receive, send)
        self._open.add(request)
        try:
            await self._app(scope, request.receive, request.send)
            if request.over:
                await request.told.wait()  # not to return before the response is complete
        finally:
            self._open.discard(request)

    async def end(self) -> None:
        """End every request: to its client in good order, to whoever serves it as if the client had gone away."""
        requests = list(self._open)
        with anyio.move_on_after(_LAST_WORDS_SECONDS):  # for clients that do not read
            async with anyio.create_task_group() as tasks:
                for request in requests:
                    tasks.start_soon(request.end)


class _Request:
    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.over = False
        self.told = anyio.Event()
        self._scope = scope
        self._receive = receive
        self._send = send
        self._waits: set[anyio.CancelScope] = set()
        self._begun = False
        self._complete = False

    async def receive(self) -> Message:
        if not self.over:
            with anyio.CancelScope() as wait:
                self._waits.add(wait)
                try:
                    return await self._receive()
                finally:
                    self._waits.discard(wait)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.over:
            return
        self._begun = True
        if message["type"] == "http.response.start":
            # Where the length is known, the body is at hand and follows at once.
            self._complete = any(name.lower() == b"content-length" for name, _ in message.get("headers", []))
        elif not message.get("more_body", False):
            self._complete = True
        await self._send(message)

    async def end(self) -> None:
        if self._complete:
            return
        self.over = True
        for wait in self._waits:
            wait.cancel()
        if self._begun:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await PlainTextResponse(_CUT_SHORT, 503, RETRY_AFTER)(self._scope, self._receive, self._send)
        self.told.set()
