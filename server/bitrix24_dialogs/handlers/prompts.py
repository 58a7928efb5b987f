"""Prompts: `prompts/list` and `prompts/get`. They ask no portal: a prompt is words, filled with what was given."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.gateway.clock import Clock
from bitrix24_dialogs.handlers.journal import entry, shown_name
from bitrix24_dialogs.handlers.paging import require_first_page
from bitrix24_dialogs.handlers.toolboxes import Toolboxes
from bitrix24_dialogs.language.speech import Code
from bitrix24_dialogs.prompts import all_prompts
from bitrix24_dialogs.prompts.declaration import Prompt
from bitrix24_dialogs.prompts.texts import Page, filled_in, read_page

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PromptHandlers:
    """Lists prompts and fills them in. Which there are follows from the caller's tools."""

    toolboxes: Toolboxes
    language: Code
    clock: Clock

    async def list(
        self, context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        """The caller's prompts, in a fixed order.

        Raises:
            MCPError: there is no such page.
        """
        require_first_page(params)
        tools = self._tools(context)
        return types.ListPromptsResult(
            prompts=[
                published(prompt, self._pages[prompt.name])
                for prompt in all_prompts()
                if prompt.makes_sense_with(tools)
            ]
        )

    async def get(
        self, context: ServerRequestContext[Any], params: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        """A prompt's text for this caller.

        Raises:
            MCPError: the caller has no such prompt, or its arguments are wrong.
        """
        name, tools = shown_name(params.name), self._tools(context)
        with entry(logger, self.clock, context, f"prompt {name}") as running:
            prompt = next((prompt for prompt in all_prompts() if prompt.name == params.name), None)
            if prompt is None or not prompt.makes_sense_with(tools):
                running.ended = "no such prompt for this caller"
                raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {name}")
            try:
                values = prompt.bind(params.arguments or {})
            except InputError as error:
                running.ended = "refused"
                raise MCPError(types.INVALID_PARAMS, f"{name}: {error}.") from None
            page = self._pages[prompt.name]
            running.ended = "answered"
            return types.GetPromptResult(
                description=page.description,
                messages=[
                    types.PromptMessage(
                        role="user", content=types.TextContent(text=filled_in(page.body, tools, values))
                    )
                ],
            )

    def _tools(self, context: ServerRequestContext[Any]) -> set[str]:
        return {tool.name for tool in self.toolboxes.of(context).listed()}

    @cached_property
    def _pages(self) -> Mapping[str, Page]:
        return {prompt.name: read_page(self.language, prompt.name) for prompt in all_prompts()}


def published(prompt: Prompt, page: Page) -> types.Prompt:
    """A prompt as `prompts/list` shows it."""
    return types.Prompt(
        name=prompt.name,
        title=page.title,
        description=page.description,
        arguments=[
            types.PromptArgument(name=item.name, description=page.arguments[item.name], required=item.required)
            for item in prompt.parameters.items
        ],
    )
