"""Where the links in a text really lead: the host that a browser makes of what is written."""

import re
import unicodedata
from itertools import takewhile
from urllib.parse import unquote

# After a scheme of two letters or more (a single one is a drive), or at a "www.": the part that holds the host.
_LINK = re.compile(
    r"(?:(?<=[a-z0-9+.-]{2}:)[/\\]{2,9}+|(?<![\w.])(?=www\.))(?P<authority>[^\s/\\?#<>]*+)[^\s<>]*+", re.IGNORECASE
)
_IN_HOSTS = frozenset("-._%。．｡")  # three more signs count as dots
_LONGEST_HOST, _LONGEST_LABEL = 253, 63
_TRAILING = ").,;:!?\"'»”"


def name_hosts(text: str) -> str:
    """Put the true host behind each link that hides it behind other scripts' letters, escapes or odd dots.

    A host of plain ASCII letters is what it seems. Any other may look like one that it is not.

    Args:
        text: Cleaned text.

    Returns:
        The text; a link such as `https://раypal.com/` is followed by `(host xn--ypal-43d9g.com)`.
    """
    return _LINK.sub(_with_host, text)


def true_host(written: str) -> str:
    """The name that a browser looks up for a host as it is written.

    Args:
        written: The host, without user name and port.

    Returns:
        The host in ASCII; empty if nothing could be looked up by that name.
    """
    plain = unicodedata.normalize("NFKC", unquote(written)).lower().replace("。", ".")
    if not all(map(_may_stand_in_host, plain)):
        return ""
    labels = [_ascii_label(label) for label in plain.split(".")]
    host = ".".join(labels)
    return host if len(host) <= _LONGEST_HOST and all(len(label) <= _LONGEST_LABEL for label in labels) else ""


def _with_host(link: re.Match[str]) -> str:
    written = "".join(takewhile(_may_stand_in_host, link["authority"].rpartition("@")[2]))
    if written.isascii() and "%" not in written:
        return link[0]
    host = true_host(written.rstrip("."))
    if not host:
        return link[0]
    address = link[0].rstrip(_TRAILING)
    return f"{address} (host {host}){link[0][len(address) :]}"


def _ascii_label(label: str) -> str:
    if label.isascii() or len(label) > _LONGEST_LABEL:  # encoding takes a time that grows with the square
        return label
    return f"xn--{label.encode('punycode').decode('ascii')}"


def _may_stand_in_host(char: str) -> bool:
    category = unicodedata.category(char)
    return char in _IN_HOSTS or category[0] in "LMN" or category == "So"
