"""The control side: looking into the portal and moving it, for tests and demonstrations.

Only callers on this computer are let in; bodies and answers are JSON.

| Request | What it does |
|---|---|
| POST /control/reset | back to the state at the start; time, faults, calls and limits too |
| GET /control/state | the whole state, in the form of a seed |
| POST /control/advance | `{"seconds": 60}` moves the portal's time |
| GET, POST, DELETE /control/faults | list; add one (see `faults.Fault`); remove all |
| GET, DELETE /control/calls | every REST request so far; forget them |
| GET /control/webhooks | webhook addresses by employee |
| POST /control/act | `{"action": "client_writes", ...}` does a helper action (see `actions`) |

A request that cannot be done answers 400 with `{"error": "<one line>"}`.
"""

import ipaddress
import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bitrix24_dialogs.portal.actions import act
from bitrix24_dialogs.portal.codec import from_plain, to_plain
from bitrix24_dialogs.portal.errors import ActionError, SeedError
from bitrix24_dialogs.portal.faults import Fault
from bitrix24_dialogs.portal.portal import Portal

Handler = Callable[[Portal, Request, dict[str, Any]], Any]


def control_routes(portal: Portal) -> list[Route]:
    """Return the routes that control a portal."""
    handlers: dict[tuple[str, str], Handler] = {
        ("POST", "reset"): _reset,
        ("GET", "state"): _state,
        ("POST", "advance"): _advance,
        ("GET", "faults"): _list_faults,
        ("POST", "faults"): _add_fault,
        ("DELETE", "faults"): _clear_faults,
        ("GET", "calls"): _list_calls,
        ("DELETE", "calls"): _clear_calls,
        ("GET", "webhooks"): _webhooks,
        ("POST", "act"): _act,
    }
    return [
        Route(f"/control/{name}", _guarded(portal, handler), methods=[method])
        for (method, name), handler in handlers.items()
    ]


def _guarded(portal: Portal, handler: Handler) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        if not _is_local(request):
            return JSONResponse({"error": "only callers on this computer are let in"}, 403)
        try:
            return JSONResponse(handler(portal, request, _read(await request.body())))
        except (ActionError, SeedError, ValueError, LookupError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return endpoint


def _read(body: bytes) -> dict[str, Any]:
    data = json.loads(body or b"{}")
    if not isinstance(data, dict):
        raise ActionError("the body must be a JSON object")
    return data


def _is_local(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _reset(portal: Portal, _request: Request, _body: dict[str, Any]) -> Any:
    portal.reset()
    return {}


def _state(portal: Portal, _request: Request, _body: dict[str, Any]) -> Any:
    return to_plain(portal.state)


def _advance(portal: Portal, _request: Request, body: dict[str, Any]) -> Any:
    portal.advance(float(body["seconds"]))
    return {"now": portal.now().isoformat()}


def _list_faults(portal: Portal, _request: Request, _body: dict[str, Any]) -> Any:
    return portal.faults.listed()


def _add_fault(portal: Portal, _request: Request, body: dict[str, Any]) -> Any:
    return {"id": portal.faults.add(from_plain(Fault, body, "fault")).id}


def _clear_faults(portal: Portal, _request: Request, _body: dict[str, Any]) -> Any:
    portal.faults.clear()
    return {}


def _list_calls(portal: Portal, _request: Request, _body: dict[str, Any]) -> Any:
    return [to_plain(call) for call in portal.calls.entries]


def _clear_calls(portal: Portal, _request: Request, _body: dict[str, Any]) -> Any:
    portal.calls.clear()
    return {}


def _webhooks(portal: Portal, request: Request, _body: dict[str, Any]) -> Any:
    base = str(request.base_url)
    users = (portal.state.users[user_id] for user_id in portal.state.webhooks)
    return {user.key or str(user.id): portal.webhook_url(user.id, base) for user in users}


def _act(portal: Portal, _request: Request, body: dict[str, Any]) -> Any:
    return act(portal, body)
