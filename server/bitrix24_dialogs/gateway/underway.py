"""Requests that run to their answer although whoever waits for it has gone away."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


class UnderWay:
    """Runs each request in a task of its own, which no cancellation of its caller reaches."""

    def __init__(self) -> None:
        """Nothing under way."""
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        """How many are under way."""
        return len(self._tasks)

    async def run(self, send: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What ``send`` brings. A cancelled scope waits for it; a task that is itself cancelled leaves it behind."""
        task = asyncio.create_task(send())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])
        return task.result()

    async def settle(self, seconds: float) -> None:
        """Return once nothing is under way, or after ``seconds``."""
        with anyio.move_on_after(seconds):
            while self._tasks:
                await asyncio.wait(self._tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that nobody logs it should its caller be gone
