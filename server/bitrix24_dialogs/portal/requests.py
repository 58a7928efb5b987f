"""Reading a request's parameters the way the portal does (behaviour 1)."""

import json
from typing import Any

from starlette.requests import Request

from bitrix24_dialogs.portal.batch import parse_query
from bitrix24_dialogs.portal.errors import RestError

# names the portal takes for itself (protocol notes 1.2); `start` is one more, see `calls`
_RESERVED = frozenset({"auth", "access_token", "state", "token", "auth_connector", "aplogin", "ap", "sessid"})


async def read_params(request: Request) -> dict[str, Any]:
    """Return the merged parameters of a request; the body wins over the query.

    Raises:
        RestError: WRONG_ENCODING when the body is not UTF-8.
    """
    merged = parse_query(request.url.query) | await _body(request)
    return {name: value for name, value in merged.items() if name not in _RESERVED}


def method_name(path: str) -> str:
    """Return the method a path asks for: lower case, without suffix and closing slash."""
    return path.rstrip("/").lower().removesuffix(".json")


async def _body(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        async with request.form() as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    raw = await request.body()
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise RestError("WRONG_ENCODING", "Wrong request encoding") from None
    if "json" not in kind:
        return parse_query(text)
    try:
        data = json.loads(text, parse_constant=_no_constant)
        json.dumps(data, ensure_ascii=False).encode()  # PHP refuses a lone surrogate, too
    except (ValueError, RecursionError):
        return {}  # quirk: malformed JSON is dropped without a word
    return data if isinstance(data, dict) else {}


def _no_constant(name: str) -> None:
    raise ValueError(name)
