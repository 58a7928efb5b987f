"""What a resource is: an address with places for numbers, the tool it stands on, and how it is read."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.toolbox.declaration import AnyTool

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Part:
    """One part of what a resource holds: words, or bytes."""

    mime: str
    words: str = ""
    body: bytes | None = None


@dataclass(frozen=True)
class Resource:
    """A kind of resource.

    Attributes:
        address: its URI, with names in braces where numbers stand.
        name: for clients.
        title: for people.
        description: what it holds, for whoever chooses.
        mime: the type of what it holds; empty where that differs.
        tool: the tool it stands on; whoever does not have it does not have this.
        read: what it holds, from the tool, a desk, and the texts that stand in the address.
    """

    address: str
    name: str
    title: str
    description: str
    mime: str
    tool: str
    read: Callable[[AnyTool, Desk, Mapping[str, str]], Awaitable[tuple[Part, ...]]]

    @property
    def places(self) -> tuple[str, ...]:
        """The names of what stands in the address."""
        return tuple(_PLACE.findall(self.address))

    def match(self, uri: str) -> Mapping[str, str] | None:
        """What stands in the places of ``uri``; None if it is not of this kind."""
        found = self._form.fullmatch(uri)
        return found.groupdict() if found else None

    @cached_property
    def _form(self) -> re.Pattern[str]:
        fixed, places = _PLACE.split(self.address)[::2], self.places
        pattern = re.escape(fixed[0])
        for place, text in zip(places, fixed[1:], strict=True):
            pattern += f"(?P<{place}>[A-Za-z0-9]{{1,24}}){re.escape(text)}"
        return re.compile(pattern)
