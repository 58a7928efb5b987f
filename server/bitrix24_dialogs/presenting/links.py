"""Links as text: readable, honest about where they lead, and without the secrets that they or a text carry."""

import re
from urllib.parse import unquote

# Every pattern stops at characters that cannot start another match, and repeats within bounds what comes before,
# so that each scan is linear.
_SLASH = r"(?:\\{0,8}/|%(?:25){0,2}2F)"  # plain, as JSON escapes it, as a query does
_QUERY = re.compile(r"([?#&]|%(?:25){0,2}(?:3F|23|26))[^\s<>]++", re.IGNORECASE)
_USERINFO = re.compile(r"(:\\{0,8}/\\{0,8}/)[^\s/\\?#<>]*@")
_WEBHOOK = re.compile(rf"({_SLASH}rest{_SLASH}(?:api{_SLASH})?\d{{1,12}}{_SLASH})[^\s/\\?#<>.…]{{6,}}", re.IGNORECASE)

# What opens doors outside of links too, as programs write it: name=value, "name": "value", [name] => value.
_MEMBER = re.compile(
    r"""((?:token|secret|passwo?r?d|signature|sessid|(?:api|access|private)_?key|(?:auth|refresh)_id|app_sid|_esd)
        (?: \\{0,8}["']\]?\s{0,8}(?:=>|[:=])\s{0,8} | \]?\s{0,8}=>\s{0,8} | \]?= ))
        (?: (?P<quote>\\{0,8}["'])[^"'\n]++ | [^\s"'\\&<>,;)}\]]++ )""",
    re.IGNORECASE | re.VERBOSE,
)
_BEARER = re.compile(
    r"""(\bauthorization [\\"'\s]{0,10}[:=][>\\"'\s]{0,10} (?:bearer|basic)\s{1,8}
       | \bbearer\s{1,8} (?=[\w.~+/-]{16}) (?=[\w.~+/-]{0,200}[0-9]))
        [^\s"'<>,;]++""",
    re.IGNORECASE | re.VERBOSE,
)

# Whole words of a parameter's name, and parts that give a name away wherever they stand.
_SECRET_WORDS = frozenset(
    {"apikey", "auth", "code", "cookie", "credential", "credentials", "esd", "hash", "jwt", "key", "otp", "pass", "pwd"}
    | {"session", "sid", "sig", "sign"}
)
_SECRET_PARTS = (
    *("token", "secret", "passw", "signature", "sessid", "accesskey", "privatekey"),
    *("auth_id", "refresh_id", "channel_id"),
)
_QUOTED_TIMES = 2
_TRAILING = ").,;:!"


def hide_secrets(text: str) -> str:
    """Take what opens doors out of a text, leaving the rest of it readable.

    A query or fragment that carries a secret-like parameter, be it inside another one's value, becomes `?…` as a
    whole; a user name and password before the host become `…@`; the secret of a webhook address becomes `…`. So
    do tokens and passwords in pasted code, such as `"access_token":"…"` and `Authorization: Bearer …`.

    Args:
        text: Any text; links need not be complete, so portal-relative ones are covered too.

    Returns:
        The text with the secrets replaced. A text without any comes back unchanged.

    Source: protocol 7 (keys to redact, webhook addresses, signed links).
    """
    text = _MEMBER.sub(_hide_member, text)
    text = _BEARER.sub(r"\1…", text)
    return _QUERY.sub(_hide_query, _hide_path(text))


def readable_address(target: str) -> str:
    """Write where a link leads, fit to stand between angle brackets.

    Args:
        target: The link's address as it came, of any scheme.

    Returns:
        The address without secrets, blanks and angle brackets. Of addresses that are programs or data only the
        scheme is left.
    """
    address = "".join(target.split()).replace("<", "%3C").replace(">", "%3E")
    scheme = address.partition(":")[0].lower()
    if scheme in {"javascript", "vbscript", "data", "blob"}:
        return f"{scheme}:…"
    return hide_secrets(address)


def _hide_path(text: str) -> str:
    return _WEBHOOK.sub(r"\1…", _USERINFO.sub(r"\1…@", text))


def _hide_member(match: re.Match[str]) -> str:
    return f"{match[1]}{match['quote'] or ''}…"


def _hide_query(match: re.Match[str]) -> str:
    query = read = match[0]
    for _ in range(1 + _QUOTED_TIMES):
        if _opens_doors(read):
            # A sentence's own punctuation after the link stays with the sentence.
            return f"{match[1]}…{query[len(query.rstrip(_TRAILING)) :]}"
        read = unquote(read)
    return query


def _opens_doors(query: str) -> bool:
    # Split at ";" as well: it both separates parameters and ends an undecoded "&amp;".
    return _hide_path(query) != query or any(_is_secret(parameter) for parameter in re.split("[?#&;]", query))


def _is_secret(parameter: str) -> bool:
    name, equals, value = parameter.partition("=")
    if not equals or not value:
        return False
    name = name.lower()
    words = re.split(r"[^a-z0-9]+", name)
    return not _SECRET_WORDS.isdisjoint(words) or any(part in name for part in _SECRET_PARTS)
