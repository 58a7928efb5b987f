"""Time as something that is handed in, so that limits and retries can be tested in virtual time."""

import time
from dataclasses import dataclass
from typing import Protocol

import anyio


class Clock(Protocol):
    """Monotonic seconds, and waiting by them."""

    def now(self) -> float:
        """Seconds that never go backwards; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``; zero and less give way to other tasks once."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """See `Clock.now`."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        await anyio.sleep(max(seconds, 0))


@dataclass(frozen=True, eq=False)
class Deadline:
    """The moment by which a tool call must have ended. Stands for its call: two are never equal.

    ``change`` is what a call that is to change something needs for that at its end, in seconds; 0 if it only reads.
    """

    clock: Clock
    at: float
    change: float = 0.0

    @classmethod
    def after(cls, clock: Clock, seconds: float, change: float = 0.0) -> "Deadline":
        """A deadline ``seconds`` from now."""
        return cls(clock, clock.now() + seconds, change)

    def remaining(self) -> float:
        """Seconds left; negative once it has passed."""
        return self.at - self.clock.now()

    def earlier(self, seconds: float) -> "Deadline":
        """A deadline that leaves ``seconds`` of this one."""
        return Deadline(self.clock, self.at - seconds)
