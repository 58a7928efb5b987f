"""Calls that run, and whether more may come: what an orderly stop needs to know."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio


class Traffic:
    """Counts the calls that run. Once draining, no new one should be begun."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self.draining = False
        self._running = 0
        self._ended = anyio.Event()

    def __len__(self) -> int:
        """How many calls run."""
        return self._running

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count a call for as long as it runs."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self._ended.set()

    async def drain(self, seconds: float) -> None:
        """Let no more calls begin, and return once none runs, or after ``seconds``."""
        self.draining = True
        with anyio.move_on_after(seconds):
            while self._running:
                self._ended = anyio.Event()
                await self._ended.wait()
