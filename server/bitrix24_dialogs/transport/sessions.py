"""Sessions of older clients: so many for each caller, that none takes the places of all others."""

from collections import defaultdict
from collections.abc import Callable

import anyio
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bitrix24_dialogs.transport.caller import SignedIn

IDLE_SECONDS = 900.0
"""After this long without a request a session has ended."""

MOST_OF_ONE = 50
_SESSION = "mcp-session-id"
_TOO_MANY = (
    f"You have {MOST_OF_ONE} sessions open, and there is no room for another. End one with DELETE, or wait: a session"
    f" ends after {IDLE_SECONDS / 60:g} minutes without a request.\n"
)


class Sessions:
    """An ASGI application around the one that keeps the sessions: it counts them, and opens none too many."""

    def __init__(self, app: ASGIApp, now: Callable[[], float] = anyio.current_time) -> None:
        """No session is open yet; ``now`` tells the time in seconds."""
        self._app = app
        self._now = now
        self._used: dict[str, dict[str, float]] = defaultdict(dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless it would open one session too many."""
        user, headers = scope.get("user"), Headers(scope=scope)
        mine = self._open(user.caller.name if isinstance(user, SignedIn) else "")
        session = headers.get(_SESSION)
        if session is None and len(mine) >= MOST_OF_ONE and _is_older(headers):
            retry = {"Retry-After": str(int(IDLE_SECONDS))}
            await PlainTextResponse(_TOO_MANY, 503, retry)(scope, receive, send)
            return
        if session in mine:
            mine[session] = self._now()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = Headers(raw=message["headers"]).get(_SESSION)
                if given is not None and message["status"] < 300:  # noqa: PLR2004 - an HTTP status class
                    mine[given] = self._now()
                if session is not None and (scope["method"] == "DELETE" or message["status"] == 404):  # noqa: PLR2004
                    mine.pop(session, None)
            await send(message)

        await self._app(scope, receive, watched)
        if session in mine:
            mine[session] = self._now()  # what waited for a person was in use all the time

    def _open(self, caller: str) -> dict[str, float]:
        mine = self._used[caller]
        for session in [session for session, used in mine.items() if self._now() - used > IDLE_SECONDS]:
            del mine[session]
        return mine


def _is_older(headers: Headers) -> bool:
    """Whether the request is of a protocol that has sessions. The first one names its version in its body alone."""
    return headers.get("mcp-protocol-version", "") < "2026"
