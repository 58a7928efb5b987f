"""Time that passes only when a test lets it."""

import asyncio

import anyio
import anyio.lowlevel

# Without this a sleep of 1e-17 seconds would not move a float at all, as real time does. More than the nanosecond by
# which a loop's timers may fire early.
_TICK = 1e-8


class JumpingClock:
    """Whoever sleeps has slept at once. For one caller at a time."""

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


class LoopClock:
    """The event loop's own time, by which timeouts are measured too. For any number of callers."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(max(seconds, 0) + _TICK)
