"""Running time of methods: a portal stops a method that has run too long in ten minutes (protocol notes 4.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from bitrix24_dialogs.gateway.clock import Clock
from bitrix24_dialogs.gateway.errors import OperatingLimited
from bitrix24_dialogs.language.phrase import Phrase

# The documentation's example is 480 seconds, the server's own default 420: the smaller one is safe for both.
_LIMIT = 420.0
_CAREFUL_FROM = 0.8 * _LIMIT
_LONGEST_PAUSE = 5.0
_BLIND_STEP = 60.0
_LONGEST_BLOCK = 600.0


@dataclass
class _Usage:
    seconds: float = 0.0
    resets_at: float = 0.0
    blocked_until: float = 0.0


class OperatingGuard:
    """Remembers what each credential has used of each method, slows down near the limit, waits out a block."""

    def __init__(self, clock: Clock) -> None:
        """Nothing used yet."""
        self._clock = clock
        self._usage: dict[tuple[str, str], _Usage] = {}

    def check(self, credential: str, method: str) -> float:
        """Seconds to pause before this call; 0 far from the limit.

        Raises:
            OperatingLimited: the portal has blocked the method; says for how long.
        """
        usage = self._usage.get((credential, method))
        if usage is None:
            return 0.0
        now = self._clock.now()
        if usage.blocked_until > now:
            raise _used_up(method, Phrase("Nothing was sent"), usage.blocked_until - now, "OPERATION_TIME_LIMIT")
        if usage.seconds < _CAREFUL_FROM or usage.resets_at <= now:
            return 0.0
        return min(_LONGEST_PAUSE, _LONGEST_PAUSE * (usage.seconds - _CAREFUL_FROM) / (_LIMIT - _CAREFUL_FROM))

    def note(self, credential: str, method: str, time: Mapping[str, float]) -> None:
        """Take over the counters of an answer's ``time`` block. Either may be missing (self-hosted portals)."""
        seconds, resets_at, finish = (time.get(name) for name in ("operating", "operating_reset_at", "finish"))
        if seconds is None and resets_at is None:
            return
        usage = self._usage.setdefault((credential, method), _Usage())
        if seconds is not None:
            usage.seconds = seconds
        if resets_at is not None and finish is not None:
            # Both are the portal's clock: only their difference means something on ours.
            usage.resets_at = self._clock.now() + max(0.0, min(resets_at - finish, _LONGEST_BLOCK))

    def block(self, credential: str, method: str, code: str) -> OperatingLimited:
        """The portal refused the method for its running time: leave it alone until the counter resets."""
        usage = self._usage.setdefault((credential, method), _Usage())
        now = self._clock.now()
        usage.blocked_until = usage.resets_at if usage.resets_at > now else now + _BLIND_STEP
        return _used_up(method, Phrase("It did not run"), usage.blocked_until - now, code)


def _used_up(method: str, so: Phrase, seconds: float, code: str) -> OperatingLimited:
    return OperatingLimited(
        Phrase("The method {method} has used up its running time on the portal", method=method),
        Phrase("{so}; try again in {seconds} seconds", so=so, seconds=max(1, round(seconds))),
        code,
    )
