"""Rate and running time, in virtual time."""

from functools import partial
from itertools import pairwise
from typing import Any

import anyio
import pytest

from bitrix24_dialogs.gateway import errors
from bitrix24_dialogs.gateway.clock import Clock, Deadline
from bitrix24_dialogs.gateway.errors import Executed
from bitrix24_dialogs.gateway.limiter import ENTERPRISE, STANDARD, UNLIMITED, Limiter, Rate
from tests.gateway.clocks import JumpingClock, LoopClock
from tests.gateway.harness import METHOD, Caller, asgi_portal, calling
from tests.gateway.scripted import answer, refusal, scripted

pytestmark = pytest.mark.anyio

FOREVER = 1e6


class LeakyPortal:
    """What a cloud portal enforces: so many requests at once, then so many a second."""

    def __init__(self, clock: Clock, burst: float, per_second: float) -> None:
        self.clock = clock
        self.burst = burst
        self.per_second = per_second
        self.level = 0.0
        self.seen = clock.now()
        self.refused = 0
        self.served: list[Any] = []
        self.times: list[float] = []
        self.app = asgi_portal(self.respond)

    async def respond(self, method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        now = self.clock.now()
        self.level = max(0.0, self.level - (now - self.seen) * self.per_second)
        self.seen = now
        if self.level + 1 > self.burst:
            self.refused += 1
            return 503, {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}
        self.level += 1
        if method != "profile":
            self.served.append(params.get("N"))
            self.times.append(now)
            return 200, {"result": params.get("N")}
        return 200, {"result": {"ID": "7"}}


async def burst(caller: Caller, requests: int, seconds: float) -> list[BaseException | Any]:
    results: list[Any] = [None] * requests

    async def one(number: int) -> None:
        try:
            results[number] = await caller.read(seconds=seconds, N=number)
        except errors.PortalError as error:
            results[number] = error

    async with anyio.create_task_group() as tasks:
        for number in range(requests):
            tasks.start_soon(one, number)
    return results


async def test_eighty_requests_at_once_are_served_in_order_and_none_is_refused() -> None:
    clock = LoopClock()
    portal = LeakyPortal(clock, 50, 2)
    async with calling(1, clock=clock, rate=STANDARD, app=portal.app) as caller:
        began = clock.now()
        assert await burst(caller, 80, 53) == list(range(80))
        took = clock.now() - began
    assert portal.refused == 0
    assert portal.served == list(range(80))
    assert took == pytest.approx(40 / 1.8, abs=0.5)
    assert portal.times[39] == began


async def test_an_enterprise_portal_is_used_faster() -> None:
    clock = LoopClock()
    portal = LeakyPortal(clock, 250, 5)
    async with calling(1, clock=clock, rate=ENTERPRISE, app=portal.app) as caller:
        began = clock.now()
        assert await burst(caller, 245, 53) == list(range(245))
        took = clock.now() - began
    assert portal.refused == 0
    assert portal.served == list(range(245))
    assert took == pytest.approx(45 / 4.5, abs=0.5)


async def test_without_a_limit_nothing_waits() -> None:
    clock = LoopClock()
    portal = LeakyPortal(clock, 1000, 1)
    async with calling(1, clock=clock, rate=UNLIMITED, app=portal.app) as caller:
        began = clock.now()
        assert len(await burst(caller, 120, 53)) == 120
    assert portal.times == [began] * 120


async def test_who_comes_too_late_for_the_queue_is_told_at_once_when_to_come_back() -> None:
    clock = LoopClock()
    portal = LeakyPortal(clock, 50, 2)
    async with calling(1, clock=clock, rate=STANDARD, app=portal.app) as caller:  # noqa: SIM117
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(burst, caller, 40 + 53, 29.9)  # the last of them waits 29 seconds
            await clock.sleep(0.001)
            before = clock.now()
            error = await caller.failed_read(seconds=29.95)
            assert clock.now() == before
            assert type(error) is errors.QueueFull
            assert error.executed is Executed.NO
            assert "Nothing was sent; try again in 3" in str(error)
            tasks.cancel_scope.cancel()


async def test_a_write_keeps_the_time_for_its_answer_out_of_its_waiting() -> None:
    clock = LoopClock()
    portal = LeakyPortal(clock, 50, 2)
    async with calling(1, clock=clock, rate=STANDARD, app=portal.app) as caller:
        await caller.write(N="first")
        async with anyio.create_task_group() as tasks:
            for number in range(38 + 40):  # 22 seconds
                tasks.start_soon(partial(caller.write, N=number))
            await clock.sleep(0.001)
            sent = len(portal.served)
            assert type(await caller.failed_write(N="late")) is errors.QueueFull
            assert len(portal.served) == sent
            tasks.cancel_scope.cancel()


async def test_a_cancelled_waiter_leaves_no_trace() -> None:
    clock = LoopClock()
    portal = LeakyPortal(clock, 50, 2)
    async with calling(1, clock=clock, rate=STANDARD, app=portal.app) as caller:
        began = clock.now()
        await burst(caller, 40, 53)
        async with anyio.create_task_group() as patient, anyio.create_task_group() as given_up:
            given_up.start_soon(burst, caller, 20, 53)
            await clock.sleep(0.001)
            patient.start_soon(burst, caller, 2, 53)
            await clock.sleep(0.001)
            given_up.cancel_scope.cancel()
        assert portal.times[40:] == pytest.approx([began + 1 / 1.8, began + 2 / 1.8], abs=0.12)
        (limiter,) = caller.gateway._limiters.values()
        assert limiter._queue == []


async def test_an_empty_bucket_is_full_again_after_a_while() -> None:
    clock = LoopClock()
    portal = LeakyPortal(clock, 50, 2)
    async with calling(1, clock=clock, rate=STANDARD, app=portal.app) as caller:
        await burst(caller, 40, 53)
        await clock.sleep(60)
        began = clock.now()
        await burst(caller, 40, 53)
        assert portal.times[40:] == [began] * 40
    assert portal.refused == 0


async def test_a_shared_address_makes_us_give_way_and_nothing_fails() -> None:
    """Somebody else behind our address has filled the portal's bucket."""
    clock = LoopClock()
    portal = LeakyPortal(clock, 50, 2)
    portal.level = 50
    async with calling(1, clock=clock, rate=STANDARD, app=portal.app) as caller:
        assert await burst(caller, 4, 53) == [0, 1, 2, 3]
    assert portal.refused >= 1


async def test_a_write_refused_for_its_rate_waits_and_happens_once() -> None:
    clock = LoopClock()
    portal = LeakyPortal(clock, 50, 2)
    async with calling(1, clock=clock, rate=STANDARD, app=portal.app) as caller:
        await caller.write(N="first")
        portal.level = 50
        assert await caller.write(N="second") == "second"
    assert portal.served == ["first", "second"]
    assert portal.refused == 1


async def admissions(limiter: Limiter, clock: Clock, number: int, seconds: float = FOREVER) -> list[float]:
    times = []
    for _ in range(number):
        await limiter.admit(Deadline.after(clock, seconds))
        times.append(clock.now())
    return times


async def test_slowing_down_halves_the_rate_and_it_comes_back_by_steps() -> None:
    clock = JumpingClock()
    limiter = Limiter(Rate(burst=5, per_second=1), clock)
    limiter.slow_down()
    assert limiter.estimate() == pytest.approx(2)
    limiter.slow_down()
    assert limiter.estimate() == pytest.approx(4)
    for _ in range(20):
        limiter.slow_down()
    assert limiter.estimate() == pytest.approx(10)
    clock.advance(1000)
    assert limiter.estimate() == 0
    times = await admissions(limiter, clock, 8)
    assert times[4] == times[0]
    assert [later - earlier for earlier, later in pairwise(times[4:])] == pytest.approx([1, 1, 1])


async def test_recovery_takes_its_time() -> None:
    clock = JumpingClock()
    limiter = Limiter(Rate(burst=1, per_second=1), clock)
    limiter.slow_down()
    clock.advance(9.9)
    await admissions(limiter, clock, 1)
    assert limiter.estimate() == pytest.approx(2)
    clock.advance(10)
    await admissions(limiter, clock, 1)
    assert limiter.estimate() == pytest.approx(1 / 0.55)


@pytest.mark.parametrize("position", [0, 3])
async def test_a_waiter_that_slowing_down_makes_late_is_told_before_its_deadline(position: int) -> None:
    clock = LoopClock()
    limiter = Limiter(Rate(burst=1, per_second=1), clock)
    ended: dict[int, float] = {}
    refused: list[int] = []

    async def wait(number: int) -> None:
        deadline = Deadline.after(clock, 6 if number == position else FOREVER)
        try:
            await limiter.admit(deadline, keep=0.5)
        except errors.QueueFull:
            refused.append(number)
            assert deadline.remaining() >= 0.5
        ended[number] = clock.now()

    await limiter.admit(Deadline.after(clock, 1))
    began = clock.now()
    async with anyio.create_task_group() as tasks:
        for number in range(6):
            tasks.start_soon(wait, number)
            await clock.sleep(0.001)
        for _ in range(5):
            limiter.slow_down()  # ten times slower
    assert refused == [position]
    assert ended[position] - began <= 2
    others = [number for number in range(6) if number != position]
    assert sorted(others, key=ended.__getitem__) == others


async def test_a_call_with_an_early_deadline_does_not_wait_behind_the_patient() -> None:
    """One call makes several requests under one deadline: those before it in the queue may have far more time."""
    clock = LoopClock()
    portal = LeakyPortal(clock, 50, 2)
    async with calling(1, clock=clock, rate=STANDARD, app=portal.app) as caller:  # noqa: SIM117
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(burst, caller, 40 + 10, FOREVER)
            await clock.sleep(0.001)
            portal.level = 1e6  # refuses everybody from now on
            deadline = caller.deadline(8)
            with pytest.raises(errors.RateLimited):
                await caller.gateway.read(METHOD, {"N": "hurried"}, deadline)
            assert deadline.remaining() >= 0
            tasks.cancel_scope.cancel()


async def test_one_portals_limit_is_not_anothers() -> None:
    clock = JumpingClock()
    async with (
        scripted() as one,
        scripted() as two,
        calling(one.port, clock=clock, rate=Rate(1, 0.001)) as first,
        calling(two.port, clock=clock, rate=Rate(1, 0.001)) as second,
    ):
        await first.read()
        assert type(await first.failed_read()) is errors.QueueFull
        assert await second.read() is True


# Running time. Portals' clocks are anything: only differences of their own may count.
EPOCHS = [0.0, 1.0, 1_700_000_000.0, 4_000_000_000.0]


def used(seconds: float, resets_in: float | None = 300, epoch: float = EPOCHS[2]) -> dict[str, float]:
    time = {"operating": seconds, "finish": epoch}
    return time if resets_in is None else {**time, "operating_reset_at": epoch + resets_in}


@pytest.mark.parametrize("epoch", EPOCHS)
async def test_a_method_whose_running_time_is_used_up_is_left_alone_until_it_resets(epoch: float) -> None:
    clock = JumpingClock()
    blocked = refusal("OPERATION_TIME_LIMIT", "blocked", 429)
    async with (
        scripted(answer(1, time=used(100, 240, epoch)), blocked, answer("other"), answer("again")) as portal,
        calling(portal.port, clock=clock) as caller,
    ):
        await caller.read("one.method")
        error = await caller.failed_read("one.method")
        assert type(error) is errors.OperatingLimited
        assert len(portal.requests) == 2
        error = await caller.failed_read("one.method")
        assert "Nothing was sent; try again in 240 seconds" in str(error)
        assert type(await caller.failed_write("one.method")) is errors.OperatingLimited
        assert portal.methods == ["one.method", "one.method", "profile"]
        assert await caller.read("another.method") == "other"
        clock.advance(239)
        assert "try again in 1 seconds" in str(await caller.failed_read("one.method"))
        clock.advance(1.1)
        assert await caller.read("one.method") == "again"


async def test_a_block_without_a_known_end_is_tried_again_every_minute() -> None:
    clock = JumpingClock()
    blocked = refusal("OPERATION_TIME_LIMIT", "blocked", 429)
    async with scripted(blocked, blocked, answer("free")) as portal, calling(portal.port, clock=clock) as caller:
        for sent in [1, 2]:
            await caller.failed_read()
            assert "try again in 60 seconds" in str(await caller.failed_read())
            assert len(portal.requests) == sent
            clock.advance(60.1)
        assert await caller.read() == "free"


async def test_a_reset_far_away_is_believed_for_ten_minutes_at_most() -> None:
    clock = JumpingClock()
    blocked = refusal("OPERATION_TIME_LIMIT", "blocked", 429)
    async with scripted(answer(1, time=used(100, 1e9)), blocked) as portal, calling(portal.port, clock=clock) as caller:
        await caller.read()
        await caller.failed_read()
        assert "try again in 600 seconds" in str(await caller.failed_read())


@pytest.mark.parametrize(
    ("seconds", "pause"),
    [(0, None), (100, None), (335, None), (336, None), (378, 2.5), (420, 5.0), (480, 5.0), (1e9, 5.0)],
)
async def test_calls_slow_down_above_four_fifths_of_the_limit(seconds: float, pause: float | None) -> None:
    clock = JumpingClock()
    async with scripted(answer(1, time=used(seconds))) as portal, calling(portal.port, clock=clock) as caller:
        await caller.read()
        assert clock.slept == []
        await caller.read()
        assert clock.slept == ([] if pause is None else [pytest.approx(pause)])
        await caller.read("another.method")
        assert len(clock.slept) == (pause is not None)


async def test_slowing_down_ends_with_the_reset() -> None:
    clock = JumpingClock()
    async with scripted(answer(1, time=used(420, 100))) as portal, calling(portal.port, clock=clock) as caller:
        await caller.read()
        clock.advance(101)
        await caller.read()
    assert clock.slept == []


async def test_slowing_down_leaves_a_hurried_call_its_time() -> None:
    clock = JumpingClock()
    async with scripted(answer(1, time=used(420))) as portal, calling(portal.port, clock=clock) as caller:
        await caller.read()
        assert await caller.read(seconds=2) is True
    assert clock.slept[0] < 2


@pytest.mark.parametrize(
    "time",
    [
        {},
        {"operating": 420},
        {"operating_reset_at": 2_000_000_000},
        {"operating": 420, "operating_reset_at": 2_000_000_000},
        {"operating": 420, "finish": 1_700_000_000},
        {"operating_reset_at": 1_700_000_300, "finish": 1_700_000_000},
        {"operating": "420", "operating_reset_at": 1_700_000_300, "finish": 1_700_000_000},
        {"operating": 420, "operating_reset_at": 1_600_000_000, "finish": 1_700_000_000},
    ],
    ids=str,
)
async def test_counters_that_are_missing_or_odd_hold_nothing_up(time: dict[str, Any]) -> None:
    clock = JumpingClock()
    async with scripted(answer(1, time=time)) as portal, calling(portal.port, clock=clock) as caller:
        await caller.read()
        assert await caller.read() is True
    assert clock.slept == []


async def test_a_counter_that_comes_without_its_reset_keeps_the_reset_known_before() -> None:
    clock = JumpingClock()
    async with (
        scripted(answer(1, time=used(10)), answer(2, time={"operating": 420})) as portal,
        calling(portal.port, clock=clock) as caller,
    ):
        for _ in range(3):
            await caller.read()
    assert clock.slept == [pytest.approx(5)]
