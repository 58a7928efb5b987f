"""Lists that come in pages: what stands beside `result` (protocol notes 1.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PAGE = 50


@dataclass(frozen=True)
class Page:
    """A page of a list: the method's result, how long the whole list is, and where the following page starts.

    Args:
        items: this page's rows.
        total: of all pages; -1 where the portal does not count.
        next: what to pass to get the following page; 0 for the last one.
    """

    items: list[Any]
    total: int
    next: int = 0

    def beside(self) -> dict[str, int]:
        """Return what the answer holds besides the result."""
        return {**({"next": self.next} if self.next else {}), "total": self.total}


def legacy_page(rows: Sequence[Any], start: int) -> Page:
    """Cut a legacy list: fifty rows a page; quirk: any `start` means the page that it lies in.

    Args:
        rows: the whole list.
        start: rows to skip; -1 switches counting off.

    Returns:
        The page.
    """
    if start < 0:
        return Page(list(rows[:PAGE]), -1)
    first = start // PAGE * PAGE
    end = first + PAGE
    return Page(list(rows[first:end]), len(rows), end if end < len(rows) else 0)
