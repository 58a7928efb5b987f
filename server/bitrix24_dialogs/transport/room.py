"""How many connections there is room for. Without a limit of our own, the system's would be met, at great length."""

import logging
import math
import sys

logger = logging.getLogger(__name__)

_MOST = 2000
_SPARE_FILES = 192  # for connections to the portal, and for those that are accepted before they can be turned away
_SECONDS_BETWEEN_WORDS = 60.0


class Room:
    """Counts nothing itself; says whether so many are too many, and tells the log now and then."""

    def __init__(self) -> None:
        """Room for as many as the process may open files."""
        self.most = max(1, min(_MOST, _most_files() - _SPARE_FILES))
        self._told = -math.inf

    def is_there_for(self, connections: int, now: float) -> bool:
        """Whether ``connections`` may be open at a time."""
        if connections <= self.most:
            return True
        if now - self._told >= _SECONDS_BETWEEN_WORDS:
            self._told = now
            logger.warning(
                "turning connections away: %d are open, and there is room for no more (files that this process may"
                " open: %d; to raise it: ulimit -n)",
                self.most,
                _most_files(),
            )
        return False


def _most_files() -> int:
    if sys.platform == "win32":
        return sys.maxsize
    import resource  # noqa: PLC0415 - Windows has none

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft
