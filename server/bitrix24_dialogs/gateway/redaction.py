"""Secrets do not leave: what is cut out of every text before anybody may see it (protocol notes 7)."""

import logging
import re
from collections.abc import Iterable
from functools import lru_cache

_HIDDEN = "***"
# Every repeat before the part to hide is bounded: an unbounded one is tried anew at each character of a long run.
_SLASH = r"(?:\\{0,4}/|%2F)"  # plain, as JSON escapes it, as a query does
_WEBHOOK = re.compile(
    rf"({_SLASH}rest{_SLASH}(?:api{_SLASH})?\d{{1,18}}{_SLASH})(?:(?!%2F)[^/\s\"'<>\\])+", re.IGNORECASE
)
_KEYS = (
    "auth|access_token|refresh_token|client_secret|code|application_token|AUTH_ID|REFRESH_ID|APP_SID|token|sessid"
    "|signature|key|password|secret|_esd|CHANNEL_ID"
)
_PAIR = re.compile(rf"(\b(?:{_KEYS})=)[^&\s\"'<>]+", re.IGNORECASE)
_MEMBER = re.compile(rf"([\"'](?:{_KEYS})\\{{0,4}}[\"']\s{{0,8}}:\s{{0,8}}\\{{0,4}}[\"'])[^\"'\\]+", re.IGNORECASE)
_HEADER = re.compile(
    r"((?:Authorization|Set-Cookie|Cookie|X-Bitrix-Rest-Application)(?:\"?'?\s{0,8}[:=]|[\"'],)\s{0,8})[^\r\n]+",
    re.IGNORECASE,
)


_CALLER_TOKEN = re.compile(r"(\bb24d_)[\w-]+")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` without webhook secrets, tokens, signed query values, credential headers, and without ``secrets``."""
    for pattern in (_HEADER, _WEBHOOK, _PAIR, _MEMBER, _CALLER_TOKEN):
        text = pattern.sub(rf"\g<1>{_HIDDEN}", text)
    return hide(text, secrets)


def hide(text: str, secrets: Iterable[str]) -> str:
    """``text`` without ``secrets``, whatever their letter case and escaping; nothing else of it changes."""
    for secret in secrets:
        if secret.lower() in text.lower() or "%" in text or "\\u00" in text:
            text = _spelt(secret).sub(_HIDDEN, text)
    return text


@lru_cache(maxsize=64)
def _spelt(secret: str) -> re.Pattern[str]:
    """``secret`` with each character plain, percent-encoded or escaped as JSON does."""
    ways = (rf"(?:{re.escape(char)}|%{ord(char):02x}|\\u{ord(char):04x})" for char in secret)
    return re.compile("".join(ways), re.IGNORECASE)


class RedactingFormatter(logging.Formatter):
    """Formats a log record, its traceback included, and then cuts secrets out of the whole."""

    def __init__(self, fmt: str, secrets: Iterable[str] = ()) -> None:
        """``fmt`` as for `logging.Formatter`; ``secrets`` are hidden wherever they stand."""
        super().__init__(fmt)
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        return redact(super().format(record), self._secrets)
