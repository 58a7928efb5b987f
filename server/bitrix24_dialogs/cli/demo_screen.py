"""A tool call and its result on a terminal of 80 columns."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

WIDTH = 80
MOST_LINES = 11
"""Of a result, on the screen; how many more it has is said."""

_FIELD = re.compile(r"( *)[a-z_]+: \S")
_BETWEEN = " · "


def paragraph(text: str, first: str = "", rest: str | None = None) -> list[str]:
    """``text`` in lines of the screen's width, after ``first`` and, from the second line on, ``rest``."""
    after = first if rest is None else rest
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=after, break_long_words=False, break_on_hyphens=False
    )
    return lines or [first.rstrip()]


def call_lines(tool: str, arguments: Mapping[str, Any], indent: str) -> list[str]:
    """A call as it would be written down."""
    written = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return paragraph(f"{tool}({written})", indent, f"{indent}  ")


def result_lines(text: str, indent: str) -> list[str]:
    """A result's text, whole: fields that follow one another share lines, long lines go on below, further in."""
    lines: list[str] = []
    for margin, group in groupby(text.splitlines(), _margin):
        together = list(group)
        for line in together if margin is None else _shared(together, indent + margin):
            lines += _hanging(line, indent + (margin or ""))
    return lines


def _margin(line: str) -> str | None:
    """What stands before a field; None for a line that is none."""
    field = _FIELD.match(line)
    return field and field.group(1)


def _shared(fields: Iterable[str], indent: str) -> Iterator[str]:
    line = ""
    for field in map(str.strip, fields):
        longer = f"{line}{_BETWEEN}{field}" if line else field
        if line and len(indent) + len(longer) > WIDTH:
            yield line
            longer = field
        line = longer
    yield line


def _hanging(line: str, indent: str) -> list[str]:
    own = line[: len(line) - len(line.lstrip(" |"))]
    return paragraph(line[len(own) :], indent + own, indent + (own or "  "))
