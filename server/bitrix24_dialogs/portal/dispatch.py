"""From a request to its answer: authorisation, limits, the method, the time block (behaviour 1)."""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bitrix24_dialogs.portal.batch import run_batch
from bitrix24_dialogs.portal.calls import Call
from bitrix24_dialogs.portal.cards import stamp
from bitrix24_dialogs.portal.entities import Webhook
from bitrix24_dialogs.portal.errors import PhpError, RestError
from bitrix24_dialogs.portal.methods import Caller, Params, acting_caller, check_scope, find_method
from bitrix24_dialogs.portal.pages import Page
from bitrix24_dialogs.portal.portal import Portal

FATAL_PAGE = "<html><head><title>500 Internal Server Error</title></head><body>Internal Server Error</body></html>"


@dataclass(frozen=True)
class Answer:
    """A status, and the body: data for JSON, or the text of a page."""

    status: int
    body: dict[str, Any] | str


def respond(portal: Portal, secret: str, call: Call, base: str = "") -> Answer:
    """Answer one HTTP request.

    Args:
        portal: the portal.
        secret: the webhook's secret as it stood in the path.
        call: the request's entry in the call log, completed here.
        base: the address by which the portal was reached; its own where that is not known.

    Returns:
        The answer; every error is one too.
    """
    answer = _respond(portal, secret, call, base)
    call.status = answer.status
    if isinstance(answer.body, dict):
        call.error = answer.body.get("error")
    return answer


def _respond(portal: Portal, secret: str, call: Call, base: str) -> Answer:
    if not portal.limits.admit(portal.settings.rate_limit, portal.clock.now().timestamp()):
        return error_answer(RestError("QUERY_LIMIT_EXCEEDED", "Too many requests", 503))
    try:
        caller = replace(acting_caller(portal, authorised(portal, call.user_id, secret)), base=base)
        if call.method == "batch":
            return Answer(200, _batch(portal, caller, call))
        return Answer(200, run(portal, caller, call))
    except RestError as error:
        return error_answer(error)
    except PhpError:
        return Answer(500, FATAL_PAGE)


def authorised(portal: Portal, user_id: int, secret: str) -> Webhook:
    """Return the webhook a path belongs to.

    Raises:
        RestError: NO_AUTH_FOUND, status 401, for a wrong secret and for another user's number (behaviour 15).
    """
    webhook = portal.state.webhooks.get(user_id)
    expected = portal.webhook_secret(user_id)
    if webhook is None or not hmac.compare_digest(secret.encode(), expected.encode()):
        raise RestError("NO_AUTH_FOUND", "Wrong authorization data", 401)
    return webhook


def error_answer(error: RestError) -> Answer:
    """Return the answer to an error; it has no time block."""
    body = {"error": error.code, "error_description": error.description}
    return Answer(error.status, {**body, "argument": error.argument} if error.argument else body)


def run(portal: Portal, caller: Caller, call: Call) -> dict[str, Any]:
    """Run one method and return the body of its answer.

    Raises:
        RestError: the method's own, or ERROR_METHOD_NOT_FOUND, insufficient_scope, OPERATION_TIME_LIMIT.
        PhpError: an array where PHP wants a text.
    """
    method = find_method(call.method)
    check_scope(method, caller)
    moment = portal.clock.now().timestamp()
    counter = (caller.webhook.id, call.method)
    limit = portal.settings.operating_limit
    if limit and portal.limits.operating(counter, moment) >= limit:
        text = "Method is blocked due to operation time limit."
        raise RestError("OPERATION_TIME_LIMIT", text, 429)
    started = portal.now()
    call.executed = True
    seconds = portal.settings.run_times.get(call.method, portal.settings.run_time)
    try:
        result = method.run(portal, caller, call.given)
    finally:
        portal.limits.charge(counter, seconds, moment)
    time = _time_block(portal, started, seconds, counter)
    if isinstance(result, Page):
        return {"result": result.items, **result.beside(), "time": time}
    return {"result": result, "time": time}


def _batch(portal: Portal, caller: Caller, call: Call) -> dict[str, Any]:
    started = portal.now()
    call.executed = True

    def command(name: str, params: Params) -> dict[str, Any]:
        nested = portal.calls.open(portal.now(), call.user_id, name.lower(), dict(params), batched=True)
        try:
            body = run(portal, caller, nested)
        except RestError as error:
            nested.status, nested.error = error.status, error.code
            raise
        except PhpError:
            nested.status = 500
            raise
        nested.status = 200
        return body

    result = run_batch(call.params, command)
    return {"result": result, "time": _time_block(portal, started, portal.settings.run_time, None)}


def _time_block(portal: Portal, started: datetime, seconds: float, counter: tuple[int, str] | None) -> dict[str, Any]:
    finished = started + timedelta(seconds=seconds)
    block: dict[str, Any] = {
        "start": int(started.timestamp()),
        "finish": finished.timestamp(),
        "duration": float(seconds),
        "processing": int(seconds),
        "date_start": stamp(started),
        "date_finish": stamp(finished),
    }
    if portal.settings.operating_limit:
        now = started.timestamp()
        # the outer call of a batch is free: its commands are charged one by one
        block["operating_reset_at"] = portal.limits.reset_at(counter, now) if counter else int(now) + 600
        block["operating"] = (portal.limits.operating(counter, now) or 0) if counter else 0
    return block
