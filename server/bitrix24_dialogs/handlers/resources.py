"""Resources: `resources/list`, `resources/templates/list` and `resources/read`."""

import base64
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import is_version_at_least

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.gateway.errors import FileRefused
from bitrix24_dialogs.handlers.desks import Desks
from bitrix24_dialogs.handlers.journal import Entry, entry, shown_name
from bitrix24_dialogs.handlers.paging import require_first_page
from bitrix24_dialogs.handlers.toolboxes import Toolboxes
from bitrix24_dialogs.resources import pages
from bitrix24_dialogs.resources.declaration import Part, Resource
from bitrix24_dialogs.resources.dialogs import all_resources
from bitrix24_dialogs.toolbox.call import LONGEST_CALL, Outcome, told
from bitrix24_dialogs.toolbox.declaration import AnyTool
from bitrix24_dialogs.toolbox.policy import Toolbox
from bitrix24_dialogs.transport.traffic import Traffic

logger = logging.getLogger(__name__)

_PAGE_MS = 300_000
_NOT_FOUND = -32002  # retired by the version that came after 2025-11-25
_FIRST_WITH_ANOTHER_CODE = "2026-07-28"


@dataclass(frozen=True)
class ResourceHandlers:
    """Lists resources and reads them. Which there are follows from the caller's tools."""

    toolboxes: Toolboxes
    desks: Desks
    traffic: Traffic

    async def list(
        self, context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """The pages of the caller's tools. Asks no portal.

        Raises:
            MCPError: there is no such page.
        """
        require_first_page(params)
        return types.ListResourcesResult(
            resources=[
                types.Resource(
                    uri=pages.address_of(tool),
                    name=tool.name,
                    title=tool.title,
                    description=f"What {tool.name} really does, checks, reports and cannot promise.",
                    mime_type=pages.MIME,
                )
                for tool in self.toolboxes.of(context).listed()
            ]
        )

    async def templates(
        self, context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """What can be read of dialogs.

        Raises:
            MCPError: there is no such page.
        """
        require_first_page(params)
        return types.ListResourceTemplatesResult(
            resource_templates=[
                types.ResourceTemplate(
                    uri_template=resource.address,
                    name=resource.name,
                    title=resource.title,
                    description=resource.description,
                    mime_type=resource.mime or None,
                )
                for resource in resources_for(self.toolboxes.of(context))
            ]
        )

    async def read(
        self, context: ServerRequestContext[Any], params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """What a resource holds.

        Raises:
            MCPError: the caller has no such resource, or it could not be read.
        """
        toolbox, uri = self.toolboxes.of(context), shown_name(params.uri)
        with entry(logger, self.desks.clock, context, f"resource {uri}") as running:
            if (page := pages.page_at(params.uri, toolbox)) is not None:
                running.ended = "answered"
                contents = _contents(params.uri, (Part(pages.MIME, page),))
                return types.ReadResourceResult(contents=contents, ttl_ms=_PAGE_MS, cache_scope="private")
            resources = resources_for(toolbox)
            for resource, tool in resources.items():
                if (values := resource.match(params.uri)) is not None:
                    desk = await self.desks.to_read(toolbox)
                    read = partial(resource.read, tool, desk, values)
                    parts = await self._read(context, running, uri, tool=tool, desk=desk, read=read)
                    return types.ReadResourceResult(contents=_contents(params.uri, parts))
            running.ended = "no such resource for this caller"
            forms = "".join(f", {resource.address}" for resource in resources)
            what = f"There is no resource {uri}. There are {pages.ADDRESSES}{forms}."
            raise MCPError(_missing(context), what, {"uri": uri})

    async def _read(
        self,
        context: ServerRequestContext[Any],
        running: Entry,
        uri: str,
        *,
        tool: AnyTool,
        desk: Desk,
        read: Callable[[], Awaitable[tuple[Part, ...]]],
    ) -> tuple[Part, ...]:
        code = types.INTERNAL_ERROR

        async def work() -> tuple[Part, ...]:
            nonlocal code
            try:
                return await read()
            except (DialogRefused, InputError):
                code = _missing(context)
                raise
            except FileRefused:
                code = types.INVALID_PARAMS
                raise

        if self.traffic.draining:
            running.ended = "refused"
            raise MCPError(types.INTERNAL_ERROR, "The server is being stopped. Try again in a minute.")
        # The desk's deadline ends it sooner; this is for waits that nobody thought of.
        with self.traffic.call(), anyio.move_on_after(LONGEST_CALL):
            came = await told(tool, desk, work)
            if not isinstance(came, Outcome):
                running.ended = "answered"
                return came
            running.ended = "refused or failed"
            raise MCPError(code, f"{uri}: {came.text.removeprefix(tool.name + ': ')}", {"uri": uri})
        raise MCPError(types.INTERNAL_ERROR, f"Not finished within {LONGEST_CALL:g} seconds. Try again in a minute.")


def resources_for(toolbox: Toolbox) -> Mapping[Resource, AnyTool]:
    """The kinds of resource that there are for whoever has ``toolbox``, with the tools they stand on."""
    found = ((resource, toolbox.find(resource.tool)) for resource in all_resources())
    return {resource: tool for resource, tool in found if tool is not None}


def _missing(context: ServerRequestContext[Any]) -> int:
    """The code by which the caller's version of the protocol says that there is no such resource."""
    later = is_version_at_least(context.protocol_version, _FIRST_WITH_ANOTHER_CODE)
    return types.INVALID_PARAMS if later else _NOT_FOUND


def _contents(uri: str, parts: tuple[Part, ...]) -> list[types.TextResourceContents | types.BlobResourceContents]:
    return [
        types.TextResourceContents(uri=uri, mime_type=part.mime, text=part.words)
        if part.body is None
        else types.BlobResourceContents(uri=uri, mime_type=part.mime, blob=base64.b64encode(part.body).decode())
        for part in parts
    ]
