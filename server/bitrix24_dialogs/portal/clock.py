"""The portal's time: taken from outside, and movable."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """Return the present moment, with a time zone."""
        ...


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """Return the computer's time in UTC."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """Time that stands still: for repeatable tests.

    Args:
        moment: what the clock shows.
    """

    moment: datetime = datetime(2026, 3, 16, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the fixed moment."""
        return self.moment


@dataclass
class ShiftedClock:
    """Another clock's time plus a shift, which the control side can move.

    Args:
        base: the clock underneath.
        shift: how far this clock is ahead of it.
    """

    base: Clock = field(default_factory=SystemClock)
    shift: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the shifted moment."""
        return self.base.now() + self.shift

    def advance(self, seconds: float) -> None:
        """Move the clock by `seconds` (negative goes back)."""
        self.shift += timedelta(seconds=seconds)
