"""From bytes to a result or a typed error (protocol notes 1.3 and 6)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from bitrix24_dialogs.gateway.errors import (
    BadAnswer,
    LicenceExpired,
    Moved,
    NotAPortal,
    PortalError,
    error_from_body,
    error_from_page,
)
from bitrix24_dialogs.gateway.http import HttpAnswer
from bitrix24_dialogs.gateway.redaction import hide, redact

_REDIRECTS = {301, 302, 303, 307, 308}
_LONGEST_DESCRIPTION = 200
_CODE = re.compile(r"^\s*([A-Za-z0-9_ .-]{1,64}?)\s*$")  # anything else is no code, but somebody's words
_HOST = re.compile(r"^[a-z0-9.-]{1,253}$")


@dataclass(frozen=True)
class Answer:
    """A method's result, and the portal's ``time`` block (seconds, and the method's operating counters)."""

    result: Any = field(repr=False)
    time: dict[str, Any] = field(default_factory=dict)


def read_answer(answer: HttpAnswer, secrets: Sequence[str]) -> Answer:
    """The result in ``answer``. Wherever the portal echoes one of ``secrets``, it is hidden before anything is read.

    Raises:
        PortalError: of the kind that `error_from_body` or `error_from_page` finds.
    """
    if answer.status in _REDIRECTS:
        raise refused_redirect(answer, secrets)
    empty = not answer.body.strip()
    try:
        body = json.loads(hide(answer.body.decode("utf-8"), secrets))
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise error_from_page(answer.status, empty=empty)
    if "error" in body:
        raise _error(answer.status, body)
    if "result" not in body:
        raise error_from_page(answer.status, empty=empty)
    time = body.get("time")
    return Answer(body["result"], time if isinstance(time, dict) else {})


def refused_redirect(answer: HttpAnswer, secrets: Sequence[str]) -> PortalError:
    """The error for a redirect that is not followed."""
    target = target_of(answer)
    if target.path.startswith("/bitrix/coupon_activation"):
        return LicenceExpired(
            "The self-hosted portal's licence has expired: it sends every request to its licence page",
            "Ask the portal's administrator to renew the licence",
        )
    if "/rest/" in target.path:
        host = target.hostname or ""
        if not _HOST.match(host) or hide(host, secrets) != host:
            host = "another address"
        return Moved(
            f"The portal now answers from {host}, and a webhook's secret is never sent to a new host unasked",
            f"If it was renamed, change the host in BITRIX24_WEBHOOK_URL, or allow {host} in BITRIX24_REDIRECT_HOSTS",
        )
    return NotAPortal(
        "The address redirects to a web page instead of answering as REST",
        "Check BITRIX24_WEBHOOK_URL; REST may not be installed on this portal",
    )


def target_of(answer: HttpAnswer) -> SplitResult:
    """Where a redirect leads; an empty address if that cannot be read."""
    try:
        return urlsplit(answer.location)
    except ValueError:
        return urlsplit("")


def _error(status: int, body: dict[str, Any]) -> PortalError:
    code, description = body["error"], body.get("error_description")
    if not isinstance(code, str | int | None):
        return BadAnswer("The portal sent an error that cannot be read", "Try again in a minute")
    text = _one_line(description) if isinstance(description, str) else ""
    known_form = _CODE.match(str(code or ""))
    return error_from_body(status, known_form[1] if known_form else "", text[:_LONGEST_DESCRIPTION])


def _one_line(text: str) -> str:
    return " ".join(redact(text).split())
