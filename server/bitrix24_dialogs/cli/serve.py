"""``serve``: MCP over standard input and output."""

import sys
from typing import Any

import anyio

from bitrix24_dialogs.cli.logs import set_up_logs
from bitrix24_dialogs.server import build_server
from bitrix24_dialogs.settings import Settings
from bitrix24_dialogs.transport.stdio import serve_stdio


def run_serve(settings: Settings) -> int:
    """Serve until the client goes away."""
    set_up_logs(settings)
    if sys.stdin.isatty():
        print(  # noqa: T201 - what a person reads who started this by hand
            "This is an MCP server: an AI assistant starts it and talks to it over standard input.\n"
            "To see it work, run: bitrix24-dialogs-mcp demo. To connect it: bitrix24-dialogs-mcp config --help.\n"
            "Waiting for a client; Ctrl-C ends.",
            file=sys.stderr,
        )
    anyio.run(_serve, settings)
    return 0


async def _serve(settings: Settings) -> None:
    settings, portal_app = _with_demo_portal(settings)
    app = build_server(settings, portal_app=portal_app)
    try:
        await serve_stdio(app.server)
    finally:
        await app.close()


def _with_demo_portal(settings: Settings) -> tuple[Settings, Any]:
    if not settings.demo:
        return settings, None
    from bitrix24_dialogs.cli.demo_portal import demo_portal  # noqa: PLC0415 - only the demo needs the portal

    return demo_portal(settings)
