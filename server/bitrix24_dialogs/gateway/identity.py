"""Whether a credential still acts as its owner.

A dismissed employee's webhook goes on working as a system user (protocol notes 2.1): a write would be made in a
stranger's name. So before a credential's first write, and hourly, ``profile`` must return the owner's own number.
"""

from collections.abc import Awaitable, Callable
from copy import copy
from typing import Any

import anyio

from bitrix24_dialogs.gateway.clock import Clock
from bitrix24_dialogs.gateway.credentials import Credential
from bitrix24_dialogs.gateway.errors import PortalError, WrongActor

_TRUSTED_SECONDS = 3600.0
_LONGEST_NUMBER = 18  # digits; Python refuses to read numbers of thousands of them


class IdentityCheck:
    """Remembers when each credential was last seen to act as its owner."""

    def __init__(self, clock: Clock) -> None:
        """Nobody checked yet."""
        self._clock = clock
        self._checked: dict[str, float] = {}
        self._failed: dict[str, PortalError] = {}
        self._one_at_a_time = anyio.Lock()

    async def ensure(self, credential: Credential, profile: Callable[[], Awaitable[Any]]) -> None:
        """Ask ``profile`` unless it was asked within the hour. Who waited for a check that failed shares its failure.

        Raises:
            WrongActor: the portal acts as somebody else, or as nobody.
            PortalError: the profile cannot be read.
        """
        if self._fresh(credential):
            return
        failed_before = self._failed.get(credential.key)
        async with self._one_at_a_time:
            if self._fresh(credential):
                return
            failed = self._failed.get(credential.key)
            if failed is not None and failed is not failed_before:
                raise copy(failed)
            try:
                _require_owner(credential, await profile())
            except PortalError as error:
                self._failed[credential.key] = copy(error)
                raise
            self._checked[credential.key] = self._clock.now()

    def _fresh(self, credential: Credential) -> bool:
        checked = self._checked.get(credential.key)
        return checked is not None and self._clock.now() - checked < _TRUSTED_SECONDS


def _require_owner(credential: Credential, profile: object) -> None:
    acting = acting_user(profile)
    if acting != credential.user_id:
        actor = f"user {acting}" if acting else "an inactive user"
        raise WrongActor(
            f"Not sent: this webhook belongs to user {credential.user_id}, but the portal now acts as {actor}"
            " (as it does once an employee is dismissed)",
            "Create a webhook as an active employee and put its address into BITRIX24_WEBHOOK_URL",
        )


def acting_user(profile: object) -> int | None:
    """The number in an answer of ``profile``; none for the empty object of an inactive user (protocol notes 2.4)."""
    number = profile.get("ID") if isinstance(profile, dict) else None
    digits = str(number) if isinstance(number, int | str) and not isinstance(number, bool) else ""
    return int(digits) or None if digits.isdecimal() and len(digits) <= _LONGEST_NUMBER else None
