"""The two load limits of a cloud portal (protocol notes 4.1 and 4.2)."""

from collections import defaultdict
from dataclasses import dataclass, field

BUCKET_SECONDS = 60
WINDOW_SECONDS = 600
COUNTED_FROM = 0.1  # quirk: shorter runs are not counted

# name -> (requests the bucket holds, requests that drain in a second)
PLANS = {"standard": (50.0, 2.0), "enterprise": (250.0, 5.0)}

Counter = tuple[int, str]


@dataclass
class Limits:
    """The rate bucket of the whole portal, and run time by webhook and method."""

    level: float = 0.0
    measured_at: float = 0.0
    minutes: dict[Counter, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))

    def admit(self, plan: str, now: float) -> bool:
        """Let one HTTP request in, unless the leaky bucket is full; a refused one does not fill it."""
        if plan not in PLANS:
            return True
        capacity, drain = PLANS[plan]
        self.level = max(0.0, self.level - max(0.0, now - self.measured_at) * drain)
        self.measured_at = now
        if self.level + 1 > capacity:
            return False
        self.level += 1
        return True

    def operating(self, counter: Counter, now: float) -> float:
        """Return the run time of a method in the last ten minutes."""
        minutes = self.minutes[counter]
        for minute in [minute for minute in minutes if minute + WINDOW_SECONDS <= now]:
            del minutes[minute]
        return sum(minutes.values())

    def charge(self, counter: Counter, seconds: float, now: float) -> None:
        """Account for one run of a method."""
        if seconds < COUNTED_FROM:
            return
        minutes = self.minutes[counter]
        bucket = next((start for start in minutes if start <= now < start + BUCKET_SECONDS), int(now))
        minutes[bucket] = minutes.get(bucket, 0.0) + seconds

    def reset_at(self, counter: Counter, now: float) -> int:
        """Return when the oldest minute's share disappears."""
        return min(self.minutes[counter], default=int(now)) + WINDOW_SECONDS

    def clear(self) -> None:
        """Forget all load."""
        self.level = 0.0
        self.minutes.clear()
