"""One gateway for everything: who acts, when to wait, what to repeat, what never to repeat.

Rules (protocol notes 3 and 4): a read is repeated on anything passing; a write only when the portal certainly did
not run it; a write that went out runs to its answer even if the caller goes away.
"""

import logging
import random
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import anyio.lowlevel

from bitrix24_dialogs.gateway.answers import Answer, read_any_answer
from bitrix24_dialogs.gateway.clock import Clock, Deadline
from bitrix24_dialogs.gateway.credentials import Credential, CredentialSource
from bitrix24_dialogs.gateway.downloads import fetch_file
from bitrix24_dialogs.gateway.errors import (
    Executed,
    NotConfigured,
    NotSent,
    OperatingLimited,
    OutcomeUnknown,
    PortalError,
    RateLimited,
    Refused,
)
from bitrix24_dialogs.gateway.http import HttpClient
from bitrix24_dialogs.gateway.identity import IdentityCheck
from bitrix24_dialogs.gateway.limiter import Limiter, Rate
from bitrix24_dialogs.gateway.operating import OperatingGuard
from bitrix24_dialogs.gateway.redaction import hide
from bitrix24_dialogs.gateway.redirects import next_address
from bitrix24_dialogs.gateway.turns import Turns
from bitrix24_dialogs.gateway.underway import UnderWay
from bitrix24_dialogs.language.phrase import Phrase

logger = logging.getLogger(__name__)

# A write goes out only if its answer can still be waited for: this much of the deadline has to be left.
WRITE_SECONDS = 30.0
_READ_SECONDS = 30.0
_LEAST_SECONDS = 0.2
_TRIES = 3
_RATE_TRIES = 8
_FIRST_PAUSE = 0.5
_FIRST_RATE_PAUSE = 1.0
_LONGEST_PAUSE = 8.0


class Gateway:
    """Sends methods to portals. One for the process; safe for concurrent calls.

    Attributes:
        turns: who is at what just now, for calls that must not be at the same thing at once.
    """

    def __init__(
        self,
        credentials: CredentialSource,
        http: HttpClient,
        clock: Clock,
        *,
        rate: Rate,
        timeout: float | None = None,
        redirect_hosts: frozenset[str] = frozenset(),
        jitter: random.Random | None = None,
    ) -> None:
        """A gateway.

        Arguments:
            credentials: whose credential a call uses.
            http: the pooled client.
            clock: tells time and waits.
            rate: what each portal may get.
            timeout: seconds to wait for one answer. Without it a read gets 30, a write what is left of its call.
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
        self._writes = UnderWay()
        self.turns = Turns()

    async def credential(self) -> Credential:
        """The credential of the running call.

        Raises:
            NotConfigured: there is none.
        """
        return await self._credentials.current()

    async def read(self, method: str, params: Mapping[str, Any], deadline: Deadline, spare: float = 0) -> Answer:
        """Call a method that changes nothing. Repeated on passing failures while the deadline allows.

        Arguments:
            method: its name.
            params: its parameters.
            deadline: the call's.
            spare: seconds of the deadline that have to be left after it.

        Raises:
            PortalError: what remained after the last try.
        """
        credential = await self.credential()
        tries = 0
        while True:
            tries += 1
            try:
                return await self._send(credential, method, params, deadline, spare, write=False)
            except PortalError as error:
                pause = self._pause(error, tries, deadline.remaining() - spare - _LEAST_SECONDS)
                if pause is None:
                    raise
            await self._clock.sleep(pause)

    async def download(
        self, method: str, params: Mapping[str, Any], deadline: Deadline, spare: float = 0, *, largest: int
    ) -> Answer:
        """Call a method that answers with a link to a file, and fetch the file. The link does not leave the gateway.

        Arguments:
            method: its name; its answer holds the link as ``downloadUrl``.
            params: its parameters.
            deadline: the call's.
            spare: seconds of the deadline that have to be left after it.
            largest: bytes that a file may have.

        Returns:
            The method's answer, with the file's bytes as its result.

        Raises:
            FileRefused: the link leads elsewhere, or the file is larger.
            PortalError: what remained after the last try.
        """
        credential = await self.credential()
        tries = 0
        while True:
            tries += 1
            answer = await self.read(method, params, deadline, spare)
            link = answer.result.get("downloadUrl") if isinstance(answer.result, Mapping) else None
            try:
                return replace(answer, result=await self._fetched(credential, link, deadline, spare, largest))
            except PortalError as error:
                logger.warning("the file of %s: %s", method, error)
                # With a new link, too: the old one may be used up.
                pause = self._pause(error, tries, deadline.remaining() - spare - _LEAST_SECONDS)
                if pause is None:
                    raise
            await self._clock.sleep(pause)

    async def write(
        self,
        method: str,
        params: Mapping[str, Any],
        deadline: Deadline,
        leaving: Callable[[], Awaitable[None]] | None = None,
    ) -> Answer:
        """Call a method that changes something, at most once.

        Arguments:
            method: its name.
            params: its parameters.
            deadline: the call's.
            leaving: awaited when all is ready and nothing has gone out, before each try; what it raises is the end.

        Raises:
            NotSent: too little of the deadline is left to wait for the answer.
            WrongActor: the credential no longer acts as its owner; nothing was sent.
            OutcomeUnknown: it went out and no usable answer came; it may have happened.
            PortalError: the portal refused it, or nothing was sent.
        """
        credential = await self.credential()
        _refuse_without_time(self._limiter(credential), deadline, WRITE_SECONDS)
        await self._identity.ensure(credential, lambda: self._profile(deadline))
        tries = 0
        while True:
            tries += 1
            try:
                return await self._send(credential, method, params, deadline, 0, write=True, leaving=leaving)
            except PortalError as error:
                if error.executed is Executed.UNKNOWN:
                    raise OutcomeUnknown(
                        f"It may have happened: the request went out, but {_lower_first(error.what)}",
                        "Do not simply repeat it",
                        error.code,
                        error.said,
                    ) from error
                # What the method itself refused may have been done in part, even where the refusal passes.
                done_in_part = isinstance(error, Refused)
                pause = None if done_in_part else self._pause(error, tries, deadline.remaining() - WRITE_SECONDS)
                if pause is None:
                    raise
            await self._clock.sleep(pause)

    @property
    def writes_under_way(self) -> int:
        """How many writes have gone out and are not answered yet."""
        return len(self._writes)

    async def concealer(self) -> Callable[[str], str]:
        """What cuts the current credential's secrets out of a text, so that they need not leave the gateway."""
        try:
            credential = await self.credential()
        except NotConfigured:
            return str
        return lambda text: hide(text, credential.secrets)

    async def settle(self, seconds: float) -> None:
        """Return once no write is under way, or after ``seconds``: to be called before the end of the process."""
        await self._writes.settle(seconds)

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._http.close()

    async def _fetched(
        self, credential: Credential, link: object, deadline: Deadline, spare: float, largest: int
    ) -> bytes:
        async with self._http.place(deadline.remaining() - spare - _LEAST_SECONDS):
            seconds = min(self._timeout or _READ_SECONDS, max(deadline.remaining() - spare, _LEAST_SECONDS))
            portal = credential.address("profile")
            return await fetch_file(
                self._http, portal, link, self._redirect_hosts, largest=largest, seconds=seconds, clock=self._clock
            )

    async def _profile(self, deadline: Deadline) -> Any:
        try:
            # Over while the write still has its time.
            return (await self.read("profile", {}, deadline.earlier(WRITE_SECONDS))).result
        except PortalError as error:
            if error.executed is Executed.NO:
                raise
            what = f"Not sent: whom the webhook acts as could not be checked, for {_lower_first(error.what)}"
            raise NotSent(what, error.advice, error.code, error.said) from error

    def _pause(self, error: PortalError, tries: int, room: float) -> float | None:
        """Seconds before the next try, at most ``room``; None when there is to be none."""
        limited = isinstance(error, RateLimited)
        if not error.transient or tries >= (_RATE_TRIES if limited else _TRIES):
            return None
        first = _FIRST_RATE_PAUSE if limited else _FIRST_PAUSE
        growing: float = first * 2.0 ** (tries - 1)
        pause = min(_LONGEST_PAUSE, growing) * self._jitter.uniform(1.0, 1.25)
        return pause if pause <= room else None

    def _limiter(self, credential: Credential) -> Limiter:
        return self._limiters.setdefault(credential.portal, Limiter(self._rate, self._clock))

    async def _send(
        self,
        credential: Credential,
        method: str,
        params: Mapping[str, Any],
        deadline: Deadline,
        spare: float,
        *,
        write: bool,
        leaving: Callable[[], Awaitable[None]] | None = None,
    ) -> Answer:
        keep = WRITE_SECONDS if write else _LEAST_SECONDS
        limiter = self._limiter(credential)
        _refuse_without_time(limiter, deadline, keep)
        careful = self._operating.check(credential.key, method)
        if careful:
            await self._clock.sleep(min(careful, (deadline.remaining() - keep) / 2))
        await limiter.admit(deadline, keep)
        async with self._http.place(deadline.remaining() - keep):
            if leaving is not None:
                await leaving()
            _refuse_without_time(limiter, deadline, keep)
            await anyio.lowlevel.checkpoint_if_cancelled()  # the last moment at which a write can be called off
            usual = deadline.remaining() if write else _READ_SECONDS
            seconds = min(self._timeout or usual, max(deadline.remaining() - spare, _LEAST_SECONDS))
            deliver = partial(self._deliver, credential, method, params, seconds)
            return await (self._writes.run(deliver) if write else deliver())

    async def _deliver(self, credential: Credential, method: str, params: Mapping[str, Any], seconds: float) -> Answer:
        try:
            answer = await self._exchange(credential, method, params, seconds)
        except RateLimited:
            self._limiter(credential).slow_down()
            raise
        except OperatingLimited as error:
            raise self._operating.block(credential.key, method, error.code) from None
        self._operating.note(credential.key, method, answer.time)
        return answer

    async def _exchange(self, credential: Credential, method: str, params: Mapping[str, Any], seconds: float) -> Answer:
        request_id = str(uuid.uuid4())
        address, body = credential.address(method), credential.sign(params)
        began = self._clock.now()
        outcome = "no answer"
        try:
            answer = await self._http.post(address, body, seconds, request_id)
            new_address = next_address(address, answer, self._redirect_hosts)
            if new_address is not None:
                logger.warning("the portal has been renamed; put its new address into BITRIX24_WEBHOOK_URL")
                left = max(_LEAST_SECONDS, seconds - (self._clock.now() - began))
                answer = await self._http.post(new_address, body, left, request_id)
            outcome = str(answer.status)
            return await read_any_answer(answer, credential.secrets)
        except PortalError as error:
            outcome += f" {type(error).__name__} {error.code}".rstrip()
            if not isinstance(error, Refused):  # a method's own refusals are the caller's matter; the rest is ours
                logger.warning("%s: %s, request %s", method, error, request_id)
            raise
        finally:
            logger.debug("%s: %s in %.3f s, request %s", method, outcome, self._clock.now() - began, request_id)


def _refuse_without_time(limiter: Limiter, deadline: Deadline, keep: float) -> None:
    if deadline.remaining() < keep:
        seconds = max(1, round(limiter.estimate()))
        raise NotSent(
            Phrase("Not sent: too little time was left to wait for the portal's answer"),
            Phrase("Try again in {seconds} seconds", seconds=seconds),
        )


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
