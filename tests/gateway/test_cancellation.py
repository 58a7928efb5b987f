"""A caller that goes away."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from bitrix24_dialogs.gateway import errors
from bitrix24_dialogs.gateway.limiter import Rate
from tests.gateway.clocks import JumpingClock, LoopClock
from tests.gateway.harness import METHOD, Caller, calling
from tests.gateway.scripted import ScriptedPortal, answer, hang, page, refusal, scripted, when

pytestmark = pytest.mark.anyio


async def arrived(portal: ScriptedPortal, method: str) -> None:
    with anyio.fail_after(1.4):
        while method not in portal.methods:  # noqa: ASYNC110 - the portal's side of a socket has no event to wait for
            await anyio.sleep(0.002)


async def keep_result(call: Any, results: list[Any]) -> None:
    results.append(await call)
    await anyio.lowlevel.checkpoint()
    results.append("went on")


async def test_a_cancelled_read_stops() -> None:
    async with scripted(hang) as portal, calling(portal.port, clock=LoopClock()) as caller:
        results: list[Any] = []
        with anyio.fail_after(1.4):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(keep_result, caller.read(), results)
                await arrived(portal, METHOD)
                tasks.cancel_scope.cancel()
    assert results == []
    assert not portal.requests[0].answered


async def test_a_gateway_goes_on_after_a_cancelled_read() -> None:
    async with scripted(hang, answer("next")) as portal, calling(portal.port, clock=LoopClock()) as caller:
        with anyio.move_on_after(0.1):
            await caller.read()
        assert await caller.read() == "next"


async def test_a_cancelled_write_that_is_under_way_runs_to_its_answer_before_the_call_ends() -> None:
    may_answer = asyncio.Event()
    async with (
        scripted(when(may_answer, answer("done"))) as portal,
        calling(portal.port, clock=LoopClock()) as caller,
    ):
        results: list[Any] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep_result, caller.write(CHAT_ID=5), results)
            await arrived(portal, METHOD)
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.1)
                assert not portal.requests[-1].answered
                may_answer.set()
        assert portal.requests[-1].answered
        assert results == ["done"]  # and not a step further
        assert portal.connections == 1
        await caller.read()
        assert portal.connections == 1  # a connection that was broken off could not be used again


async def test_a_write_that_is_under_way_is_not_repeated_once_its_caller_is_gone() -> None:
    may_answer = asyncio.Event()
    limited = refusal("QUERY_LIMIT_EXCEEDED", "", 503)
    async with (
        scripted(when(may_answer, limited)) as portal,
        calling(portal.port, clock=LoopClock()) as caller,
    ):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(caller.write)
            await arrived(portal, METHOD)
            tasks.cancel_scope.cancel()
            may_answer.set()
        assert portal.methods == ["profile", METHOD]


async def test_a_caller_that_is_gone_already_sends_nothing() -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        await caller.write("first")
        for kind in [caller.read, caller.write]:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await kind("never")
            assert scope.cancelled_caught
    assert portal.methods == ["profile", "first"]


async def cancelled_while(caller: Caller, portal: ScriptedPortal, waits: str) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(caller.write, "never")
        if waits == "profile":
            await arrived(portal, "profile")
        else:
            await anyio.sleep(0.05)
        tasks.cancel_scope.cancel()


async def test_a_write_cancelled_while_its_owner_is_checked_is_not_sent() -> None:
    async with scripted() as portal, calling(portal.port, clock=LoopClock()) as caller:
        portal.profile = hang
        await cancelled_while(caller, portal, "profile")
        assert portal.methods == ["profile"]
        portal.profile = answer({"ID": "7"})
        assert await caller.write() is True


async def test_a_write_cancelled_in_the_queue_is_not_sent() -> None:
    async with scripted() as portal, calling(portal.port, clock=LoopClock(), rate=Rate(2, 0.2)) as caller:
        await caller.write("first")
        await cancelled_while(caller, portal, "queue")
        await anyio.sleep(0.05)
    assert portal.methods == ["profile", "first"]


async def test_a_write_cancelled_in_the_pause_before_it_is_repeated_is_not_repeated() -> None:
    async with (
        scripted(refusal("CONNECTION_ERROR", "", 401)) as portal,
        calling(portal.port, clock=LoopClock()) as caller,
    ):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(caller.write)
            await arrived(portal, METHOD)
            await anyio.sleep(0.05)
            tasks.cancel_scope.cancel()
        await anyio.sleep(0.05)
    assert portal.methods == ["profile", METHOD]


async def test_many_cancelled_callers_leave_the_gateway_usable() -> None:
    async with scripted(*[hang] * 40) as portal, calling(portal.port, clock=LoopClock()) as caller:
        with anyio.move_on_after(0.2):
            async with anyio.create_task_group() as tasks:
                for _ in range(40):  # more than there are connections
                    tasks.start_soon(caller.read)
        portal.script.clear()
        assert await caller.read() is True


async def test_a_cancelled_read_does_not_disturb_others() -> None:
    clock = JumpingClock()
    async with scripted(page(502), answer("there")) as portal, calling(portal.port, clock=clock) as caller:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await caller.read()
        assert await caller.read() == "there"


# Writes under way.


async def test_a_write_survives_even_the_end_of_its_callers_task() -> None:
    may_answer = asyncio.Event()
    async with (
        scripted(when(may_answer, answer("done"))) as portal,
        calling(portal.port, clock=LoopClock()) as caller,
    ):
        task = asyncio.create_task(caller.write())
        await arrived(portal, METHOD)
        assert caller.gateway.writes_under_way == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert caller.gateway.writes_under_way == 1
        may_answer.set()
        with anyio.fail_after(1.4):
            await caller.gateway.settle(60)
        assert caller.gateway.writes_under_way == 0
        assert portal.requests[-1].answered
        await caller.read()
        assert portal.connections == 1


async def test_a_write_that_fails_after_its_caller_is_gone_is_nobodys_unhandled_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    may_answer = asyncio.Event()
    async with (
        scripted(when(may_answer, page(502))) as portal,
        calling(portal.port, clock=LoopClock()) as caller,
    ):
        task = asyncio.create_task(caller.write())
        await arrived(portal, METHOD)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        may_answer.set()
        await caller.gateway.settle(60)
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_settling_waits_no_longer_than_it_may() -> None:
    async with scripted(hang) as portal, calling(portal.port, clock=LoopClock(), timeout=0.8) as caller:
        await caller.gateway.settle(60)  # nothing to wait for
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(caller.failed_write)
            await arrived(portal, METHOD)
            with anyio.fail_after(0.6):
                await caller.gateway.settle(0.05)
            assert caller.gateway.writes_under_way == 1
            await caller.gateway.settle(60)
            assert caller.gateway.writes_under_way == 0


async def test_reads_are_not_waited_for() -> None:
    async with scripted(hang) as portal, calling(portal.port, clock=LoopClock()) as caller:
        with anyio.fail_after(1.4):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(caller.read)
                await arrived(portal, METHOD)
                await caller.gateway.settle(60)
                tasks.cancel_scope.cancel()
        assert caller.gateway.writes_under_way == 0


# Connections.


@asynccontextmanager
async def all_connections_taken() -> AsyncIterator[tuple[ScriptedPortal, Caller, asyncio.Event]]:
    """A portal that is slow to answer as many reads as there are connections; its owner has been checked."""
    may_answer = asyncio.Event()
    async with (
        scripted(answer(True), *[when(may_answer, answer(True))] * 32) as portal,
        calling(portal.port, clock=LoopClock()) as caller,
    ):
        await caller.write("first")
        async with anyio.create_task_group() as tasks:
            for _ in range(32):
                tasks.start_soon(caller.read, "slow")
            with anyio.fail_after(1.4):
                while portal.methods.count("slow") < 32:  # noqa: ASYNC110 - as above
                    await anyio.sleep(0.002)
            yield portal, caller, may_answer
            may_answer.set()


async def test_a_write_cancelled_while_it_waits_for_a_connection_is_not_sent() -> None:
    async with all_connections_taken() as (portal, caller, may_answer):
        with anyio.fail_after(1.4), anyio.move_on_after(0.05) as scope:
            await caller.write("never")
        assert scope.cancelled_caught
        may_answer.set()
        assert await caller.read("last") is True
    assert "never" not in portal.methods


async def test_a_write_that_finds_no_connection_in_time_is_not_sent() -> None:
    async with all_connections_taken() as (portal, caller, _):
        with anyio.fail_after(1.4):
            error = await caller.failed_write("never", seconds=30.1)
        assert type(error) is errors.NotSent
        assert "every connection" in str(error)
    assert "never" not in portal.methods


async def test_a_write_waits_its_turn_for_a_connection() -> None:
    async with all_connections_taken() as (portal, caller, may_answer):
        results: list[Any] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep_result, caller.write("second"), results)
            await anyio.sleep(0.05)
            assert "second" not in portal.methods
            may_answer.set()
    assert results[0] is True
