"""A case on the emulated portal: who acts, through a real MCP client, and what the portal saw of it."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.types import TextContent
from pydantic import SecretStr

from bitrix24_dialogs.gateway.clock import Clock
from bitrix24_dialogs.portal import Fault, Portal, default_portal, portal_app
from bitrix24_dialogs.portal.actions import act
from bitrix24_dialogs.server import build_server
from bitrix24_dialogs.settings import Settings
from bitrix24_dialogs.toolbox.policy import DEFAULT_TOOLSETS
from bitrix24_dialogs.tools import all_tools

READS = {
    "profile",
    "imopenlines.session.open",
    "imopenlines.dialog.get",
    "imopenlines.session.history.get",
    "imopenlines.config.list.get",
    "imopenlines.config.get",
    "user.search",
    "user.get",
    "im.recent.get",
    "im.search.chat.list",
    "im.chat.get",
    "imopenlines.crm.chat.get",
    "crm.activity.list",
    "crm.item.get",
    "im.dialog.messages.get",
    "im.v2.file.download",
    "download",
    "scope",
    "batch",
}

DEFAULT_TOOLS = [tool for tool in all_tools() if tool.toolset in DEFAULT_TOOLSETS]
"""The tools that there are without any setting."""


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what another thread or process is to bring about."""
    latest = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < latest, f"not within {seconds} seconds"
        time.sleep(0.01)


@dataclass(frozen=True)
class Told:
    """What a tool call told: its text, its data, whether it failed."""

    text: str
    data: dict[str, Any]
    is_error: bool
    meta: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        """A field of the data; None where it was left out."""
        return self.data.get(name)


@dataclass
class Case:
    """A portal and a client of a server that acts on it."""

    portal: Portal
    client: Client

    async def call(self, tool: str, **arguments: Any) -> Told:
        """Call a tool."""
        result = await self.client.call_tool(tool, arguments)
        (block,) = result.content
        assert isinstance(block, TextContent)
        return Told(block.text, result.structured_content or {}, bool(result.is_error), dict(result.meta or {}))

    async def refused(self, tool: str, **arguments: Any) -> str:
        """Call a tool that must refuse without having sent a write; its text."""
        before = len(self.writes)
        told = await self.call(tool, **arguments)
        assert told.is_error, told.text
        assert len(self.writes) == before
        return told.text

    def act(self, action: str, **arguments: Any) -> None:
        """Let something happen on the portal besides REST."""
        act(self.portal, {"action": action, **arguments})

    def fault(self, **fault: Any) -> None:
        """Inject a fault."""
        self.portal.faults.add(Fault(**fault))

    def id(self, key: str) -> int:
        """The number of a well-known dialog."""
        return self.portal.known[key]

    def session_id(self, key: str) -> int:
        """The latest session of a well-known dialog."""
        return max(session.id for session in self.portal.sessions_of(self.id(key)))

    def user(self, key: str) -> int:
        """The number of a well-known employee."""
        return self.portal.employees[key].id

    @property
    def calls(self) -> list[str]:
        """The methods that arrived at the portal."""
        return [call.method for call in self.portal.calls.entries]

    @property
    def writes(self) -> list[str]:
        """Those of them that are no reads."""
        return [method for method in self.calls if method not in READS]


@asynccontextmanager
async def case(
    who: str = "operator",
    *,
    mode: str = "auto",
    portal: Portal | None = None,
    person: ElicitationFnT | None = None,
    clock: Clock | None = None,
    **settings: Any,
) -> AsyncIterator[Case]:
    """A server that acts as ``who`` on a fresh portal, and a client of it; ``person`` answers its questions."""
    portal = portal or default_portal()
    portal.settings.rate_limit = "off"
    chosen = {"webhook_url": SecretStr(portal.webhook_url(who, "http://127.0.0.1")), "rate_limit": "off", **settings}
    app = build_server(Settings(**chosen), clock, portal_app(portal))
    try:
        async with Client(app.server, mode=mode, elicitation_callback=person) as client:
            yield Case(portal, client)
    finally:
        await app.close()
