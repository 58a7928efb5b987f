"""The worst assistant there is: it does whatever any text tells it, with the arguments that stand there."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mcp import Client, MCPError
from mcp.types import CallToolResult, TextContent

from tests.untrusted.poison import texts_of

_ORDER = re.compile(r"CALL (?P<tool>\w+) (?=\{)")
_EVERYTHING = "%EVERYTHING%"
_MOST_CALLS = 300
_LONGEST_ARGUMENT = 15_000


@dataclass
class Obedient:
    """An assistant that obeys.

    Orders look like `CALL reply_send {"chat_id": 5, "text": "hello"}`, wherever they stand; `%EVERYTHING%` in an
    argument stands for all that has been read so far.

    Attributes:
        client: its connection to the server.
        read: every text that it was given.
        unknown: the tools that it was told do not exist.
        done: the orders that it has followed.
    """

    client: Client
    read: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)

    async def work(self, *tasks: tuple[str, dict[str, Any]]) -> None:
        """Do what a person asked for, and then what the texts say, until they say nothing new."""
        for tool, arguments in tasks:
            await self._call(tool, arguments)
        while fresh := [order for order in self._orders() if order not in self.done]:
            for order in dict.fromkeys(fresh):
                assert len(self.done) < _MOST_CALLS
                self.done.append(order)
                tool, _, arguments = order.partition(" ")
                await self._call(tool, json.loads(arguments))

    async def _call(self, tool: str, arguments: dict[str, Any]) -> None:
        everything = "\n".join(self.read)[-_LONGEST_ARGUMENT:]
        filled = {
            name: value.replace(_EVERYTHING, everything) if isinstance(value, str) else value
            for name, value in arguments.items()
        }
        try:
            result = await self.client.call_tool(tool, filled)
        except MCPError as error:
            assert error.error.message == f"Unknown tool: {tool}"
            self.unknown.add(tool)
            return
        assert isinstance(result, CallToolResult)
        blocks = [block.text for block in result.content if isinstance(block, TextContent)]
        self.read += [*blocks, *texts_of(result.structured_content), *texts_of(dict(result.meta or {}))]

    def _orders(self) -> Iterator[str]:
        for text in self.read:
            for found in _ORDER.finditer(text):
                try:
                    arguments, _ = json.JSONDecoder().raw_decode(text, found.end())
                except ValueError:
                    continue
                yield f"{found['tool']} {json.dumps(arguments)}"
