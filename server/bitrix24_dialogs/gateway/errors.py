"""What can go wrong between us and a portal, as one hierarchy made by one factory.

Every error says what happened and what to do next in our own words, whether the method can have run, and whether
another try may help. Source: protocol notes 3 and 6 (codes, statuses, "executed?"), behaviour 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bitrix24_dialogs.language.phrase import Phrase


class Executed(Enum):
    """Whether the portal can have run the method of a failed call."""

    NO = "no"
    UNKNOWN = "unknown"


class PortalError(Exception):
    """A call that brought no result. ``str()`` is one line for people and models; it holds no secret.

    ``said`` is what the portal itself said, redacted: not our words, so whoever shows it cleans and quotes it.
    """

    executed = Executed.NO
    transient = False

    def __init__(self, what: str, advice: str, code: str = "", said: str = "") -> None:
        """``what`` happened, the ``advice`` for what to do next, and the portal's own ``code`` where it gave one."""
        super().__init__(what, advice, code)
        self.said = said
        self.what = what
        self.advice = advice
        self.code = code

    def __str__(self) -> str:
        """What happened, the portal's code, what to do next."""
        code = f" (portal code {self.code})" if self.code else ""
        return f"{self.what}{code}. {self.advice}"


class NotConfigured(PortalError):
    """There is no usable credential for this call."""


class NotSent(PortalError):
    """The call was given up before anything was sent."""


class WrongActor(PortalError):
    """The credential acts as somebody else than its owner."""


class CannotConnect(PortalError):
    """No connection could be made; nothing was sent."""

    transient = True


class CertificateRefused(PortalError):
    """The portal's TLS certificate is not trusted; nothing was sent."""


class NotAPortal(PortalError):
    """The address answers, but not as a Bitrix24 REST portal does."""


class Moved(PortalError):
    """The portal answers from another address that is not allowed here."""


class LicenceExpired(PortalError):
    """A self-hosted portal that sends every request to its licence page."""


class Refused(PortalError):
    """The method was reached and refused the call; ``code`` says why, and may be empty (behaviour 1)."""


class PassingRefusal(Refused):
    """A passing refusal under a status by which the method itself may have made it: a write is not repeated."""

    transient = True


class CredentialRefused(PortalError):
    """The portal does not let this credential in."""


class ScopeMissing(PortalError):
    """The credential lacks a permission scope."""


class RateLimited(PortalError):
    """Too many requests; nothing ran."""

    transient = True


class QueueFull(RateLimited):
    """Our own requests wait already for longer than this call has; trying again at once would not help."""

    transient = False


class OperatingLimited(PortalError):
    """The method's running time is used up for some minutes; nothing ran."""


class Overloaded(PortalError):
    """Bitrix24 has blocked the portal by hand."""


class AuthorisationBusy(PortalError):
    """The portal could not check the credential just now; nothing ran."""

    transient = True


class Interrupted(PortalError):
    """The connection failed or timed out after the request had gone out."""

    executed = Executed.UNKNOWN
    transient = True


class BadAnswer(PortalError):
    """An answer that cannot be understood: not JSON, cut off, empty, contradictory, wrongly encoded, a server error."""

    executed = Executed.UNKNOWN
    transient = True


class TooLarge(BadAnswer):
    """An answer that is too large. It would be so again."""

    transient = False


class FileRefused(PortalError):
    """A file that is not handed over: for where its link leads, its size, or what it is."""


class OutcomeUnknown(PortalError):
    """A write went out and no usable answer came back: it may have happened."""

    executed = Executed.UNKNOWN


@dataclass(frozen=True)
class _Known:
    kind: type[PortalError]
    what: str
    advice: str
    statuses: frozenset[int] = frozenset()  # under which the code is surely sent before the method runs; empty: any


_NEW_WEBHOOK = Phrase("Create a new inbound webhook in Bitrix24 and put its address into BITRIX24_WEBHOOK_URL")
_ADMIN = Phrase("Ask the portal's administrator; trying again will not help")
_LATER = Phrase("Try again in a minute")

# Protocol notes 3: codes are compared without regard to letter case.
_SYSTEM_CODES: Mapping[str, _Known] = {
    "query_limit_exceeded": _Known(
        RateLimited, Phrase("The portal gets too many requests"), _LATER, frozenset({429, 503})
    ),
    "operation_time_limit": _Known(
        OperatingLimited,
        Phrase("This method has used up its running time on the portal"),
        Phrase("Wait up to ten minutes before calling it again; other methods are not affected"),
    ),
    "overload_limit": _Known(
        Overloaded, Phrase("Bitrix24 has blocked REST for this portal by hand"), Phrase("Contact Bitrix24 support")
    ),
    "no_auth_found": _Known(
        CredentialRefused, Phrase("The portal does not know this webhook: wrong, deleted or expired"), _NEW_WEBHOOK
    ),
    "error_oauth": _Known(CredentialRefused, Phrase("The portal does not accept this credential"), _NEW_WEBHOOK),
    "invalid_token": _Known(CredentialRefused, Phrase("The portal does not accept this credential"), _NEW_WEBHOOK),
    "expired_token": _Known(CredentialRefused, Phrase("The credential has expired"), _NEW_WEBHOOK),
    "invalid_credentials": _Known(
        CredentialRefused,
        Phrase("The webhook's owner lacks the right to use REST, was dismissed, or the webhook has expired"),
        _NEW_WEBHOOK,
    ),
    "authorization_error": _Known(
        CredentialRefused, Phrase("The webhook's owner cannot be signed in, probably inactive"), _NEW_WEBHOOK
    ),
    "user_access_error": _Known(CredentialRefused, Phrase("This employee may not use the application"), _ADMIN),
    "application_not_found": _Known(
        CredentialRefused, Phrase("The application is not installed on the portal"), _ADMIN
    ),
    "not_installed": _Known(CredentialRefused, Phrase("The application is not installed on the portal"), _ADMIN),
    "payment_required": _Known(CredentialRefused, Phrase("The portal's subscription is over"), _ADMIN),
    "wrong_license": _Known(CredentialRefused, Phrase("The portal's plan lacks this feature"), _ADMIN),
    "wrong_auth_type": _Known(CredentialRefused, Phrase("This method does not work with a webhook"), _ADMIN),
    "allowed_only_intranet_user": _Known(
        CredentialRefused, Phrase("The webhook belongs to an extranet user"), _NEW_WEBHOOK
    ),
    "method_confirm_waiting": _Known(
        CredentialRefused, Phrase("An administrator has to approve this method first"), _ADMIN
    ),
    "method_confirm_denied": _Known(CredentialRefused, Phrase("An administrator has denied this method"), _ADMIN),
    "insufficient_scope": _Known(
        ScopeMissing,
        Phrase("The webhook lacks a permission scope for this method"),
        Phrase("Edit the webhook in Bitrix24 and tick the scope that the method needs"),
    ),
    "invalid_request": _Known(
        NotAPortal, Phrase("The portal wants https"), Phrase("Put the https:// address into BITRIX24_WEBHOOK_URL")
    ),
    "connection_error": _Known(
        AuthorisationBusy, Phrase("The portal could not check the credential just now"), _LATER, frozenset({401, 403})
    ),
    "error_method_not_found": _Known(
        Refused,
        Phrase("The portal does not know this method: it is too old, or Open Channels is not installed there"),
        _ADMIN,
    ),
    "portal_deleted": _Known(CredentialRefused, Phrase("The portal was deleted or is closed"), _ADMIN),
    "wrong_encoding": _Known(
        Refused,
        Phrase("The portal could not read the request's encoding"),
        Phrase("Remove unusual characters from the text"),
    ),
    "error_core": _Known(BadAnswer, Phrase("The portal failed while running the method"), _LATER),
    "internal_server_error": _Known(BadAnswer, Phrase("The portal failed while running the method"), _LATER),
    "error_unexpected_answer": _Known(BadAnswer, Phrase("The portal failed while running the method"), _LATER),
    "internal_wrong_transport": _Known(BadAnswer, Phrase("The portal failed while running the method"), _LATER),
    "wrong_handler_class": _Known(BadAnswer, Phrase("The portal failed while running the method"), _LATER),
}


def error_from_body(status: int, code: str, description: str) -> PortalError:
    """The error for an answer that has the key ``error``; its presence decides, not the status (protocol notes 1.3).

    ``description`` must be redacted already. It is kept only where our own words would say less: for codes that are
    not known here.
    """
    known = _SYSTEM_CODES.get(code.lower())
    if known is not None:
        sure = not known.statuses or status in known.statuses
        return (known.kind if sure else PassingRefusal)(known.what, known.advice, code)
    if code.upper() == "ACCESS_DENIED" and status in {401, 403}:
        # The same code as a method's own refusal: with this status the plan may lack REST (behaviour 1).
        return CredentialRefused(
            Phrase(
                "The portal denies access: no right to this item, or a plan without REST, or the webhook's owner never"
                " signed in"
            ),
            _ADMIN,
            code,
        )
    if status >= 500:  # noqa: PLR2004 - an HTTP status class
        return BadAnswer(Phrase("The portal failed while running the method"), _LATER, code, description)
    what = Phrase("The portal refused") if description else Phrase("The portal refused without saying why")
    return Refused(what, Phrase("Check the identifiers and the dialog's state"), code, description)


def error_from_page(status: int, *, empty: bool) -> PortalError:
    """The error for an answer that is not the portal's JSON (protocol notes 6). The body is never shown."""
    if status == 404:  # noqa: PLR2004
        return NotAPortal(
            Phrase("There is no Bitrix24 REST at this address (HTTP 404)"),
            Phrase("Check the host and the path in BITRIX24_WEBHOOK_URL"),
        )
    if status in {401, 403}:
        return NotAPortal(
            Phrase(
                "Something before the portal refuses us (HTTP {status}): a firewall, an address filter or a proxy",
                status=status,
            ),
            Phrase("Ask whoever runs the portal's network to let this machine in"),
        )
    if empty:
        return BadAnswer(Phrase("The portal sent an empty answer (HTTP {status})", status=status), _LATER)
    what = Phrase("The portal sent something that is not a Bitrix24 answer (HTTP {status})", status=status)
    return BadAnswer(what, _LATER)
