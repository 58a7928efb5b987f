"""Tools that show lines."""

from bitrix24_dialogs.dialogs import lines
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.lines import Line, Lines
from bitrix24_dialogs.toolbox.declaration import Effect, tool
from bitrix24_dialogs.tools.arguments import LineId, LinesFrom


@tool(
    method="imopenlines.config.list.get",
    title="List the lines",
    effect=Effect.READ,
    idempotent=True,
    toolset="lines",
)
async def lines_list(desk: Desk, offset: LinesFrom = 0) -> Lines:
    """List the lines (Open Channels): name, on or off, how dialogs are distributed, who is in the queue."""
    return await lines.list_lines(desk, offset)


@tool(
    method="imopenlines.config.get",
    title="Look at a line",
    effect=Effect.READ,
    idempotent=True,
    toolset="lines",
)
async def line_get(desk: Desk, line_id: LineId) -> Line:
    """Show one line's settings: queue and whether somebody in it is online, distribution, CRM, closing text, request
    for a rating, working hours.
    """
    return await lines.get_line(desk, line_id)
