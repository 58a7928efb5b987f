"""Who acts on the portal. Today a webhook; the interface leaves room for one credential per caller.

Source of the URL form: protocol notes 1.1 and 2.1 (an inbound webhook carries its secret in the path).
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from bitrix24_dialogs.gateway.errors import NotConfigured
from bitrix24_dialogs.language.phrase import Phrase

_WEBHOOK_PATH = re.compile(
    r"(?P<root>/[\w.~/-]+?)/(?P<user>[1-9][0-9]{0,17})/(?P<secret>[A-Za-z0-9_-]{4,})(?:/[A-Za-z][A-Za-z0-9.]*)?/?"
)
_ANOTHER = re.compile(r"/[0-9]+/(?!rest(?:/|$))[^/]")  # an owner and a secret where only a folder may stand
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]*:[0-9a-f:.]*")
_EXPECTED = "https://your-company.bitrix24.com/rest/7/<secret>/"
_NO_ADDRESS = Phrase("it is not a web address; expected {expected}", expected=_EXPECTED)


class WebhookError(ValueError):
    """A text is not an inbound webhook address. The message never repeats the text: it may hold the secret."""

    def __init__(self, why: Phrase) -> None:
        """``why`` it is none."""
        super().__init__(why)
        self.why = why


class Credential(Protocol):
    """One identity on one portal, as the gateway needs it."""

    @property
    def portal(self) -> str:
        """Host (and port) of the portal: the key of everything that is counted per portal."""
        ...

    @property
    def user_id(self) -> int:
        """Number of the employee that this credential is meant to act as."""
        ...

    @property
    def key(self) -> str:
        """A name for this credential that gives nothing away."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be seen outside the gateway."""
        ...

    def address(self, method: str) -> str:
        """Where ``method`` is posted to. Holds the secret for a webhook: never log it."""
        ...

    def sign(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The body to post: ``params``, and the token for credentials that travel there."""
        ...


class CredentialSource(Protocol):
    """Answers "whose credential does this call use?"."""

    async def current(self) -> Credential:
        """The credential of the running call.

        Raises:
            NotConfigured: there is none; the text names the setting that is missing.
        """
        ...


class Secret:
    """A text that nothing shows: neither printing, nor ``dataclasses.asdict``, nor a pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Wrap ``text``."""
        self._text = text

    def reveal(self) -> str:
        """The text itself: for the address to post to, and for what has to be hidden elsewhere."""
        return self._text

    def __repr__(self) -> str:
        """Three stars."""
        return "***"

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same text."""
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        """By the text."""
        return hash(self._text)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Secret":
        """Itself: it never changes."""
        return self

    def __reduce__(self) -> str:
        """Always refuses.

        Raises:
            TypeError: always.
        """
        raise TypeError("a secret cannot be pickled")


@dataclass(frozen=True)
class Webhook:
    """An inbound webhook: portal, owner and secret. Its ``repr`` shows no secret."""

    scheme: str
    portal: str
    root: str
    user_id: int
    secret: Secret = field(repr=False)

    @property
    def key(self) -> str:
        """Portal and owner: two webhooks of one person share it, which is on the safe side for limits."""
        return f"{self.portal}#{self.user_id}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret part of the path."""
        return (self.secret.reveal(),)

    def address(self, method: str) -> str:
        """See `Credential.address`."""
        return f"{self.scheme}://{self.portal}{self.root}/{self.user_id}/{self.secret.reveal()}/{method}.json"

    def sign(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """See `Credential.sign`. A webhook is signed by its address."""
        return dict(params)


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_webhook(text: str) -> Webhook:
    """Read an inbound webhook address as Bitrix24 shows it, with or without a method at its end.

    Raises:
        WebhookError: it is not one; the message says what is wrong without repeating it.
    """
    address = text.strip().strip("\"'")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise WebhookError(_NO_ADDRESS) from None
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        raise WebhookError(_NO_ADDRESS)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise WebhookError(
            Phrase("it has a user name, a query or a fragment; expected just {expected}", expected=_EXPECTED)
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise WebhookError(Phrase("it begins with http://, which would send the secret in the clear; use https://"))
    found = _WEBHOOK_PATH.fullmatch(parts.path)
    if found is None or _ANOTHER.search(found["root"]):
        raise WebhookError(
            Phrase("its path is not /rest/<user number>/<secret>/; expected {expected}", expected=_EXPECTED)
        )
    if found["root"].endswith("/api"):
        raise WebhookError(
            Phrase("it is a REST 3.0 address, where these methods do not exist; remove /api from its path")
        )
    netloc = f"[{host}]" if ":" in host else host
    return Webhook(
        scheme=parts.scheme,
        portal=netloc if port is None else f"{netloc}:{port}",
        root=found["root"],
        user_id=int(found["user"]),
        secret=Secret(found["secret"]),
    )


@dataclass(frozen=True)
class OneWebhook:
    """Every call acts as the owner of one webhook."""

    webhook: Webhook

    async def current(self) -> Credential:
        """See `CredentialSource.current`."""
        return self.webhook


@dataclass(frozen=True)
class NoCredential:
    """No call can act: the settings lack a webhook, or hold one that is none."""

    what: str
    advice: str

    async def current(self) -> Credential:
        """Always refuses, with the setting to change.

        Raises:
            NotConfigured: always.
        """
        raise NotConfigured(self.what, self.advice)
