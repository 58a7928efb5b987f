"""An event loop whose time passes only while nothing happens: no stall of the machine uses up a timeout.

For tests that hold both ends of every connection: when their one loop has nothing to do, nothing is under way.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

import anyio.to_thread

# Between two sockets of one machine bytes are under way for microseconds. Should the machine's other work hold them up,
# then for less than it takes here to use up a timeout of seconds: each of them asks for this silence anew.
_SILENCE = 0.02
_SECONDS_PER_SILENCE = 1.0


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Jumps to the next timer where other loops would sleep."""

    def __init__(self) -> None:
        self._in_threads = 0
        self._waiting = _Waiting(self._threads_are_busy)
        super().__init__(self._waiting)

    def time(self) -> float:
        return self._waiting.now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        future = super().run_in_executor(executor, func, *args)
        self._in_threads += 1
        future.add_done_callback(self._left_its_thread)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncio's own
        """Waits for the threads without asyncio's limit, which would be over at once."""
        await super().shutdown_default_executor()

    def _left_its_thread(self, _: asyncio.Future[Any]) -> None:
        self._in_threads -= 1

    def _threads_are_busy(self) -> bool:
        return self._in_threads > 0 or anyio.to_thread.current_default_thread_limiter().borrowed_tokens > 0


class _Waiting(selectors.DefaultSelector):
    """Where a loop waits, and the time that it tells."""

    def __init__(self, threads_are_busy: Callable[[], bool]) -> None:
        super().__init__()
        self.now = 1000.0
        self._threads_are_busy = threads_are_busy

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        sockets = len(self.get_map()) > 1  # besides the one that wakes the loop up
        threads = self._threads_are_busy()
        events = super().select(_SILENCE if sockets or threads else 0)
        if not events and not threads:
            self.now += min(timeout, _SECONDS_PER_SILENCE) if sockets else timeout
        return events
