"""Who the caller of a request is: the one function that says so."""

from typing import Any

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.context import ServerRequestContext

from bitrix24_dialogs.callers.caller import LOCAL, Caller


class SignedIn(AuthenticatedUser):
    """A caller as the SDK knows them: it then lets nobody else use the streams that this caller opened."""

    def __init__(self, caller: Caller) -> None:
        """The token itself stays behind at the gate."""
        super().__init__(AccessToken(token="", client_id=caller.name, scopes=[]))
        self.caller = caller


def caller_of(context: ServerRequestContext[Any]) -> Caller:
    """Who makes this request.

    Raises:
        PermissionError: it came over HTTP and past no gate. Cannot happen while the gate is the outermost part.
    """
    if context.request is None:
        return LOCAL
    user = context.request.scope.get("user")
    if not isinstance(user, SignedIn):
        raise PermissionError("a request over HTTP has no caller")
    return user.caller
