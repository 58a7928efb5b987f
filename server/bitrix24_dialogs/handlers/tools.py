"""Tools: `tools/list` and `tools/call`."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from bitrix24_dialogs.handlers.asking import Asker, asks_while_the_call_waits
from bitrix24_dialogs.handlers.desks import Desks
from bitrix24_dialogs.handlers.journal import entry, shown_name
from bitrix24_dialogs.handlers.paging import require_first_page
from bitrix24_dialogs.handlers.toolboxes import Toolboxes
from bitrix24_dialogs.presenting.results import result_schema
from bitrix24_dialogs.toolbox.call import Outcome, call_tool, refused, told, unconfirmed
from bitrix24_dialogs.toolbox.confirmation import Answer, why_not
from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect
from bitrix24_dialogs.toolbox.policy import Toolbox
from bitrix24_dialogs.toolbox.rehearsal import Rehearsal
from bitrix24_dialogs.transport.caller import caller_of
from bitrix24_dialogs.transport.traffic import Traffic

logger = logging.getLogger(__name__)

_STOPPING = "the server is being stopped and takes no more calls. Try again in a minute."


@dataclass(frozen=True)
class ToolHandlers:
    """Lists tools and calls them, by one and the same decision of who may use which."""

    toolboxes: Toolboxes
    desks: Desks
    traffic: Traffic
    asker: Asker

    async def list(
        self, context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        """The caller's tools, in a fixed order.

        Raises:
            MCPError: there is no such page.
        """
        require_first_page(params)
        return types.ListToolsResult(tools=[self._shown[tool.name] for tool in self.toolboxes.of(context).listed()])

    async def call(
        self, context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Call a tool, or have a person asked first. What goes wrong is told in the result.

        Raises:
            MCPError: the caller has no such tool.
        """
        toolbox = self.toolboxes.of(context)
        tool = toolbox.find(params.name)
        name = shown_name(params.name)
        with entry(logger, self.desks.clock, context, name) as running:
            if tool is None:
                running.ended = "no such tool for this caller"
                raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {name}")
            outcome = await self._confirmed(context, params, toolbox, tool) if toolbox.policy.asks(tool) else None
            if isinstance(outcome, types.InputRequiredResult):
                running.ended = "the person is asked"
                return outcome
            if outcome is None:
                with self.traffic.call():
                    outcome = await self._run(tool, toolbox, params.arguments or {}, caller_of(context).name)
            running.ended = "refused or failed" if outcome.is_error else "answered"
            return _answer(outcome)

    async def _run(self, tool: AnyTool, toolbox: Toolbox, arguments: Mapping[str, Any], caller: str) -> Outcome:
        if self.traffic.draining:
            return refused(tool, _STOPPING)
        if tool.effect is Effect.READ:
            desk = await self.desks.to_read(toolbox)
        else:
            desk = await self.desks.to_write(toolbox, tool, arguments, caller)
        return await call_tool(tool, arguments, desk)

    async def _confirmed(
        self,
        context: ServerRequestContext[Any],
        params: types.CallToolRequestParams,
        toolbox: Toolbox,
        tool: AnyTool,
    ) -> Outcome | types.InputRequiredResult | None:
        """None if the tool may act, since a person has said yes to it. What changes nothing is not asked about."""
        given = params.arguments or {}
        with self.traffic.call():
            question = await self._question(toolbox, tool, given)
            if not isinstance(question, str):
                return question
            answer: Answer | types.InputRequiredResult | None = self.asker.answer_in(context, params, question)
            if answer is None and (idle := await self._rehearsed(toolbox, tool, given)):
                return idle
        if answer is None:
            answer = await self.asker.ask(context, question)
        if isinstance(answer, types.InputRequiredResult):
            return answer
        with self.traffic.call():
            if answer is Answer.YES and asks_while_the_call_waits(context):
                again = await self._question(toolbox, tool, given)
                if not isinstance(again, str):
                    return again
                answer = answer if again == question else Answer.STALE
            if answer is Answer.YES:
                return None
            desk = await self.desks.to_read(toolbox)
            return unconfirmed(tool, why_not(answer, desk.advise(tool.settled_by)))

    async def _question(self, toolbox: Toolbox, tool: AnyTool, given: Mapping[str, Any]) -> str | Outcome:
        """What to ask the person; an outcome if it cannot be made."""
        make = tool.question
        assert make is not None  # noqa: S101 - every tool that writes has one
        if self.traffic.draining:
            return refused(tool, _STOPPING)
        desk = await self.desks.to_read(toolbox)

        async def work() -> str:
            return await make(desk, self.asker.speech, tool.parameters.bind(given))

        return await told(tool, desk, work)

    async def _rehearsed(self, toolbox: Toolbox, tool: AnyTool, given: Mapping[str, Any]) -> Outcome | None:
        """What the call comes to if it changes nothing, whatever the person says; None if they have to be asked."""
        rehearsal = Rehearsal()
        outcome = await call_tool(tool, given, await self.desks.to_rehearse(toolbox, rehearsal))
        return None if rehearsal.would_write else outcome

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
