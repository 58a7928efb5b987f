"""One gateway for everything: who acts, when to wait, what to repeat, what never to repeat.

Rules (protocol notes 3 and 4): a read is repeated on anything passing; a write only when the portal certainly did
not run it; a write that went out runs to its answer even if the caller goes away.
"""

import logging
import random
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import anyio
import anyio.lowlevel

from bitrix24_dialogs.gateway.answers import Answer, read_answer, target_of
from bitrix24_dialogs.gateway.clock import Clock, Deadline
from bitrix24_dialogs.gateway.credentials import Credential, CredentialSource, is_loopback
from bitrix24_dialogs.gateway.errors import (
    Executed,
    NotSent,
    OperatingLimited,
    OutcomeUnknown,
    PortalError,
    RateLimited,
)
from bitrix24_dialogs.gateway.http import HttpAnswer, HttpClient
from bitrix24_dialogs.gateway.identity import IdentityCheck
from bitrix24_dialogs.gateway.limiter import Limiter, Rate
from bitrix24_dialogs.gateway.operating import OperatingGuard

logger = logging.getLogger(__name__)

# A write goes out only if its answer can still be waited for: this much of the deadline has to be left.
WRITE_SECONDS = 30.0
_LEAST_SECONDS = 0.2
_TRIES = 3
_RATE_TRIES = 8
_FIRST_PAUSE = 0.5
_FIRST_RATE_PAUSE = 1.0
_LONGEST_PAUSE = 8.0


class Gateway:
    """Sends methods to portals. One for the process; safe for concurrent calls."""

    def __init__(
        self,
        credentials: CredentialSource,
        http: HttpClient,
        clock: Clock,
        *,
        rate: Rate,
        timeout: float,
        redirect_hosts: frozenset[str] = frozenset(),
        jitter: random.Random | None = None,
    ) -> None:
        """A gateway.

        Arguments:
            credentials: whose credential a call uses.
            http: the pooled client.
            clock: tells time and waits.
            rate: what each portal may get.
            timeout: seconds to wait for one answer.
            redirect_hosts: hosts that a renamed portal may redirect to.
            jitter: source of the randomness in pauses.
        """
        self._credentials = credentials
        self._http = http
        self._clock = clock
        self._rate = rate
        self._timeout = timeout
        self._redirect_hosts = redirect_hosts
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._limiters: dict[str, Limiter] = {}
        self._operating = OperatingGuard(clock)
        self._identity = IdentityCheck(clock)

    async def credential(self) -> Credential:
        """The credential of the running call.

        Raises:
            NotConfigured: there is none.
        """
        return await self._credentials.current()

    async def read(self, method: str, params: Mapping[str, Any], deadline: Deadline) -> Answer:
        """Call a method that changes nothing. Repeated on passing failures while the deadline allows.

        Raises:
            PortalError: what remained after the last try.
        """
        credential = await self.credential()
        tries = 0
        while True:
            tries += 1
            try:
                return await self._send(credential, method, params, deadline, keep=_LEAST_SECONDS)
            except PortalError as error:
                pause = self._pause(error, tries)
                if pause is None or pause > deadline.remaining() - _LEAST_SECONDS:
                    raise
            await self._clock.sleep(pause)

    async def write(self, method: str, params: Mapping[str, Any], deadline: Deadline) -> Answer:
        """Call a method that changes something, at most once.

        Raises:
            NotSent: too little of the deadline is left to wait for the answer.
            WrongActor: the credential no longer acts as its owner; nothing was sent.
            OutcomeUnknown: it went out and no usable answer came; it may have happened.
            PortalError: the portal refused it, or nothing was sent.
        """
        credential = await self.credential()
        _refuse_without_time(deadline, WRITE_SECONDS)
        await self._identity.ensure(credential, lambda: self._profile(deadline))
        tries = 0
        while True:
            tries += 1
            try:
                return await self._send(credential, method, params, deadline, keep=WRITE_SECONDS, shield=True)
            except PortalError as error:
                if error.executed is Executed.UNKNOWN:
                    raise OutcomeUnknown(
                        f"It may have happened: the request went out, but {_lower_first(error.what)}",
                        "Do not simply repeat it",
                        error.code,
                    ) from error
                pause = self._pause(error, tries)
                if pause is None or pause > deadline.remaining() - WRITE_SECONDS:
                    raise
            await self._clock.sleep(pause)

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._http.close()

    async def _profile(self, deadline: Deadline) -> Any:
        try:
            return (await self.read("profile", {}, deadline)).result
        except PortalError as error:
            if error.executed is Executed.NO:
                raise
            what = f"Not sent: whom the webhook acts as could not be checked, for {_lower_first(error.what)}"
            raise NotSent(what, error.advice, error.code) from error

    def _pause(self, error: PortalError, tries: int) -> float | None:
        """Seconds before the next try, or None when there is to be none."""
        limited = isinstance(error, RateLimited)
        if not error.transient or tries >= (_RATE_TRIES if limited else _TRIES):
            return None
        first = _FIRST_RATE_PAUSE if limited else _FIRST_PAUSE
        growing: float = first * 2.0 ** (tries - 1)
        return min(_LONGEST_PAUSE, growing) * self._jitter.uniform(1.0, 1.25)

    async def _send(
        self,
        credential: Credential,
        method: str,
        params: Mapping[str, Any],
        deadline: Deadline,
        *,
        keep: float,
        shield: bool = False,
    ) -> Answer:
        _refuse_without_time(deadline, keep)
        limiter = self._limiters.setdefault(credential.portal, Limiter(self._rate, self._clock))
        careful = self._operating.check(credential.key, method)
        if careful:
            await self._clock.sleep(min(careful, (deadline.remaining() - keep) / 2))
        await limiter.admit(deadline, keep)
        _refuse_without_time(deadline, keep)
        remaining = deadline.remaining()
        await anyio.lowlevel.checkpoint_if_cancelled()  # the last moment at which a write can be called off
        with anyio.CancelScope(shield=shield):
            try:
                answer = await self._exchange(credential, method, params, min(self._timeout, remaining))
            except RateLimited:
                limiter.slow_down()
                raise
            except OperatingLimited:
                self._operating.block(credential.key, method)
                raise
            self._operating.note(credential.key, method, answer.time)
        return answer

    async def _exchange(self, credential: Credential, method: str, params: Mapping[str, Any], seconds: float) -> Answer:
        request_id = str(uuid.uuid4())
        address, body = credential.address(method), credential.sign(params)
        began = self._clock.now()
        status = "no answer"
        try:
            answer = await self._http.post(address, body, seconds, request_id)
            new_address = self._followed(address, answer)
            if new_address is not None:
                logger.warning("the portal has been renamed; put its new address into BITRIX24_WEBHOOK_URL")
                left = max(_LEAST_SECONDS, seconds - (self._clock.now() - began))
                answer = await self._http.post(new_address, body, left, request_id)
            status = str(answer.status)
            return read_answer(answer, credential.secrets)
        finally:
            logger.debug("%s: %s in %.3f s, request %s", method, status, self._clock.now() - began, request_id)

    def _followed(self, address: str, answer: HttpAnswer) -> str | None:
        """Where to post again after a rename: one hop, to an allowed host, same path, encrypted (protocol notes 6)."""
        if not answer.location or not 300 <= answer.status < 400:  # noqa: PLR2004 - an HTTP status class
            return None
        old, new = urlsplit(address), target_of(answer)
        host = new.hostname or ""
        encrypted = new.scheme == "https" or (new.scheme == "http" and is_loopback(host))
        if not encrypted or new.path != old.path or host not in self._redirect_hosts:
            return None
        return urlunsplit((new.scheme, new.netloc, new.path, "", ""))


def _refuse_without_time(deadline: Deadline, keep: float) -> None:
    if deadline.remaining() < keep:
        raise NotSent("Not sent: too little time was left to wait for the portal's answer", "Try again")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
