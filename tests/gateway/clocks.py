"""Time that passes only when a test lets it."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import anyio

# Real timers never fire early; without this a sleep of 1e-17 seconds would not move a float at all.
_TICK = 1e-9


class JumpingClock:
    """Whoever sleeps has slept at once. For one caller at a time, and for portals behind a real socket."""

    def __init__(self, now: float = 1000.0) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += max(seconds, 0) + _TICK
        await anyio.lowlevel.checkpoint()


class VirtualClock:
    """Moves to the next sleeper as soon as every task waits for something. For in-process portals only."""

    def __init__(self, now: float = 1000.0) -> None:
        self._now = now
        self._order = count()
        self._sleepers: list[tuple[float, int, anyio.Event]] = []
        self._someone = anyio.Event()

    def now(self) -> float:
        return self._now

    @property
    def sleeping(self) -> int:
        return len(self._sleepers)

    async def sleep(self, seconds: float) -> None:
        sleeper = (self._now + max(seconds, 0) + _TICK, next(self._order), anyio.Event())
        heapq.heappush(self._sleepers, sleeper)
        self._someone.set()
        try:
            await sleeper[2].wait()
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)
                heapq.heapify(self._sleepers)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run)
            yield
            tasks.cancel_scope.cancel()

    async def _run(self) -> None:
        while True:
            await _settled()
            if self._sleepers:
                at, _, woken = heapq.heappop(self._sleepers)
                self._now = max(self._now, at)
                woken.set()
            else:
                self._someone = anyio.Event()
                await self._someone.wait()


async def _settled() -> None:
    """Return once no other task can go on by itself. Two at a time would wait for each other."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(0)
        if not loop._ready:  # type: ignore[attr-defined]  # asyncio has no public way to ask
            return
