"""Small files with secrets in the user's data folder: readable by their owner alone, written whole or not at all."""

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

_APPLICATION = "bitrix24-dialogs-mcp"


def data_folder() -> Path:
    """Where this user's data is kept, by the custom of the operating system; it may not exist yet."""
    from platformdirs import user_data_path  # noqa: PLC0415 - stdio serving needs no folder

    return user_data_path(_APPLICATION, appauthor=False)


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can look into, unless it exists.

    Raises:
        OSError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other process is inside such a block for a file in the same folder; nothing is left behind.

    Where there are no such locks (Windows, some network drives) it does not wait.
    """
    with ExitStack() as opened:
        if sys.platform != "win32":
            import fcntl  # noqa: PLC0415 - not on Windows

            with suppress(OSError, RuntimeError):  # a loop of links is a RuntimeError
                folder = os.open(path.resolve().parent, os.O_RDONLY)
                opened.callback(os.close, folder)
                fcntl.flock(folder, fcntl.LOCK_EX)
        yield


def write_private(path: Path, text: str) -> None:
    """Replace the file, keeping its owner and the mode that its owner gave it; a new one is private.

    Raises:
        OSError: nothing was changed.
    """
    path = path.resolve()  # a link stays a link
    draft = _draft(path, text)
    try:
        if path.exists():
            _make_alike(draft, path.stat())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def create_private(path: Path, text: str) -> None:
    """Create a file that only its owner can read, unless it exists: of two processes that try, one wins wholly.

    Raises:
        OSError: it cannot be made.
    """
    if path.exists():
        return
    draft = _draft(path, text)
    try:
        with suppress(FileExistsError):  # another process was quicker
            path.hardlink_to(draft)
    finally:
        draft.unlink()


def open_to_others(path: Path) -> bool:
    """Whether the file's mode lets others than its owner read or change it."""
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _draft(path: Path, text: str) -> Path:
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it private
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        draft.unlink()
        raise
    return draft


def _make_alike(draft: Path, old: os.stat_result) -> None:
    made = draft.stat()
    if (made.st_uid, made.st_gid) != (old.st_uid, old.st_gid):  # root changes the file of a service that must read it
        os.chown(draft, old.st_uid, old.st_gid)
    draft.chmod(stat.S_IMODE(old.st_mode))
