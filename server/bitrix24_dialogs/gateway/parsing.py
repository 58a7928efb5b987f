"""From the bytes of an answer to a JSON value that may be shown: no secret in it, and only whole characters."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from bitrix24_dialogs.gateway.redaction import hide

# PHP cuts texts by bytes and escapes what is left of a character; half a one cannot be encoded again.
_HALF = re.compile("[\ud800-\udfff]")


def parse(body: bytes, secrets: Sequence[str]) -> Any:
    """The value in ``body``, without ``secrets``; None if it cannot be read."""
    try:
        text = body.decode("utf-8")
        value = json.loads(text)
        return _mended(value, lambda part: hide(_HALF.sub("\ufffd", part), secrets)) if _odd(text, secrets) else value
    except (ValueError, RecursionError):
        return None


def _odd(text: str, secrets: Sequence[str]) -> bool:
    """Whether any part of ``text`` can need mending: most answers go through as they are."""
    if "%" in text:
        return True
    lower = text.lower()
    return "\\ud" in lower or "\\u00" in lower or any(secret.lower() in lower for secret in secrets)


def _mended(value: Any, mend: Callable[[str], str]) -> Any:
    """``value`` with every text in it mended, keys too; numbers stay, even one that looks like a secret."""
    if isinstance(value, str):
        return mend(value)
    if isinstance(value, dict):
        return {mend(key): _mended(part, mend) for key, part in value.items()}
    if isinstance(value, list):
        return [_mended(part, mend) for part in value]
    return value
