"""Where a redirect leads, and when it is followed (protocol notes 6: portals are renamed, licences expire)."""

import re
from collections.abc import Collection, Sequence
from urllib.parse import SplitResult, urlsplit, urlunsplit

from bitrix24_dialogs.gateway.credentials import is_loopback
from bitrix24_dialogs.gateway.errors import LicenceExpired, Moved, NotAPortal, PortalError
from bitrix24_dialogs.gateway.http import HttpAnswer
from bitrix24_dialogs.gateway.redaction import hide
from bitrix24_dialogs.language.phrase import Phrase

_BEFORE_THE_METHOD = {301, 302, 307, 308}  # 303 tells where the outcome of a call stands that was carried out
_HOST = re.compile(r"^[a-z0-9.-]{1,253}$")
HTTPS_PORT = 443


def is_redirect(answer: HttpAnswer) -> bool:
    """Whether ``answer`` sends the request elsewhere, so that nothing ran."""
    return answer.status in _BEFORE_THE_METHOD


def next_address(address: str, answer: HttpAnswer, hosts: Collection[str]) -> str | None:
    """Where to post again after a rename: to one of ``hosts``, at the same path and port, encrypted. Else None."""
    if not is_redirect(answer):
        return None
    old, new = urlsplit(address), read_address(answer.location)
    host = new.hostname or ""
    encrypted = new.scheme == "https" or (new.scheme == "http" and is_loopback(host))
    known_port = new.port in {None, HTTPS_PORT, old.port}
    if not encrypted or not known_port or "@" in new.netloc or new.path != old.path or host not in hosts:
        return None
    name = f"[{host}]" if ":" in host else host
    return urlunsplit((new.scheme, name if new.port is None else f"{name}:{new.port}", new.path, "", ""))


def refused_redirect(answer: HttpAnswer, secrets: Sequence[str]) -> PortalError:
    """The error for a redirect that is not followed."""
    target = read_address(answer.location)
    if target.path.startswith("/bitrix/coupon_activation"):
        return LicenceExpired(
            Phrase("The self-hosted portal's licence has expired: it sends every request to its licence page"),
            Phrase("Ask the portal's administrator to renew the licence"),
        )
    if "/rest/" in target.path:
        host: str = target.hostname or ""
        if not _HOST.match(host) or hide(host, secrets) != host:
            host = Phrase("another address")
        return Moved(
            Phrase(
                "The portal now answers from {host}, and a webhook's secret is never sent to a new host unasked",
                host=host,
            ),
            Phrase(
                "If it was renamed, change the host in BITRIX24_WEBHOOK_URL, or allow {host} in"
                " BITRIX24_REDIRECT_HOSTS",
                host=host,
            ),
        )
    return NotAPortal(
        Phrase("The address redirects to a web page instead of answering as REST"),
        Phrase("Check BITRIX24_WEBHOOK_URL; REST may not be installed on this portal"),
    )


def read_address(address: str) -> SplitResult:
    """The parts of an address; those of an empty one if it cannot be read."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # read only now, and refused if it is none
    except ValueError:
        return urlsplit("")
    return parts
