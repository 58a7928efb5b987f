"""The audit file: JSON lines that are on the disk before anything goes on, shared by processes, bounded in size.

Beside the file stand its older ones (``.1`` is the newest of them), a lock file, and a mark for each process that has
written to it and still runs. What a rotation finds open begins the new file, so the newest two tell all that is open.
"""

import errno
import json
import logging
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from bitrix24_dialogs.toolbox.file_lock import PRIVATE, Mark, alone, is_left_behind

logger = logging.getLogger(__name__)

Entry = Mapping[str, Any]

LARGEST = 5_000_000
KEPT = 10
_PATIENCE = 5.0
_MARK = ".running"
_EVENT = re.compile(rb'"event":"(?P<kind>intent|outcome)","id":"(?P<id>[^"]*)"')


class AuditFile:
    """One audit file, as one process uses it. Its methods wait for the disk.

    An entry has an ``event``, ``intent`` or ``outcome``, right before the ``id`` that joins the two.
    """

    def __init__(self, path: Path, *, largest: int = LARGEST, kept: int = KEPT, patience: float = _PATIENCE) -> None:
        """Nothing is made or opened yet.

        Arguments:
            path: the file; its folder has to exist.
            largest: bytes after which a new one is begun.
            kept: how many older ones stay.
            patience: seconds to wait for other processes.
        """
        self._path = Path(os.path.realpath(path))  # the same lock for whoever names it by a link
        self._largest = largest
        self._kept = kept
        self._patience = patience
        self._process = secrets.token_hex(4)
        self._mark = Mark(self._beside(f".{self._process}{_MARK}"))
        self._numbers = count(1)

    def new_id(self) -> str:
        """An id for an intent: no other process has the same."""
        return f"{self._process}-{next(self._numbers)}"

    def add(self, entry: Entry) -> None:
        """Write a line, and return once it is on the disk.

        Raises:
            OSError: it is not in the file.
        """
        line = _line(entry)
        with self._alone():
            self._mark.show()
            if self._is_full(len(line)):
                self._rotate()
            _append(self._path, line)

    def settle(self, outcome_of: Callable[[Entry], Entry]) -> list[Entry]:
        """The intents without an outcome whose processes have ended; each gets the line that ``outcome_of`` makes.

        Raises:
            OSError: the file cannot be read or written.
        """
        with self._alone():
            _append(self._path, b"")  # says at once whether it can be written
            running = self._running()
            lost = [entry for entry in unanswered(self._newest_lines()) if process_of(entry) not in running]
            try:
                if lost:
                    _append(self._path, b"".join(_line(outcome_of(entry)) for entry in lost))
            except OSError as error:
                logger.error("these are told again at the next start: %s", reason(error))  # noqa: TRY400
            return lost

    def close(self) -> None:
        """Stop showing that the process runs."""
        with suppress(OSError):
            self._mark.remove()

    def _alone(self) -> AbstractContextManager[None]:
        if self._path.exists() and not self._path.is_file():
            raise OSError(errno.EINVAL, "it is not an ordinary file")  # before anything is made beside a device
        return alone(self._beside(".lock"), self._patience)

    def _beside(self, ending: str) -> Path:
        return self._path.with_name(self._path.name + ending)

    def _older(self, number: int) -> Path:
        return self._beside(f".{number}")

    def _running(self) -> set[str]:
        """The processes that run and have written here. Marks that others left behind are taken away."""
        running = set()
        for mark in self._path.parent.iterdir():
            if mark.name.startswith(f"{self._path.name}.") and mark.name.endswith(_MARK):
                if is_left_behind(mark):
                    mark.unlink(missing_ok=True)
                else:
                    running.add(mark.name.removeprefix(f"{self._path.name}.").removesuffix(_MARK))
        return running

    def _newest_lines(self) -> Iterator[bytes]:
        yield from _lines(self._older(1))
        yield from _lines(self._path)

    def _is_full(self, more: int) -> bool:
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return False
        return size > 0 and size + more > self._largest

    def _rotate(self) -> None:
        try:
            still_open = unanswered(self._newest_lines())
            # Only as far as there is a gap: what failed half way must not push one more file out each time.
            gap = next((n for n in range(1, self._kept) if not self._older(n).exists()), self._kept)
            for number in range(gap, 1, -1):
                self._older(number - 1).replace(self._older(number))
            self._path.replace(self._older(1))
        except OSError as error:
            logger.warning("the audit file grows on, since no new one can be begun: %s", reason(error))
            return
        _append(self._path, b"".join(map(_line, still_open)))


def unanswered(lines: Iterable[bytes]) -> list[Entry]:
    """The intents among ``lines`` that have no outcome among them. What a crash cut short does not count.

    Each start reads tens of thousands of lines, so only what is left is parsed.
    """
    intents: dict[bytes, bytes] = {}
    answered: set[bytes] = set()
    for line in lines:
        event = _EVENT.search(line)
        if event is None or line.count(b"{") != line.count(b"}"):  # no value of ours holds a brace
            continue
        if event["kind"] == b"intent":
            intents.setdefault(event["id"], line)
        else:
            answered.add(event["id"])
    return [entry for name, line in intents.items() if name not in answered for entry in _parsed(line)]


def process_of(entry: Entry) -> str:
    """Which process wrote an entry."""
    return str(entry.get("id")).partition("-")[0]


def reason(error: OSError) -> str:
    """Why something could not be done with a file, without its name."""
    return error.strerror or type(error).__name__


def _line(entry: Entry) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _parsed(line: bytes) -> Iterator[Entry]:
    with suppress(ValueError, RecursionError):  # written by somebody else
        entry = json.loads(line)
        if isinstance(entry, dict):
            yield entry


def _lines(path: Path) -> Iterator[bytes]:
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        yield from stream


def _append(path: Path, lines: bytes) -> None:
    """Have whole lines at the end of the file and on the disk, or the file as it was."""
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), PRIVATE)
    try:
        size = os.fstat(handle).st_size
        if lines and size and not _ends_whole(handle, size):
            lines = b"\n" + lines  # what a crash cut short stays a line of its own
        try:
            _write(handle, lines)
            os.fsync(handle)
        except BaseException:
            with suppress(OSError):
                os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)
    if not size:
        _keep_name(path)


def _ends_whole(handle: int, size: int) -> bool:
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1) == b"\n"


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _keep_name(path: Path) -> None:
    """A new file is safe only once its folder is; Windows does that by itself."""
    if os.name == "posix":
        with suppress(OSError):  # some file systems know no such thing
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
