"""A caller that goes away."""

import asyncio
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from bitrix24_dialogs.gateway.clock import SystemClock
from bitrix24_dialogs.gateway.limiter import Rate
from tests.gateway.clocks import JumpingClock
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
    async with scripted(hang) as portal, calling(portal.port, clock=SystemClock()) as caller:
        results: list[Any] = []
        with anyio.fail_after(1.4):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(keep_result, caller.read(), results)
                await arrived(portal, METHOD)
                tasks.cancel_scope.cancel()
    assert results == []
    assert not portal.requests[0].answered


async def test_a_gateway_goes_on_after_a_cancelled_read() -> None:
    async with scripted(hang, answer("next")) as portal, calling(portal.port, clock=SystemClock()) as caller:
        with anyio.move_on_after(0.1):
            await caller.read()
        assert await caller.read() == "next"


async def test_a_cancelled_write_that_is_under_way_runs_to_its_answer_before_the_call_ends() -> None:
    may_answer = asyncio.Event()
    async with (
        scripted(when(may_answer, answer("done"))) as portal,
        calling(portal.port, clock=SystemClock()) as caller,
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
        calling(portal.port, clock=SystemClock()) as caller,
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
    async with scripted() as portal, calling(portal.port, clock=SystemClock()) as caller:
        portal.profile = hang
        await cancelled_while(caller, portal, "profile")
        assert portal.methods == ["profile"]
        portal.profile = answer({"ID": "7"})
        assert await caller.write() is True


async def test_a_write_cancelled_in_the_queue_is_not_sent() -> None:
    async with scripted() as portal, calling(portal.port, clock=SystemClock(), rate=Rate(2, 0.2)) as caller:
        await caller.write("first")
        await cancelled_while(caller, portal, "queue")
        await anyio.sleep(0.05)
    assert portal.methods == ["profile", "first"]


async def test_a_write_cancelled_in_the_pause_before_it_is_repeated_is_not_repeated() -> None:
    async with (
        scripted(refusal("CONNECTION_ERROR", "", 401)) as portal,
        calling(portal.port, clock=SystemClock()) as caller,
    ):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(caller.write)
            await arrived(portal, METHOD)
            await anyio.sleep(0.05)
            tasks.cancel_scope.cancel()
        await anyio.sleep(0.05)
    assert portal.methods == ["profile", METHOD]


async def test_many_cancelled_callers_leave_the_gateway_usable() -> None:
    async with scripted(*[hang] * 40) as portal, calling(portal.port, clock=SystemClock()) as caller:
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
