"""One after another: who would do the same thing at the same time would not see what the other has just done."""

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager, suppress
from weakref import WeakValueDictionary

import anyio

from bitrix24_dialogs.gateway.errors import NotSent


class Turns:
    """Turns at things, each had by one task at a time. What nobody is at is forgotten."""

    def __init__(self) -> None:
        """Nobody is at anything."""
        self._locks: WeakValueDictionary[Hashable, anyio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, thing: Hashable, seconds: float) -> AsyncIterator[None]:
        """A turn at ``thing``, which is waited for as long as ``seconds``.

        Raises:
            NotSent: whoever is at it has not come to an end by then.
        """
        lock = self._locks.get(thing)
        if lock is None:
            lock = self._locks[thing] = anyio.Lock()
        await _acquire(lock, seconds)
        try:
            yield
        finally:
            lock.release()


async def _acquire(lock: anyio.Lock, seconds: float) -> None:
    with suppress(anyio.WouldBlock):
        lock.acquire_nowait()
        return
    with anyio.move_on_after(seconds):
        await lock.acquire()
        return
    raise NotSent("Not sent: another call is still busy with the very same thing", "Try again in a minute")
