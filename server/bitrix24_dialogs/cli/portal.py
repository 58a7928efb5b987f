"""``portal``: the built-in Bitrix24 over HTTP on this machine."""

from pathlib import Path
from typing import Literal

import anyio

from bitrix24_dialogs.cli.terminal import Terminal
from bitrix24_dialogs.portal import Portal, SeedError, default_portal, load_seed, serve_portal
from bitrix24_dialogs.settings import SettingsError

RateLimit = Literal["standard", "enterprise", "off"]


def run_portal(port: int, seed: Path | None, rate_limit: RateLimit) -> int:
    """Serve until Ctrl-C, after printing a webhook for every employee.

    Raises:
        SettingsError: the seed cannot be used, or the port is taken.
    """
    terminal = Terminal()
    try:
        portal = load_seed(seed) if seed else default_portal()
    except SeedError as error:
        raise SettingsError(f"--seed: {error}") from None
    portal.settings.rate_limit = rate_limit
    try:
        anyio.run(_serve, portal, port, terminal)
    except OSError as error:
        raise SettingsError(f"port {port} on 127.0.0.1 cannot be used ({error.strerror})") from None
    return 0


async def _serve(portal: Portal, port: int, terminal: Terminal) -> None:
    def announce(base: str) -> None:
        terminal.line(f"A Bitrix24 portal with made-up clients is listening on {base}")
        terminal.line("Webhooks, for BITRIX24_WEBHOOK_URL:")
        for key, employee in portal.employees.items():
            terminal.line(f"  {key:<14} {portal.webhook_url(employee.id, base)}")
        terminal.line(f"Its state and switches: {base}/control/state; Ctrl-C ends.")

    await serve_portal(portal, port=port, on_ready=announce)
