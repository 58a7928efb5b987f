"""From bytes to a result or a typed error (protocol notes 1.3 and 6)."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio.to_thread

from bitrix24_dialogs.gateway.errors import BadAnswer, PortalError, error_from_body, error_from_page
from bitrix24_dialogs.gateway.http import HttpAnswer
from bitrix24_dialogs.gateway.parsing import parse
from bitrix24_dialogs.gateway.redaction import hide, redact
from bitrix24_dialogs.gateway.redirects import is_redirect, refused_redirect
from bitrix24_dialogs.language.phrase import Phrase

_LONG = 1 << 20  # bytes that take long enough to read for other calls to notice
_LONGEST_LOOKED_AT = 2000
_LONGEST_DESCRIPTION = 200
_CODE = re.compile(r"[A-Za-z0-9_ .-]{1,64}")  # anything else is no code, but somebody's words
_TIMES = ("start", "finish", "duration", "processing", "operating", "operating_reset_at")
_LARGEST_TOTAL = 2**53 - 1
_LARGEST_TIME = 1e12  # no count of seconds is; an integer of hundreds of digits would not even be a float


@dataclass(frozen=True)
class Answer:
    """A method's result, the numbers of the portal's ``time`` block (seconds, all of them finite), and, beside a page
    of a list, how long the whole list is: None where the portal does not count (protocol notes 1.3).
    """

    result: Any = field(repr=False)
    time: dict[str, float] = field(default_factory=dict)
    total: int | None = None


async def read_any_answer(answer: HttpAnswer, secrets: Sequence[str]) -> Answer:
    """`read_answer`, beside the event loop where it would take long."""
    if len(answer.body) <= _LONG:
        return read_answer(answer, secrets)
    return await anyio.to_thread.run_sync(partial(read_answer, answer, secrets))


def read_answer(answer: HttpAnswer, secrets: Sequence[str]) -> Answer:
    """The result in ``answer``, with ``secrets`` hidden wherever the portal echoes one.

    Raises:
        PortalError: of the kind that `error_from_body` or `error_from_page` finds.
    """
    if is_redirect(answer):
        raise refused_redirect(answer, secrets)
    body = parse(answer.body, secrets)
    # Any other 3xx may follow a call that was carried out: 303 says so.
    understood = isinstance(body, dict) and bool(body.keys() & {"error", "result"})
    if not understood or 300 <= answer.status < 400:  # noqa: PLR2004 - an HTTP status class
        raise error_from_page(answer.status, empty=not answer.body.strip())
    if "error" in body:
        raise _error(answer.status, body, secrets)
    return Answer(body["result"], _times(body.get("time")), _total(body.get("total")))


def _error(status: int, body: dict[str, Any], secrets: Sequence[str]) -> PortalError:
    error, description = body["error"], body.get("error_description")
    if "result" in body:
        return BadAnswer(Phrase("The portal sent an error and a result in one answer"), Phrase("Try again in a minute"))
    if not isinstance(error, str | int) or isinstance(error, bool) or error == 0:
        return BadAnswer(Phrase("The portal sent an error that cannot be read"), Phrase("Try again in a minute"))
    # A numeric code may be a secret of digits, which a text would have been hidden in already.
    code = " ".join(hide(str(error), secrets).split())
    text = _one_line(description[:_LONGEST_LOOKED_AT]) if isinstance(description, str) else ""
    return error_from_body(status, code if _CODE.fullmatch(code) else "", text[:_LONGEST_DESCRIPTION])


def _one_line(text: str) -> str:
    return " ".join(redact(text).split())


def _total(count: object) -> int | None:
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _LARGEST_TOTAL:
        return None  # quirk: -1 where the portal does not count
    return count


def _times(block: object) -> dict[str, float]:
    if not isinstance(block, dict):
        return {}
    return {name: block[name] for name in _TIMES if _is_time(block.get(name))}


def _is_time(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < _LARGEST_TIME and math.isfinite(value)
