"""Tools: `tools/list` and `tools/call`."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from bitrix24_dialogs.handlers.desks import Desks
from bitrix24_dialogs.handlers.toolboxes import Toolboxes
from bitrix24_dialogs.presenting.results import result_schema
from bitrix24_dialogs.presenting.sanitise import one_line
from bitrix24_dialogs.toolbox.call import Outcome, call_tool, refused
from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect
from bitrix24_dialogs.toolbox.policy import Toolbox
from bitrix24_dialogs.transport.caller import caller_of
from bitrix24_dialogs.transport.traffic import Traffic

logger = logging.getLogger(__name__)

_LONGEST_NAME = 100


@dataclass(frozen=True)
class ToolHandlers:
    """Lists tools and calls them, by one and the same decision of who may use which."""

    toolboxes: Toolboxes
    desks: Desks
    traffic: Traffic

    async def list(
        self, context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        """The caller's tools, in a fixed order."""
        return types.ListToolsResult(tools=[self._shown[tool.name] for tool in self.toolboxes.of(context).listed()])

    async def call(
        self, context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Call a tool. What goes wrong is told in the result.

        Raises:
            MCPError: the caller has no such tool.
        """
        toolbox = self.toolboxes.of(context)
        tool = toolbox.find(params.name)
        ended, began = "no such tool for this caller", self.desks.clock.now()
        try:
            if tool is None:
                raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {one_line(params.name)[:_LONGEST_NAME]}")
            ended = "cut short: the caller left, or the server was stopped"
            with self.traffic.call():
                outcome = await self._run(tool, toolbox, params.arguments or {})
            ended = "refused or failed" if outcome.is_error else "answered"
            return _answer(outcome)
        finally:
            name = tool.name if tool else one_line(params.name)[:_LONGEST_NAME]
            seconds = self.desks.clock.now() - began
            logger.info("%s: %s: %s, %.1f s", caller_of(context).name, name, ended, seconds)

    async def _run(self, tool: AnyTool, toolbox: Toolbox, arguments: Mapping[str, Any]) -> Outcome:
        if self.traffic.draining:
            return refused(tool, "the server is being stopped and takes no more calls. Try again in a minute.")
        reads = tool.effect is Effect.READ
        desk = await (self.desks.to_read(toolbox) if reads else self.desks.to_write(toolbox))
        return await call_tool(tool, arguments, desk)

    @cached_property
    def _shown(self) -> Mapping[str, types.Tool]:
        # A reading caller's tools are among them.
        return {tool.name: published(tool) for tool in self.toolboxes.everything.listed()}


def published(tool: AnyTool) -> types.Tool:
    """A tool as `tools/list` shows it."""
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.parameters.input_schema(),
        output_schema=result_schema(tool.result),
        annotations=types.ToolAnnotations(
            read_only_hint=tool.effect is Effect.READ,
            destructive_hint=tool.effect is Effect.DESTRUCTIVE,
            idempotent_hint=tool.idempotent,
            open_world_hint=True,
        ),
    )


def _answer(outcome: Outcome) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(text=outcome.text)],
        structured_content=outcome.structured,
        is_error=outcome.is_error,
        _meta=outcome.meta or None,
    )
