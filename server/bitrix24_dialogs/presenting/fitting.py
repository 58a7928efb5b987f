"""Lists cut to what a small result can hold."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from bitrix24_dialogs.presenting.rendering import render, size
from bitrix24_dialogs.presenting.results import result_dict

LARGEST_RESULT = 24_000  # bytes, of each of the two forms
_NOTE = 600  # what is said of untrusted fields below the text

Row = TypeVar("Row")
Result = TypeVar("Result")


def fitted(rows: Sequence[Row], page_of: Callable[[Sequence[Row]], Result]) -> Result:
    """The page with as many of ``rows``, from the first on, as a small result can hold; with one at least.

    Arguments:
        rows: what belongs on the page.
        page_of: makes the result for the first of them; says itself what is left out.
    """
    while True:
        result = page_of(rows)
        used = _size(result)
        if used <= LARGEST_RESULT - _NOTE or len(rows) <= 1:
            return result
        kept = len(rows) * (LARGEST_RESULT - _NOTE) // used
        rows = rows[: max(1, min(kept, len(rows) - 1))]


def _size(result: Any) -> int:
    structured = result_dict(result)
    return max(size(structured), len(render(structured).encode()))
