"""MCP over standard input and output: one client, the process that started us."""

from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server


async def serve_stdio(server: Server[Any]) -> None:
    """Serve until the client closes our standard input. Nothing but MCP goes to standard output."""
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
