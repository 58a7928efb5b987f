"""Progress for people: a line that fills itself in when somebody watches, plain lines when not."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


def stop_printing() -> None:
    """Print to nowhere from now on: whoever read it has seen enough, and what is still to be flushed would fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Terminal:
    """Prints a command's findings."""

    def __init__(self, out: TextIO | None = None) -> None:
        """Print to ``out``, standard output by default."""
        self._out = out or sys.stdout
        self._watched = self._out.isatty()

    def line(self, text: str = "") -> None:
        """Print one line."""
        self._out.write(text + "\n")
        self._out.flush()

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show ``text`` while the block runs, if somebody watches."""
        if not self._watched:
            yield
            return
        self._out.write(f"{text} ...")
        self._out.flush()
        try:
            yield
        finally:
            self._out.write("\r\033[K")
            self._out.flush()

    def bold(self, text: str) -> str:
        """``text`` in bold where that can be shown."""
        return f"\033[1m{text}\033[0m" if self._watched else text
