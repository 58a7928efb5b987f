"""Completion: `completion/complete`, for numbers that a person types. It offers numbers only, never anybody's words."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anyio
import mcp_types as types
from mcp.server.context import ServerRequestContext

from bitrix24_dialogs.dialogs.completing import chat_numbers, line_numbers
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.gateway.errors import PortalError
from bitrix24_dialogs.handlers.desks import Desks
from bitrix24_dialogs.handlers.journal import entry, shown_name
from bitrix24_dialogs.handlers.resources import resources_for
from bitrix24_dialogs.handlers.toolboxes import Toolboxes
from bitrix24_dialogs.prompts import all_prompts
from bitrix24_dialogs.toolbox.policy import Toolbox
from bitrix24_dialogs.transport.traffic import Traffic

logger = logging.getLogger(__name__)

_MOST_VALUES = 100
_SECONDS = 10.0  # whoever is typing waits no longer
_NOTHING = types.Completion(values=[])


@dataclass(frozen=True)
class _Source:
    """Where an argument's values come from: the tools of which one has to be the caller's, and how they are read."""

    tools: tuple[str, ...]
    read: Callable[[Desk], Awaitable[list[int]]]


_SOURCES: Mapping[str, _Source] = {
    "chat_id": _Source(("dialogs_list",), chat_numbers),
    "line_id": _Source(("dialogs_list", "lines_list"), line_numbers),
}


@dataclass(frozen=True)
class CompletionHandlers:
    """Asks the portal as the caller, each time anew. What goes wrong is told in the log: nothing is offered then."""

    toolboxes: Toolboxes
    desks: Desks
    traffic: Traffic

    async def complete(
        self, context: ServerRequestContext[Any], params: types.CompleteRequestParams
    ) -> types.CompleteResult:
        """The numbers that begin with what was typed, for an argument of the caller's resources and prompts."""
        toolbox, argument = self.toolboxes.of(context), params.argument
        source = _SOURCES.get(argument.name)
        with entry(logger, self.desks.clock, context, f"completion of {shown_name(argument.name)}") as running:
            known = source is not None and argument.name in _places(params.ref, toolbox)
            if source is None or not known or not any(map(toolbox.find, source.tools)) or self.traffic.draining:
                running.ended = "nothing to offer to this caller"
                return types.CompleteResult(completion=_NOTHING)
            with self.traffic.call():
                offered, running.ended = await self._offered(source, toolbox, argument.value.strip())
            return types.CompleteResult(completion=offered)

    async def _offered(self, source: _Source, toolbox: Toolbox, typed: str) -> tuple[types.Completion, str]:
        desk = await self.desks.to_read(toolbox)
        try:
            with anyio.fail_after(_SECONDS):
                numbers = await source.read(desk)
        except TimeoutError:
            return _NOTHING, "nothing offered: no answer in time"
        except (DialogRefused, PortalError) as error:
            return _NOTHING, f"nothing offered: {error}"
        except Exception:
            logger.exception("completion crashed")
            return _NOTHING, "nothing offered: internal error"
        found = [text for number in numbers if (text := str(number)).startswith(typed)]
        values = found[:_MOST_VALUES]
        return types.Completion(values=values, total=len(found), has_more=len(found) > len(values)), "answered"


def _places(ref: types.ResourceTemplateReference | types.PromptReference, toolbox: Toolbox) -> set[str]:
    """The arguments of what is completed; none if the caller has no such resource or prompt."""
    if isinstance(ref, types.ResourceTemplateReference):
        return {place for one in resources_for(toolbox) if one.address == ref.uri for place in one.places}
    tools = {tool.name for tool in toolbox.listed()}
    prompts = (prompt for prompt in all_prompts() if prompt.name == ref.name and prompt.makes_sense_with(tools))
    return {item.name for prompt in prompts for item in prompt.parameters.items}
