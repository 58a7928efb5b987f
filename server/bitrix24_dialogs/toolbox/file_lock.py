"""Locks between processes, which the system itself takes back when a process ends, however it ends."""

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE = 0o600
_PAUSE = 0.005
_MAKE = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)  # nobody makes us write elsewhere by a link

if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def alone(path: Path, patience: float) -> Iterator[None]:
    """Be the only one, of all processes and threads, inside such a block for the lock file ``path``; it stays there.

    Raises:
        OSError: it cannot be made, or others were inside for ``patience`` seconds.
    """
    handle = os.open(path, _MAKE, PRIVATE)
    try:
        latest = time.monotonic() + patience
        while not _try_lock(handle):
            if time.monotonic() > latest:
                raise TimeoutError(errno.ETIMEDOUT, "another process keeps it locked", str(path))
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


class Mark:
    """A file that shows that its process lives: others find it locked, for as long as that is so."""

    def __init__(self, path: Path) -> None:
        """Nothing shows yet."""
        self.path = path
        self._handle: int | None = None

    def show(self) -> None:
        """Have it there; made anew if somebody has removed it. To be called where nobody else looks at marks.

        Raises:
            OSError: it cannot be made.
        """
        if self._handle is not None and self._is_there(self._handle):
            return
        self.remove()
        handle = os.open(self.path, _MAKE, PRIVATE)
        if not _try_lock(handle):
            os.close(handle)
            raise OSError(errno.EBUSY, "another process has the same mark", str(self.path))
        self._handle = handle

    def remove(self) -> None:
        """Take it away, if it is there."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            os.close(handle)
            self.path.unlink(missing_ok=True)

    def _is_there(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self.path.stat())
        except OSError:
            return False


def is_left_behind(mark: Path) -> bool:
    """Whether the process of a mark has ended."""
    try:
        handle = os.open(mark, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        return _try_lock(handle)
    finally:
        os.close(handle)
