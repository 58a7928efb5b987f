"""An emulated portal that keeps requests waiting on demand, and knows which callers left meanwhile."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bitrix24_dialogs.portal import Portal, default_portal, portal_app
from bitrix24_dialogs.portal.serving import listening_socket, quiet_server
from tests.support import eventually

READ = "imopenlines.dialog.get"
WRITE = "imopenlines.session.join"


@dataclass(frozen=True)
class Arrived:
    """A request as it came over the wire."""

    method: str
    path: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class WatchedPortal:
    """The portal, its address, and what became of each request: who waits, who left, who was answered."""

    def __init__(self) -> None:
        self.portal: Portal = default_portal()
        self.portal.settings.rate_limit = "off"
        self.base = ""
        self.asked_ever: Counter[str] = Counter()
        """How often each address was asked, whatever was forgotten since."""
        self.forget()
        self._app = portal_app(self.portal)

    def forget(self) -> None:
        """Begin anew: nothing has arrived, nothing is held."""
        self.arrived: list[Arrived] = []
        self.waiting: list[str] = []
        self.left: list[str] = []
        self.answered: list[str] = []
        self._held: set[str] = set()

    def hold(self, *methods: str) -> None:
        """Let these wait for their answers until `release`."""
        self._held.update(methods)

    def release(self) -> None:
        self._held.clear()

    def await_waiting(self, *methods: str) -> None:
        """Return once just these wait."""
        eventually(lambda: sorted(self.waiting) == sorted(methods))

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.arrived]

    @property
    def chat_id(self) -> int:
        """A dialog that the acting user does not take part in yet."""
        return self.portal.known["colleagues"]

    def webhook(self, who: str = "supervisor") -> str:
        return self.portal.webhook_url(who, self.base)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        method = scope["path"].rsplit("/", 1)[-1].removesuffix(".json")
        self.asked_ever[scope["path"]] += 1
        self.arrived.append(Arrived(method, scope["path"], tuple(scope["headers"]), body))
        if await self._left_while_held(method, receive):
            return
        whole = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Any:
            return whole.pop() if whole else await receive()

        await self._app(scope, replay, send)
        self.answered.append(method)

    async def _left_while_held(self, method: str, receive: Any) -> bool:
        if method not in self._held:
            return False
        self.waiting.append(method)
        leaving = asyncio.ensure_future(receive())
        try:
            while method in self._held:
                await asyncio.wait([leaving], timeout=0.02)
                if leaving.done():
                    self.left.append(method)
                    return True
            return False
        finally:
            leaving.cancel()
            self.waiting.remove(method)


@contextmanager
def watched_portal() -> Iterator[WatchedPortal]:
    """Serve one from a thread on a free port of this machine."""
    watched = WatchedPortal()
    listener = listening_socket("127.0.0.1", 0)
    started = threading.Event()
    server = quiet_server(watched, on_start=started.set)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="watched portal", daemon=True)
    thread.start()
    try:
        assert started.wait(60)
        watched.base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield watched
    finally:
        watched.release()
        server.should_exit = True
        thread.join(60)
        listener.close()
