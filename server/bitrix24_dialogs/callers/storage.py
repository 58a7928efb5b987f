"""Small files with secrets in the user's data folder: readable by their owner alone, written whole or not at all."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

_APPLICATION = "bitrix24-dialogs-mcp"
_PRIVATE = 0o600


def data_folder() -> Path:
    """Where this user's data is kept, by the custom of the operating system; it may not exist yet."""
    from platformdirs import user_data_path  # noqa: PLC0415 - stdio serving needs no folder

    return user_data_path(_APPLICATION, appauthor=False)


def write_private(path: Path, text: str) -> None:
    """Replace the file, keeping the mode that its owner gave it; a new one is private.

    Raises:
        OSError: nothing was changed.
    """
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else _PRIVATE
    path = path.resolve()  # a link stays a link
    draft = _draft(path, text)
    try:
        draft.chmod(mode)
        draft.replace(path)
    except OSError:
        draft.unlink()
        raise


def create_private(path: Path, text: str) -> None:
    """Create a file that only its owner can read, unless it exists: of two processes that try, one wins wholly.

    Raises:
        FileExistsError: it is there already, and whole.
        OSError: it cannot be made.
    """
    draft = _draft(path, text)
    try:
        path.hardlink_to(draft)
    finally:
        draft.unlink()


def open_to_others(path: Path) -> bool:
    """Whether the file's mode lets others than its owner read or change it."""
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _draft(path: Path, text: str) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it private
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
    return draft
