"""Many tool calls at once, each a read, a write and a read under one deadline. In virtual time."""

import re
from typing import Any

import anyio
import pytest

from bitrix24_dialogs.gateway import errors
from bitrix24_dialogs.gateway.clock import Clock, Deadline
from bitrix24_dialogs.gateway.gateway import WRITE_SECONDS
from bitrix24_dialogs.gateway.limiter import STANDARD, Limiter, Rate
from tests.gateway.clocks import LoopClock
from tests.gateway.harness import CALL_SECONDS, Caller, asgi_portal, calling
from tests.gateway.test_limits import LeakyPortal

pytestmark = pytest.mark.anyio

_RETRY = re.compile(r"ry again in (\d+) seconds")


class Calls:
    """How far each call came, and what the others were told and when."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.written: list[int] = []
        self.finished: list[int] = []
        self.told: dict[int, errors.PortalError] = {}
        self.took: list[float] = []

    async def one(self, number: int) -> None:
        gateway, began = self.caller.gateway, self.caller.clock.now()
        deadline = self.caller.deadline(change=WRITE_SECONDS)
        try:
            await gateway.read("before", {"N": number}, deadline)
            await gateway.write("change", {"N": number}, deadline)
            self.written.append(number)
            await gateway.read("after", {"N": number}, deadline)
            self.finished.append(number)
        except errors.PortalError as error:
            self.told[number] = error
        self.took.append(self.caller.clock.now() - began)


async def at_once(number: int, apart: float = 0.0) -> tuple[Calls, LeakyPortal]:
    clock = LoopClock()
    portal = LeakyPortal(clock, 50, 2)
    async with calling(1, clock=clock, rate=STANDARD, app=portal.app) as caller:
        calls = Calls(caller)
        async with anyio.create_task_group() as tasks:
            for each in range(number):
                tasks.start_soon(calls.one, each)
                if apart:
                    await clock.sleep(apart)
    return calls, portal


@pytest.mark.parametrize("number", [60, 100])
async def test_of_too_many_write_calls_as_many_finish_as_the_rate_allows(number: int) -> None:
    calls, portal = await at_once(number)
    assert portal.refused == 0
    # 40 requests at once and 1.8 a second until it is too late for a write: a read and a write of each, and a profile.
    fit = int((STANDARD.burst + STANDARD.per_second * (CALL_SECONDS - 30) - 1) / 2)
    assert sorted(calls.finished) == list(range(fit))  # the oldest ones
    assert sorted(calls.written) == sorted(calls.finished)  # whoever changed something has seen what came of it
    assert max(calls.took) <= CALL_SECONDS


@pytest.mark.parametrize(("number", "apart"), [(60, 0.01), (100, 0.01), (200, 0.5)])
async def test_no_request_is_spent_on_a_call_that_cannot_finish(number: int, apart: float) -> None:
    calls, portal = await at_once(number, apart)
    assert portal.refused == 0
    assert sorted(calls.written) == sorted(calls.finished)
    assert len(portal.served) == 3 * len(calls.finished)
    took = portal.times[-1] - portal.times[0]
    assert len(portal.served) >= STANDARD.burst + STANDARD.per_second * took - 3
    assert max(calls.took) <= CALL_SECONDS


@pytest.mark.parametrize("number", [60, 100])
async def test_all_others_are_told_when_to_try_again(number: int) -> None:
    calls, _ = await at_once(number)
    assert len(calls.told) + len(calls.finished) == number
    for error in calls.told.values():
        assert isinstance(error, errors.NotSent | errors.QueueFull)
        found = _RETRY.search(str(error))
        assert found, str(error)
        assert int(found[1]) >= 1


async def test_as_few_calls_as_fit_all_finish() -> None:
    calls, portal = await at_once(30)
    assert sorted(calls.finished) == list(range(30))
    assert (portal.refused, calls.told) == (0, {})


async def order_of(*waiters: tuple[str, Deadline, float], clock: Clock) -> list[str]:
    limiter = Limiter(Rate(burst=1, per_second=1), clock)
    await limiter.admit(Deadline.after(clock, 1))
    order: list[str] = []

    async def wait(name: str, deadline: Deadline, keep: float) -> None:
        await limiter.admit(deadline, keep)
        order.append(name)

    async with anyio.create_task_group() as tasks:
        for waiter in waiters:
            tasks.start_soon(wait, *waiter)
            await clock.sleep(0.001)
    return order


async def test_the_oldest_call_goes_first_and_writes_before_reads_of_their_age() -> None:
    clock = LoopClock()
    old, young = Deadline.after(clock, 50), Deadline.after(clock, 51)
    assert await order_of(
        ("young read", young, 0.2),
        ("old read", old, 0.2),
        ("young write", young, 30),
        ("old write", old, 30),
        clock=clock,
    ) == ["old write", "young write", "old read", "young read"]


async def test_of_calls_of_one_age_the_one_that_came_first_stays_first() -> None:
    clock = LoopClock()
    first, second = Deadline.after(clock, 50), Deadline.after(clock, 50)
    assert await order_of(("first", first, 0.2), ("second", second, 0.2), ("first again", first, 0.2), clock=clock) == [
        "first",
        "first again",
        "second",
    ]


async def test_a_write_without_time_is_told_how_long_the_queue_is() -> None:
    clock = LoopClock()

    async def respond(method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, {"result": True}

    async with calling(1, clock=clock, rate=Rate(1, 0.5), app=asgi_portal(respond)) as caller:
        assert "Try again in 1 seconds" in str(await caller.failed_write(seconds=20))
        async with anyio.create_task_group() as tasks:
            for _ in range(6):
                tasks.start_soon(caller.read)
            await clock.sleep(0.001)
            assert "Try again in 12 seconds" in str(await caller.failed_write(seconds=20))
