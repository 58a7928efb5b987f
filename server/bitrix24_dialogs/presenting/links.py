"""Links as text: readable, honest about where they lead, and without the secrets they carry."""

import re
from urllib.parse import unquote

# Every pattern stops at characters that cannot start another match, so that each scan is linear.
_QUERY = re.compile(r"[?#&][^\s<>]++")
_USERINFO = re.compile(r"(://)[^\s/\\?#<>]*@")
_WEBHOOK = re.compile(r"(/rest/(?:api/)?\d{1,12}/)[^\s/?#<>.…]{6,}")

# Whole words of a parameter's name, and parts that give a name away wherever they stand.
_SECRET_WORDS = frozenset(
    {"apikey", "auth", "code", "cookie", "credential", "credentials", "esd", "hash", "jwt", "key", "otp", "pass", "pwd"}
    | {"session", "sid", "sig", "sign"}
)
_SECRET_PARTS = ("token", "secret", "passw", "signature", "sessid", "accesskey", "privatekey")
_TRAILING = ").,;:!"


def hide_secrets(text: str) -> str:
    """Take what opens doors out of every link in a text, leaving the rest of the link readable.

    A query or fragment that carries a secret-like parameter becomes `?…` as a whole; a user name and password
    before the host become `…@`; the secret of a webhook address becomes `…`.

    Args:
        text: Any text; links need not be complete, so portal-relative ones are covered too.

    Returns:
        The text with the secrets replaced. A text without any comes back unchanged.

    Source: protocol 7 (keys to redact, webhook addresses, signed links).
    """
    text = _USERINFO.sub(r"\1…@", text)
    text = _WEBHOOK.sub(r"\1…", text)
    return _QUERY.sub(_hide_query, text)


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


def _hide_query(match: re.Match[str]) -> str:
    query = match[0]
    # Split at ";" as well: it both separates parameters and ends an undecoded "&amp;".
    if not any(_is_secret(parameter) for parameter in re.split("[?#&;]", query)):
        return query
    # A sentence's own punctuation after the link stays with the sentence.
    return f"{query[0]}…{query[len(query.rstrip(_TRAILING)) :]}"


def _is_secret(parameter: str) -> bool:
    name, equals, value = parameter.partition("=")
    if not equals or not value:
        return False
    name = unquote(name).lower()
    words = re.split(r"[^a-z0-9]+", name)
    return not _SECRET_WORDS.isdisjoint(words) or any(part in name for part in _SECRET_PARTS)
