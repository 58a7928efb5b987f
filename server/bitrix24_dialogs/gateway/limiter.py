"""How many requests a portal may get: a leaky bucket with fair waiting (protocol notes 4.1)."""

from bisect import bisect, insort
from dataclasses import dataclass
from itertools import count
from weakref import WeakKeyDictionary

from bitrix24_dialogs.gateway.clock import Clock, Deadline
from bitrix24_dialogs.gateway.errors import QueueFull
from bitrix24_dialogs.language.phrase import Phrase

# A refused request shows that somebody behind our address uses the same bucket: give way, then come back slowly.
_GIVE_WAY = 0.5
_COME_BACK = 1.1
_COME_BACK_EVERY = 10.0
_SLOWEST = 0.1
_LOOK_AGAIN = 0.05


@dataclass(frozen=True)
class Rate:
    """``burst`` requests at once, then ``per_second``."""

    burst: float
    per_second: float


# A little below what the portal allows (50 and 2, Enterprise 250 and 5): its clock is not ours.
STANDARD = Rate(burst=40, per_second=1.8)
ENTERPRISE = Rate(burst=200, per_second=4.5)
UNLIMITED = Rate(burst=float("inf"), per_second=float("inf"))


class Limiter:
    """The bucket of one portal. A waiter that is cancelled leaves no trace.

    Whoever has to go soonest goes first: of one kind of requests those of the oldest call, and writes, which keep time
    for their answers, before reads of their age. In order of arrival the first reads of later calls would take the
    places of earlier calls' writes, and under load no call would finish.
    """

    def __init__(self, rate: Rate, clock: Clock) -> None:
        """An empty bucket that leaks by ``rate`` and tells time by ``clock``."""
        self._rate = rate
        self._clock = clock
        self._level = 0.0
        self._share = 1.0
        self._seen = clock.now()
        self._share_changed = clock.now()
        self._queue: list[tuple[float, int, int]] = []
        self._arrivals = count()
        self._calls: WeakKeyDictionary[Deadline, int] = WeakKeyDictionary()

    async def admit(self, deadline: Deadline, keep: float = 0.0) -> None:
        """Wait for one request's place in the bucket.

        Arguments:
            deadline: when the tool call has to end.
            keep: seconds of it that the request itself will need. A call that is to change something does not even
                begin if its change could not follow in time.

        Raises:
            QueueFull: the place would come too late, by what is known now.
        """
        begins = deadline not in self._calls and deadline.remaining() > deadline.change > 0
        places, latest = (2, deadline.change) if begins else (1, keep)
        call = self._calls.setdefault(deadline, next(self._arrivals))
        waiter = (deadline.at - keep, call, next(self._arrivals))
        insort(self._queue, waiter)
        try:
            while (missing := self._missing(1)) > 0 or self._queue[0] != waiter:
                # All look at every place that comes free: a portal that slows us down makes those behind late too.
                ahead = bisect(self._queue, waiter) - 1
                _refuse_if_late(self._missing(ahead + places), deadline, latest)
                await self._clock.sleep(max(missing, _LOOK_AGAIN) if ahead else missing)
            self._level += 1
        finally:
            self._queue.remove(waiter)

    def estimate(self) -> float:
        """Seconds that a request would wait if it came now and let all others go first."""
        return self._missing(len(self._queue) + 1)

    def slow_down(self) -> None:
        """The portal refused a request for its rate: halve ours, and treat the bucket as full."""
        self._leak()
        self._share = max(self._share * _GIVE_WAY, _SLOWEST)
        self._share_changed = self._clock.now()
        self._level = max(self._level, self._rate.burst)

    def _missing(self, places: int) -> float:
        if self._rate.burst == float("inf"):
            return 0.0
        self._leak()
        return max(0.0, (self._level + places - self._rate.burst) / self._per_second)

    @property
    def _per_second(self) -> float:
        return self._rate.per_second * self._share

    def _leak(self) -> None:
        now = self._clock.now()
        self._level = max(0.0, self._level - (now - self._seen) * self._per_second)
        self._seen = now
        while self._share < 1 and now - self._share_changed >= _COME_BACK_EVERY:
            self._share = min(1.0, self._share * _COME_BACK)
            self._share_changed += _COME_BACK_EVERY


def _refuse_if_late(wait: float, deadline: Deadline, keep: float) -> None:
    if wait > deadline.remaining() - keep:
        raise QueueFull(
            Phrase("Too many requests to this portal are waiting already"),
            Phrase("Nothing was sent; try again in {seconds} seconds", seconds=max(1, round(wait))),
        )
