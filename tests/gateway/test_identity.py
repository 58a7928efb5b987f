"""Whom the webhook acts as."""

import asyncio
from typing import Any

import anyio
import pytest

from bitrix24_dialogs.gateway import errors
from bitrix24_dialogs.gateway.errors import Executed
from bitrix24_dialogs.gateway.limiter import STANDARD
from tests.gateway.clocks import JumpingClock, LoopClock
from tests.gateway.harness import METHOD, Caller, asgi_portal, calling
from tests.gateway.scripted import Behaviour, answer, cut_off, drop, hang, page, refusal, scripted, when

pytestmark = pytest.mark.anyio


async def test_the_owner_is_checked_before_the_first_write_and_again_after_an_hour() -> None:
    clock = JumpingClock()
    async with scripted() as portal, calling(portal.port, clock=clock) as caller:
        for _ in range(3):
            await caller.write()
        assert portal.methods == ["profile", METHOD, METHOD, METHOD]
        assert portal.requests[0].json == {}
        clock.advance(3590)
        await caller.write()
        assert portal.methods.count("profile") == 1
        clock.advance(10)
        await caller.write()
    assert portal.methods[-2:] == ["profile", METHOD]


async def test_reads_never_ask_who_acts() -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        for _ in range(3):
            await caller.read()
    assert portal.methods == [METHOD] * 3


async def test_twenty_first_writes_at_once_ask_once() -> None:
    clock = LoopClock()
    asked: list[str] = []

    async def respond(method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        asked.append(method)
        await clock.sleep(1)
        return 200, {"result": {"ID": "7"} if method == "profile" else True}

    async with calling(1, clock=clock, rate=STANDARD, app=asgi_portal(respond)) as caller:  # noqa: SIM117
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(caller.write)
    assert asked == ["profile"] + [METHOD] * 20


@pytest.mark.parametrize("number", ["7", 7, "07"])
async def test_the_owners_number_may_be_a_text_or_a_number(number: object) -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        portal.profile = answer({"ID": number, "NAME": "Anna"})
        assert await caller.write() is True


OTHERS: dict[str, object] = {
    "another user": {"ID": "8"},
    "nobody": [],
    "an empty object": {},
    "null": None,
    "true": True,
    "a list": [{"ID": "7"}],
    "a number": 7,
    "an empty number": {"ID": ""},
    "zero": {"ID": "0"},
    "negative": {"ID": -7},
    "a fraction": {"ID": 7.0},
    "a boolean": {"ID": True},
    "a list as number": {"ID": [7]},
    "words": {"ID": "seven"},
    "an endless number": {"ID": "7" * 5000},
    "blanks around": {"ID": " 7 "},
    "another letter case": {"id": "7"},
}


@pytest.mark.parametrize("profile", OTHERS.values(), ids=OTHERS)
async def test_a_webhook_that_acts_as_another_writes_nothing(profile: object) -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        portal.profile = answer(profile)
        error = await caller.failed_write()
        assert type(error) is errors.WrongActor
        assert error.executed is Executed.NO
        assert "user 7" in str(error)
        assert "BITRIX24_WEBHOOK_URL" in str(error)
        assert await caller.read() is True
        assert portal.methods == ["profile", METHOD]


async def test_the_other_user_is_named_by_number() -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        portal.profile = answer({"ID": "31"})
        assert "user 31" in str(await caller.failed_write())


FAILURES: dict[str, tuple[Behaviour, int]] = {
    "no connection to speak of": (drop, 3),
    "cut off": (cut_off, 3),
    "a bad gateway": (page(502), 3),
    "a server error": (refusal("INTERNAL_SERVER_ERROR", "", 500), 3),
    "a firewall": (page(403), 1),
    "an expired webhook": (refusal("NO_AUTH_FOUND", "", 401), 1),
    "a refusal": (refusal("", ""), 1),
}


@pytest.mark.parametrize(("failure", "tries"), FAILURES.values(), ids=FAILURES)
async def test_a_write_whose_owner_cannot_be_checked_is_known_not_to_have_been_sent(
    failure: Behaviour, tries: int
) -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        portal.profile = failure
        error = await caller.failed_write()
        assert error.executed is Executed.NO
        assert type(error) is not errors.OutcomeUnknown
        assert portal.methods == ["profile"] * tries
        portal.profile = answer({"ID": "7"})
        assert await caller.write() is True


async def test_a_failed_check_is_repeated_at_the_next_write() -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        portal.profile = answer({"ID": "8"})
        for _ in range(2):
            await caller.failed_write()
    assert portal.methods == ["profile"] * 2


async def test_a_check_that_hangs_ends_while_a_write_would_still_have_its_time() -> None:
    clock = LoopClock()
    asked: list[str] = []

    async def respond(method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        asked.append(method)
        await clock.sleep(4)
        return 502, {}

    took: list[float] = []

    async def write(caller: Caller) -> None:
        began = clock.now()
        error = await caller.failed_write()
        assert (error.executed, type(error)) == (Executed.NO, errors.NotSent)
        took.append(clock.now() - began)

    async with calling(1, clock=clock, app=asgi_portal(respond)) as caller:  # noqa: SIM117
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(write, caller)
    assert asked == ["profile"] * 3  # the tries of one check, whose failure all three share
    assert max(took) < 23


async def test_a_check_has_no_more_than_the_time_before_the_last_moment_for_a_write() -> None:
    clock = LoopClock()
    async with scripted() as portal, calling(portal.port, clock=clock) as caller:
        portal.profile = hang
        began = clock.now()
        error = await caller.failed_write(seconds=32)
        assert clock.now() - began == pytest.approx(2, abs=0.01)
    assert (error.executed, type(error)) == (Executed.NO, errors.NotSent)
    assert portal.methods == ["profile"]


async def test_a_check_whose_caller_goes_away_is_made_by_the_next() -> None:
    may_answer = asyncio.Event()
    async with scripted() as portal, calling(portal.port, clock=LoopClock()) as caller:
        portal.profile = hang
        results: list[Any] = []

        async def write() -> None:
            results.append(await caller.write())

        async with anyio.create_task_group() as patient, anyio.create_task_group() as hasty:
            hasty.start_soon(write)
            while not portal.requests:  # noqa: ASYNC110 - the portal's side of a socket has no event to wait for
                await anyio.sleep(0.002)
            patient.start_soon(write)
            await anyio.sleep(0.01)
            portal.profile = when(may_answer, answer({"ID": "7"}))
            hasty.cancel_scope.cancel()
            may_answer.set()
    assert results == [True]
    assert portal.methods == ["profile", "profile", METHOD]


async def test_a_write_that_its_check_leaves_too_little_time_is_not_sent() -> None:
    clock = JumpingClock()
    async with scripted() as portal, calling(portal.port, clock=clock) as caller:
        inner = portal.profile

        async def slow(request: Any) -> None:
            clock.advance(25)
            await inner(request)

        portal.profile = slow
        assert type(await caller.failed_write()) is errors.NotSent
        assert portal.methods == ["profile"]
