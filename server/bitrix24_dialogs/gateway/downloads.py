"""What is behind a portal's link to a file (protocol notes 6, "File links"). The link is a secret: it stays here."""

import logging
import re
from collections.abc import Collection
from urllib.parse import SplitResult, urljoin, urlsplit

from bitrix24_dialogs.gateway.clock import Clock
from bitrix24_dialogs.gateway.errors import BadAnswer, FileRefused, PortalError, TooLarge
from bitrix24_dialogs.gateway.http import HttpAnswer, HttpClient
from bitrix24_dialogs.gateway.redirects import HTTPS_PORT, read_address

logger = logging.getLogger(__name__)

_MOST_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_HOST = re.compile(r"[a-z0-9.-]{1,253}")
_ADDRESS = re.compile(r"[!-\[\]-~]{1,4000}")  # what every reader of addresses takes in the same way
_OK = 200
_SERVER_ERROR = 500
_LATER = "Try again in a minute"
_IN_BITRIX24 = "Open it in Bitrix24"


async def fetch_file(
    http: HttpClient, portal: str, link: object, hosts: Collection[str], *, largest: int, seconds: float, clock: Clock
) -> bytes:
    """The bytes behind ``link``, which a portal gave.

    Arguments:
        http: the pooled client.
        portal: any address of the portal. Its host is asked, and ``hosts``; no other.
        link: the portal's answer; anything.
        hosts: hosts that a renamed portal may redirect to.
        largest: bytes.
        seconds: for all of it, redirects included.
        clock: tells time.

    Raises:
        FileRefused: it leads elsewhere, is not encrypted, or the file is larger.
        PortalError: the file did not come, or not whole.
    """
    home, until = urlsplit(portal), clock.now() + seconds
    address = _checked(home, link if isinstance(link, str) else "", hosts)
    # Without these, the web server before a portal may answer 404. Nothing of the credential is among them.
    headers = {"Accept": "*/*", "Accept-Language": "en", "Referer": f"{home.scheme}://{home.netloc}/"}
    for _ in range(1 + _MOST_REDIRECTS):
        try:
            answer = await http.fetch(address, headers, largest, max(0.1, until - clock.now()))
        except TooLarge:
            raise too_large(largest) from None
        if answer.status not in _REDIRECTS:
            return _body(answer)
        address = _checked(home, _joined(address, answer.location), hosts)
    raise FileRefused("The portal sends the request for the file round and round", _IN_BITRIX24)


def too_large(largest: int) -> FileRefused:
    """The error for a file of more than ``largest`` bytes."""
    return FileRefused(f"The file is larger than {largest >> 20} MiB", _IN_BITRIX24)


def _checked(home: SplitResult, address: str, hosts: Collection[str]) -> str:
    """``address`` if it may be asked: encrypted, or the portal's own on this machine; at the portal or ``hosts``."""
    target = read_address(address)
    host, port = target.hostname or "", target.port
    if not host or not _ADDRESS.fullmatch(address):
        raise BadAnswer("The portal's answer holds no usable link to the file", _LATER)
    at_home = (target.scheme, host, port) == (home.scheme, home.hostname, home.port)
    if target.scheme != "https" and not at_home:  # an address without https is configured for this machine only
        raise FileRefused(
            "The portal's link to the file is not encrypted", "Ask the portal's administrator to use https"
        )
    known = host == home.hostname or host in hosts
    if "@" in target.netloc or not known or port not in {None, HTTPS_PORT, home.port}:
        logger.warning("a file's link leads to %s", host if _HOST.fullmatch(host) else "another host")
        raise FileRefused(
            "The portal's link to the file leads to another host, which was not asked",
            "Open it in Bitrix24. The server's log names the host; if it belongs to your portal, whoever runs the"
            " server can allow it in BITRIX24_REDIRECT_HOSTS",
        )
    return address


def _joined(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError:
        return ""


def _body(answer: HttpAnswer) -> bytes:
    if answer.status == _OK:
        return answer.body
    kind: type[PortalError] = BadAnswer if answer.status >= _SERVER_ERROR else FileRefused
    raise kind(f"The portal did not give the file out (HTTP {answer.status})", _LATER)
